// What lagged loads, histories and starts at a param must not be. The name of a kernel is the label of the constraint that it breaks.
// RUN: mix-opt %s --split-input-file --verify-diagnostics

// load_c3_history
tile.kernel forward @load_c3_history of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [4], f32>):
  tile.chunks size 8 {
    // expected-error @below {{lags, and has no history}}
    %0 = tile.load %x lag 2 : <token, [4], f32> -> <[time:8, key(K):4], f32>
  }
}

// -----

// load_c3_lag
tile.kernel forward @load_c3_lag of "m" (input "x", initial "x" history) {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>):
  tile.chunks size 8 {
    // expected-error @below {{lags by 4 tokens with a history of 3}}
    %0 = tile.load %x lag 4 history %h : !tile.tensor<head, [3, 4], f32> : <token, [4], f32> -> <[time:8, key(K):4], f32>
  }
}

// -----

// load_c3_dims
tile.kernel forward @load_c3_dims of "m" (input "x", initial "x" history) {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 5], f32>):
  tile.chunks size 8 {
    // expected-error @below {{as a history of}}
    %0 = tile.load %x lag 2 history %h : !tile.tensor<head, [3, 5], f32> : <token, [4], f32> -> <[time:8, key(K):4], f32>
  }
}

// -----

// history_c1
tile.kernel forward @history_c1 of "m" (input "x", initial "x" history, param "y") {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>, %to: !tile.tensor<head, [3, 4], f32>):
  // expected-error @below {{takes a tensor with role `param`}}
  tile.history %x past %h to %to : <token, [4], f32>, <head, [3, 4], f32>, <head, [3, 4], f32>
}

// -----

// history_c2
tile.kernel forward @history_c2 of "m" (input "x", initial "x" history, final "x" history) {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>, %to: !tile.tensor<head, [2, 4], f32>):
  // expected-error @below {{writes '!tile.tensor<head, [2, 4], f32>' after '!tile.tensor<head, [3, 4], f32>'}}
  tile.history %x past %h to %to : <token, [4], f32>, <head, [3, 4], f32>, <head, [2, 4], f32>
}

// -----

// history_c3
tile.kernel forward @history_c3 of "m" (input "x", initial "x" history, final "x" history) {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>, %to: !tile.tensor<head, [3, 4], f32>):
  tile.chunks size 8 {
    // expected-error @below {{writes a history with role `final` in the loop}}
    tile.history %x past %h to %to : <token, [4], f32>, <head, [3, 4], f32>, <head, [3, 4], f32>
  }
}

// -----

// init_c4
tile.kernel forward @init_c4 of "m" (initial "H", input "W") {
^bb0(%h: !tile.tensor<head, [4], f32>, %w: !tile.tensor<token, [4], f32>):
  // expected-error @below {{takes a tensor with role `input`}}
  %0 = tile.init %h or %w : !tile.tensor<token, [4], f32> : <head, [4], f32> -> <[key(K):4], f32>
}

// -----

// history_grad_c1_cotangent
tile.kernel forward @history_grad_c1_cotangent of "m" (final "x" history, input_grad "x", initial_grad "x" history partial) {
^bb0(%d: !tile.tensor<head, [3, 4], f32>, %x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>):
  // expected-error @below {{takes a tensor with role `final`}}
  tile.history_grad %d tokens %x past %h : <head, [3, 4], f32>, <token, [4], f32>, <head, [3, 4], f32>
}

// -----

// history_grad_c1_tokens
tile.kernel forward @history_grad_c1_tokens of "m" (final_grad "x" history, input "x", initial_grad "x" history partial) {
^bb0(%d: !tile.tensor<head, [3, 4], f32>, %x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>):
  // expected-error @below {{takes a tensor with role `input`}}
  tile.history_grad %d tokens %x past %h : <head, [3, 4], f32>, <token, [4], f32>, <head, [3, 4], f32>
}

// -----

// history_grad_c1_past
tile.kernel forward @history_grad_c1_past of "m" (final_grad "x" history, input_grad "x", initial "x" history) {
^bb0(%d: !tile.tensor<head, [3, 4], f32>, %x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>):
  // expected-error @below {{takes a tensor with role `initial`}}
  tile.history_grad %d tokens %x past %h : <head, [3, 4], f32>, <token, [4], f32>, <head, [3, 4], f32>
}

// -----

// history_grad_c2_dims
tile.kernel forward @history_grad_c2_dims of "m" (final_grad "x" history, input_grad "x", initial_grad "x" history partial) {
^bb0(%d: !tile.tensor<head, [3, 5], f32>, %x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 5], f32>):
  // expected-error @below {{takes '!tile.tensor<head, [3, 5], f32>' as a history of '!tile.tensor<token, [4], f32>'}}
  tile.history_grad %d tokens %x past %h : <head, [3, 5], f32>, <token, [4], f32>, <head, [3, 5], f32>
}

// -----

// history_grad_c2_length
tile.kernel forward @history_grad_c2_length of "m" (final_grad "x" history, input_grad "x", initial_grad "x" history partial) {
^bb0(%d: !tile.tensor<head, [2, 4], f32>, %x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>):
  // expected-error @below {{takes '!tile.tensor<head, [2, 4], f32>' apart into '!tile.tensor<head, [3, 4], f32>'}}
  tile.history_grad %d tokens %x past %h : <head, [2, 4], f32>, <token, [4], f32>, <head, [3, 4], f32>
}

// -----

// history_grad_c3
tile.kernel forward @history_grad_c3 of "m" (final_grad "x" history, input_grad "x", initial_grad "x" history partial) {
^bb0(%d: !tile.tensor<head, [3, 4], f32>, %x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>):
  tile.chunks size 8 {
    // expected-error @below {{stands in the loop}}
    tile.history_grad %d tokens %x past %h : <head, [3, 4], f32>, <token, [4], f32>, <head, [3, 4], f32>
  }
}

// -----

// store_c4_history
tile.kernel forward @store_c4_history of "m" (output_grad "y", input_grad "x") {
^bb0(%y: !tile.tensor<token, [4], f32>, %x: !tile.tensor<token, [4], f32>):
  tile.chunks size 8 {
    %0 = tile.load %y : <token, [4], f32> -> <[time:8, key(K):4], f32>
    // expected-error @below {{lags, and has no history}}
    tile.store %0, %x lag 2 add : <[time:8, key(K):4], f32>, <token, [4], f32>
  }
}

// -----

// store_c4_add
tile.kernel forward @store_c4_add of "m" (output_grad "y", input_grad "x", initial_grad "x" history partial) {
^bb0(%y: !tile.tensor<token, [4], f32>, %x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>):
  tile.chunks size 8 {
    %0 = tile.load %y : <token, [4], f32> -> <[time:8, key(K):4], f32>
    // expected-error @below {{lags, but does not add whole chunks}}
    tile.store %0, %x lag 2 history %h : !tile.tensor<head, [3, 4], f32> : <[time:8, key(K):4], f32>, <token, [4], f32>
  }
}

// -----

// store_c5
tile.kernel forward @store_c5 of "m" (output "y") {
^bb0(%y: !tile.tensor<token, [4], f32>):
  tile.chunks size 8 {
    %0 = tile.constant 0.0 : <[time:8, key(K):4], f32>
    // expected-error @below {{of the next segment takes no segments}}
    tile.store %0, %y next : <[time:8, key(K):4], f32>, <token, [4], f32>
  }
}

// -----

// history_grad_c4
tile.kernel forward @history_grad_c4 of "m" (final_grad "x", input_grad "x", initial_grad "x") {
^bb0(%a: !tile.tensor<head, [3, 4], f32>, %x: !tile.tensor<token, [4], f16>, %p: !tile.tensor<head, [3, 4], f32>):
  // expected-error @below {{adds to '!tile.tensor<token, [4], f16>' and '!tile.tensor<head, [3, 4], f32>', expected f32}}
  tile.history_grad %a tokens %x past %p : <head, [3, 4], f32>, <token, [4], f16>, <head, [3, 4], f32>
}
