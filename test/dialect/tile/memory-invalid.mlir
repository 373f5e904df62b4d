// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What touches memory refuses.

// load_c1
tile.kernel @load_c1 of "m" names ["H"] roles ["initial"] {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  // expected-error @below {{takes a tensor with role `initial`}}
  %a = tile.load %x : !tile.tensor<head, [2, 3], f32> -> !tile.t<[value(V):2, key(K):3], f32>
}

// -----

// load_c2_loop
tile.kernel @load_c2_loop of "m" names ["x"] roles ["input"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
  // expected-error @below {{takes a tensor per token outside `tile.chunks`}}
  %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
}

// -----

// load_c2_chunk
tile.kernel @load_c2_chunk of "m" names ["x"] roles ["input"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  // expected-error @below {{of a tensor per token starts with axis time:4, found [time:8, key(K):3]}}
  %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[time:8, key(K):3], f32>
  }
}

// -----

// load_c2_order
tile.kernel @load_c2_order of "m" names ["x"] roles ["input"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  // expected-error @below {{of a tensor per token starts with axis time:4, found [key(K):3, time:4]}}
  %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[key(K):3, time:4], f32>
  }
}

// -----

// load_c2_dims
tile.kernel @load_c2_dims of "m" names ["x"] roles ["input"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  // expected-error @below {{has tile axes [value(V):2] for tensor '!tile.tensor<token, [3], f32>'}}
  %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, value(V):2], f32>
  }
}

// -----

// load_c2_mask
tile.kernel @load_c2_mask of "m" names ["x"] roles ["param"] {
^bb0(%x: !tile.tensor<head, [], f32>):
  // expected-error @below {{moves a tile of masks}}
  %a = tile.load %x : !tile.tensor<head, [], f32> -> !tile.t<[], i1>
}

// -----

// store_c1
tile.kernel @store_c1 of "m" names ["x"] roles ["input"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  %a = tile.constant 0.0 : !tile.t<[time:4, key(K):3], f32>
  // expected-error @below {{takes a tensor with role `input`}}
  tile.store %a, %x : !tile.t<[time:4, key(K):3], f32>, !tile.tensor<token, [3], f32>
  }
}

// -----

// store_c3
tile.kernel @store_c3 of "m" names ["H"] roles ["kept"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  %a = tile.constant 0.0 : !tile.t<[key(K):3], f32>
  // expected-error @below {{keeps a state outside a loop over single tokens}}
  tile.store %a, %x : !tile.t<[key(K):3], f32>, !tile.tensor<token, [3], f32>
  }
}

// -----

// store_c2
tile.kernel @store_c2 of "m" names ["x"] roles ["output"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
  %a = tile.constant 0.0 : !tile.t<[time:4, value(V):2], f32>
  // expected-error @below {{has tile axes [value(V):2] for tensor}}
  tile.store %a, %x : !tile.t<[time:4, value(V):2], f32>, !tile.tensor<token, [3], f32>
  }
}

// -----

// init_c1
tile.kernel @init_c1 of "m" names ["H"] roles ["final"] {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  // expected-error @below {{takes a tensor with role `final`}}
  %a = tile.init %x : !tile.tensor<head, [2, 3], f32> -> !tile.t<[value(V):2, key(K):3], f32>
}

// -----

// init_c2
tile.kernel @init_c2 of "m" names ["H"] roles ["initial"] {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  // expected-error @below {{has tile axes [key(K):3] for tensor}}
  %a = tile.init %x : !tile.tensor<head, [2, 3], f32> -> !tile.t<[key(K):3], f32>
}

// -----

// init_c3
tile.kernel @init_c3 of "m" names ["H"] roles ["initial"] {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  // expected-error @below {{starts with the identity on [value(V):2, key(K):3]}}
  %a = tile.init %x {identity} : !tile.tensor<head, [2, 3], f32> -> !tile.t<[value(V):2, key(K):3], f32>
}

// -----

// final_c1
tile.kernel @final_c1 of "m" names ["H"] roles ["initial"] {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
  %a = tile.constant 0.0 : !tile.t<[value(V):2, key(K):3], f32>
  // expected-error @below {{takes a tensor with role `initial`}}
  tile.final %a, %x : !tile.t<[value(V):2, key(K):3], f32>, !tile.tensor<head, [2, 3], f32>
}

// -----

// final_c2
tile.kernel @final_c2 of "m" names ["H"] roles ["final"] {
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
tile.kernel @valid_c2 of "m" names [] roles [] {
  tile.chunks size 4 {
  // expected-error @below {{gives '!tile.t<[time:4], f32>', expected '!tile.t<[time:4], i1>'}}
    %a = tile.valid : !tile.t<[time:4], f32>
  }
}

// -----

// valid_c3
tile.kernel @valid_c3 of "m" names [] roles [] sequences 8 {
  tile.chunks size 4 {
  // expected-error @below {{gives '!tile.t<[seq:8], i1>', expected '!tile.t<[time:4, seq:8], i1>'}}
    %a = tile.valid : !tile.t<[seq:8], i1>
  }
}

// -----

// init_c2_seq
tile.kernel @init_c2_seq of "m" names ["x"] roles ["initial"] sequences 8 {
^bb0(%x: !tile.tensor<head, [3], f32>):
  // expected-error @below {{of a block of sequences lacks the axis seq:8 in [key(K):3]}}
  %a = tile.init %x : !tile.tensor<head, [3], f32> -> !tile.t<[key(K):3], f32>
}

// -----

// load_c2_seq
tile.kernel @load_c2_seq of "m" names ["x"] roles ["input"] sequences 8 {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{of a block of sequences lacks the axis seq:8 in [time:4, seq:4, key(K):3]}}
    %a = tile.load %x : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, seq:4, key(K):3], f32>
  }
}

// -----

// store_c6
tile.kernel @store_c6 of "m" names ["x"] roles ["input_grad"] {
^bb0(%x: !tile.tensor<token, [3], bf16>):
  tile.chunks size 4 {
    %a = tile.constant 0.0 : !tile.t<[time:4, key(K):3], f32>
    // expected-error @below {{adds to '!tile.tensor<token, [3], bf16>', expected f32}}
    tile.store %a, %x add : !tile.t<[time:4, key(K):3], f32>, !tile.tensor<token, [3], bf16>
  }
}
