// What lagged loads, histories and starts at a param must not be. The name of a kernel is the label of the constraint that it breaks.
// RUN: mix-opt %s --split-input-file --verify-diagnostics

// load_c3_history
tile.kernel @load_c3_history of "m" names ["x"] roles ["input"] {
^bb0(%x: !tile.tensor<token, [4], f32>):
  tile.chunks size 8 {
    // expected-error @below {{lags, and has no history}}
    %0 = tile.load %x lag 2 : <token, [4], f32> -> <[time:8, key(K):4], f32>
  }
}

// -----

// load_c3_lag
tile.kernel @load_c3_lag of "m" names ["x", "x.history"] roles ["input", "initial"] {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>):
  tile.chunks size 8 {
    // expected-error @below {{lags by 4 tokens with a history of 3}}
    %0 = tile.load %x lag 4 history %h : !tile.tensor<head, [3, 4], f32> : <token, [4], f32> -> <[time:8, key(K):4], f32>
  }
}

// -----

// load_c3_dims
tile.kernel @load_c3_dims of "m" names ["x", "x.history"] roles ["input", "initial"] {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 5], f32>):
  tile.chunks size 8 {
    // expected-error @below {{as a history of}}
    %0 = tile.load %x lag 2 history %h : !tile.tensor<head, [3, 5], f32> : <token, [4], f32> -> <[time:8, key(K):4], f32>
  }
}

// -----

// history_c1
tile.kernel @history_c1 of "m" names ["x", "x.history", "y"] roles ["input", "initial", "param"] {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>, %to: !tile.tensor<head, [3, 4], f32>):
  // expected-error @below {{takes a tensor with role `param`}}
  tile.history %x past %h to %to : <token, [4], f32>, <head, [3, 4], f32>, <head, [3, 4], f32>
}

// -----

// history_c2
tile.kernel @history_c2 of "m" names ["x", "x.history", "x.history"] roles ["input", "initial", "final"] {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>, %to: !tile.tensor<head, [2, 4], f32>):
  // expected-error @below {{writes '!tile.tensor<head, [2, 4], f32>' after '!tile.tensor<head, [3, 4], f32>'}}
  tile.history %x past %h to %to : <token, [4], f32>, <head, [3, 4], f32>, <head, [2, 4], f32>
}

// -----

// history_c3
tile.kernel @history_c3 of "m" names ["x", "x.history", "x.history"] roles ["input", "initial", "final"] {
^bb0(%x: !tile.tensor<token, [4], f32>, %h: !tile.tensor<head, [3, 4], f32>, %to: !tile.tensor<head, [3, 4], f32>):
  tile.chunks size 8 {
    // expected-error @below {{writes a history with role `final` in the loop}}
    tile.history %x past %h to %to : <token, [4], f32>, <head, [3, 4], f32>, <head, [3, 4], f32>
  }
}

// -----

// init_c4
tile.kernel @init_c4 of "m" names ["H", "W"] roles ["initial", "input"] {
^bb0(%h: !tile.tensor<head, [4], f32>, %w: !tile.tensor<token, [4], f32>):
  // expected-error @below {{takes a tensor with role `input`}}
  %0 = tile.init %h or %w : !tile.tensor<token, [4], f32> : <head, [4], f32> -> <[key(K):4], f32>
}

// -----

// history_grad_c4
tile.kernel @history_grad_c4 of "m" names ["x", "x", "x"] roles ["final_grad", "input_grad", "initial_grad"] {
^bb0(%a: !tile.tensor<head, [3, 4], f32>, %x: !tile.tensor<token, [4], f16>, %p: !tile.tensor<head, [3, 4], f32>):
  // expected-error @below {{adds to '!tile.tensor<token, [4], f16>' and '!tile.tensor<head, [3, 4], f32>', expected f32}}
  tile.history_grad %a tokens %x past %p : <head, [3, 4], f32>, <token, [4], f16>, <head, [3, 4], f32>
}
