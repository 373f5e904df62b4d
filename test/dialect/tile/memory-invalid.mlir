// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What touches memory refuses.

// load_c1
tile.kernel forward @load_c1 of "m" (initial "H") {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  // expected-error @below {{takes a tensor with role `initial`}}
  %a = tile.load %x : !tile.tensor<head, [2, 3], f32> -> !tile.t<[value(V):2, key(K):3], f32>
}

// -----

// load_c2_loop
tile.kernel forward @load_c2_loop of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  // expected-error @below {{takes a tensor per token outside `tile.chunks`}}
  %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
}

// -----

// load_c2_chunk
tile.kernel forward @load_c2_chunk of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  // expected-error @below {{of a tensor per token starts with axis time:4, found [time:8, key(K):3]}}
  %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[time:8, key(K):3], f32>
  }
}

// -----

// load_c2_order
tile.kernel forward @load_c2_order of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  // expected-error @below {{of a tensor per token starts with axis time:4, found [key(K):3, time:4]}}
  %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[key(K):3, time:4], f32>
  }
}

// -----

// load_c2_dims
tile.kernel forward @load_c2_dims of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  // expected-error @below {{has tile axes [value(V):2] for tensor '!tile.tensor<token, [3], f32>'}}
  %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, value(V):2], f32>
  }
}

// -----

// load_c2_mask
tile.kernel forward @load_c2_mask of "m" (param "x") {
^bb0(%x: !tile.tensor<head, [], f32>):
  // expected-error @below {{moves a tile of masks}}
  %a = tile.load %x : !tile.tensor<head, [], f32> -> !tile.t<[], i1>
}

// -----

// store_c1
tile.kernel forward @store_c1 of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  %a = tile.constant 0.0 : !tile.t<[time:4, key(K):3], f32>
  // expected-error @below {{takes a tensor with role `input`}}
  tile.store %a, %x : !tile.t<[time:4, key(K):3], f32>, !tile.tensor<token, [3], f32>
  }
}

// -----

// store_c3
tile.kernel forward @store_c3 of "m" (kept "H") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  %a = tile.constant 0.0 : !tile.t<[key(K):3], f32>
  // expected-error @below {{keeps a state outside a loop over single tokens}}
  tile.store %a, %x : !tile.t<[key(K):3], f32>, !tile.tensor<token, [3], f32>
  }
}

// -----

// store_c2
tile.kernel forward @store_c2 of "m" (output "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  %a = tile.constant 0.0 : !tile.t<[time:4, value(V):2], f32>
  // expected-error @below {{has tile axes [value(V):2] for tensor}}
  tile.store %a, %x : !tile.t<[time:4, value(V):2], f32>, !tile.tensor<token, [3], f32>
  }
}

// -----

// init_c1
tile.kernel forward @init_c1 of "m" (final "H") {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  // expected-error @below {{takes a tensor with role `final`}}
  %a = tile.init %x : !tile.tensor<head, [2, 3], f32> -> !tile.t<[value(V):2, key(K):3], f32>
}

// -----

// init_c2
tile.kernel forward @init_c2 of "m" (initial "H") {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  // expected-error @below {{has tile axes [key(K):3] for tensor}}
  %a = tile.init %x : !tile.tensor<head, [2, 3], f32> -> !tile.t<[key(K):3], f32>
}

// -----

// init_c3
tile.kernel forward @init_c3 of "m" (initial "H") {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  // expected-error @below {{starts with the identity on [value(V):2, key(K):3]}}
  %a = tile.init %x {identity} : !tile.tensor<head, [2, 3], f32> -> !tile.t<[value(V):2, key(K):3], f32>
}

// -----

// final_c1
tile.kernel forward @final_c1 of "m" (initial "H") {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  %a = tile.constant 0.0 : !tile.t<[value(V):2, key(K):3], f32>
  // expected-error @below {{takes a tensor with role `initial`}}
  tile.final %a, %x : !tile.t<[value(V):2, key(K):3], f32>, !tile.tensor<head, [2, 3], f32>
}

// -----

// final_c2
tile.kernel forward @final_c2 of "m" (final "H") {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  %a = tile.constant 0.0 : !tile.t<[key(K):3], f32>
  // expected-error @below {{has tile axes [key(K):3] for tensor}}
  tile.final %a, %x : !tile.t<[key(K):3], f32>, !tile.tensor<head, [2, 3], f32>
}

// -----

// valid_c1
func.func @valid_c1() {
  // expected-error @below {{stands outside `tile.chunks`}}
  %y = tile.valid : !tile.t<[time:4], i1>
  return
}

// -----

// valid_c2
tile.kernel forward @valid_c2 of "m" () {
  tile.chunks size 4 {
  // expected-error @below {{gives '!tile.t<[time:4], f32>', expected '!tile.t<[time:4], i1>'}}
    %a = tile.valid : !tile.t<[time:4], f32>
  }
}

// -----

// valid_c3
tile.kernel forward @valid_c3 of "m" () sequences 8 {
  tile.chunks size 4 {
  // expected-error @below {{gives '!tile.t<[seq:8], i1>', expected '!tile.t<[time:4, seq:8], i1>'}}
    %a = tile.valid : !tile.t<[seq:8], i1>
  }
}

// -----

// init_c2_seq
tile.kernel forward @init_c2_seq of "m" (initial "x") sequences 8 {
^bb0(%x: !tile.tensor<head, [3], f32>):
  // expected-error @below {{of a block of sequences lacks the axis seq:8 in [key(K):3]}}
  %a = tile.init %x : !tile.tensor<head, [3], f32> -> !tile.t<[key(K):3], f32>
}

// -----

// load_c2_seq
tile.kernel forward @load_c2_seq of "m" (input "x") sequences 8 {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{of a block of sequences lacks the axis seq:8 in [time:4, seq:4, key(K):3]}}
    %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, seq:4, key(K):3], f32>
  }
}

// -----

// buffer_c1_segments
tile.kernel forward @buffer_c1_segments of "m" () {
  // expected-error @below {{is a '!tile.tensor<token, [3], f32>', expected segments of f32}}
  %b = tile.buffer 4 : <token, [3], f32>
}

// -----

// buffer_c1_type
tile.kernel forward @buffer_c1_type of "m" () {
  // expected-error @below {{is a '!tile.tensor<segment, [3], bf16>', expected segments of f32}}
  %b = tile.buffer 4 : <segment, [3], bf16>
}

// -----

// buffer_c1_slots
tile.kernel forward @buffer_c1_slots of "m" () {
  // expected-error @below {{with 0 slots stands outside a kernel's body, or has none}}
  %b = tile.buffer 0 : <segment, [3], f32>
}

// -----

// buffer_c1_loop
tile.kernel forward @buffer_c1_loop of "m" () {
  tile.chunks size 4 {
    // expected-error @below {{with 4 slots stands outside a kernel's body, or has none}}
    %b = tile.buffer 4 : <segment, [3], f32>
  }
}

// -----

// present_c1_bit
tile.kernel forward @present_c1_bit of "m" (initial "H") {
^bb0(%h: !tile.tensor<head, [3], f32>):
  // expected-error @below {{gives '!tile.t<[], f32>', expected !tile.t<[], i1> about an argument of the kernel}}
  %p = tile.present %h : <head, [3], f32> -> <[], f32>
}

// -----

// present_c1_argument
func.func @present_c1_argument(%h: !tile.tensor<head, [3], f32>) {
  // expected-error @below {{gives '!tile.t<[], i1>', expected !tile.t<[], i1> about an argument of the kernel}}
  %p = tile.present %h : <head, [3], f32> -> <[], i1>
  return
}

// -----

// store_c6
tile.kernel forward @store_c6 of "m" (input_grad "x") {
^bb0(%x: !tile.tensor<token, [3], bf16>):
  tile.chunks size 4 {
    %a = tile.constant 0.0 : !tile.t<[time:4, key(K):3], f32>
    // expected-error @below {{adds to '!tile.tensor<token, [3], bf16>', expected f32}}
    tile.store %a, %x add : !tile.t<[time:4, key(K):3], f32>, !tile.tensor<token, [3], bf16>
  }
}
