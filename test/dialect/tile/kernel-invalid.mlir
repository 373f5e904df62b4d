// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What kernels and loops refuse.

// kernel_c1
// expected-error @below {{has 1 tensors, and says of 2 what they are}}
tile.kernel forward @kernel_c1 of "m" (input "x", input "y") {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_c2
// expected-error @below {{argument 0 is no tensor}}
tile.kernel forward @kernel_c2 of "m" (input "x") {
^bb0(%x: !tile.t<[time:4], f32>):
}

// -----

// kernel_c3
// expected-error @below {{argument 0, `input`, is per head}}
tile.kernel forward @kernel_c3 of "m" (input "x") {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
}

// -----

// kernel_c3_per
// expected-error @below {{argument 0, `param`, is per token}}
tile.kernel forward @kernel_c3_per of "m" (param "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_c4
// expected-error @below {{has two arguments "x" with role `input`}}
tile.kernel forward @kernel_c4 of "m" (input "x", input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>, %y: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_c6
// expected-error @below {{argument 0 is per segment, in segments of 0 tokens}}
tile.kernel backward @kernel_c6 of "m" (saved "saved.0") {
^bb0(%x: !tile.tensor<segment, [3], f32>):
}

// -----

// kernel_c6_per
// expected-error @below {{argument 0 is per token, in segments of 64 tokens}}
tile.kernel backward @kernel_c6_per of "m" (saved "saved.0" every 64) {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_c7
// expected-error @below {{has no #tile.kept<state 0 of 0> to save}}
tile.kernel forward @kernel_c7 of "m" (input "x") saving <every 128 : <state 0 of 0>> {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_c7_number
// expected-error @below {{has no #tile.kept<end 1 of 0> to save}}
tile.kernel forward @kernel_c7_number of "m" (input "x") saving <every 128 : <end 1 of 0>> {
^bb0(%x: !tile.tensor<token, [3], f32>):
  %zero = tile.constant 0.0 : <[], f32>
  %end = tile.chunks size 4 iter(%zero : !tile.t<[], f32>) {
  ^bb0(%a: !tile.t<[], f32>):
    tile.yield %a : !tile.t<[], f32>
  } -> !tile.t<[], f32>
}

// -----

// expected-error @below {{`guest` is no role of a tensor}}
tile.kernel forward @unknown_role of "m" (guest "x") {
}

// -----

// argument_c1
// expected-error @below {{a buffer is no argument of a kernel}}
tile.kernel forward @argument_c1 of "m" (buffer "x") {
}

// -----

// argument_c2
// expected-error @below {{a history is a state, not an `input`}}
tile.kernel forward @argument_c2 of "m" (input "x" history) {
}

// -----

// argument_c3
// expected-error @below {{only a gradient is a sum of parts, and `x` is an `input`}}
tile.kernel forward @argument_c3 of "m" (input "x" partial) {
}

// -----

// argument_c4
// expected-error @below {{the `param_grad` of `w` is a sum of parts, and is not said to be one}}
tile.kernel backward @argument_c4 of "m" (param_grad "w") {
}

// -----

// argument_c5
// expected-error @below {{`x` has segments of 64 tokens, and only what is saved has any}}
tile.kernel forward @argument_c5 of "m" (input "x" every 64) {
}

// -----

// expected-error @below {{`sideways` is no kernel of a mixer}}
module attributes {f = #tile.function<sideways of "m" () scratch 0>} {}

// -----

// expected-error @below {{is for 0 sequences with 0 bytes of scratch memory}}
module attributes {f = #tile.function<forward of "m" () sequences 0 scratch 0>} {}

// -----

// chunks_c1
tile.kernel forward @chunks_c1 of "m" () {
  // expected-error @below {{has chunks of 0 tokens}}
  tile.chunks size 0 {
  }
}

// -----

// chunks_c2
tile.kernel forward @chunks_c2 of "m" () {
  %a = tile.constant 0.0 : !tile.t<[key(K):3], f32>
  // expected-error @below {{starting values, carried tiles and results differ in type}}
  %e = tile.chunks size 4 iter(%a : !tile.t<[key(K):3], f32>) {
  ^bb0(%s: !tile.t<[], f32>):
    tile.yield %s : !tile.t<[], f32>
  } -> !tile.t<[], f32>
}

// -----

// chunks_c3
tile.kernel forward @chunks_c3 of "m" () {
  %a = tile.constant 0.0 : !tile.t<[key(K):3], f32>
  // expected-error @below {{yields other types than it carries}}
  %e = tile.chunks size 4 iter(%a : !tile.t<[key(K):3], f32>) {
  ^bb0(%s: !tile.t<[key(K):3], f32>):
    tile.yield
  } -> !tile.t<[key(K):3], f32>
}

// -----

// chunks_c4
tile.kernel forward @chunks_c4 of "m" () {
  tile.chunks size 4 {
      // expected-error @below {{cuts chunks of 4 tokens into chunks of 3}}
    tile.chunks size 3 {
    }
  }
}

// -----

// kernel_c5
// expected-error @below {{works on 0 sequences at once}}
tile.kernel forward @kernel_c5 of "m" () sequences 0 {
}
