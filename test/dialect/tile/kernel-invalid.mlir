// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What kernels and loops refuse.

// kernel_c1
// expected-error @below {{has 1 arguments, 2 names and 1 roles}}
tile.kernel @kernel_c1 of "m" names ["x", "y"] roles ["input"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_c2
// expected-error @below {{argument 0 is no tensor}}
tile.kernel @kernel_c2 of "m" names ["x"] roles ["input"] {
^bb0(%x: !tile.t<[time:4], f32>):
}

// -----

// kernel_c3
// expected-error @below {{argument 0 has unknown role `guest`}}
tile.kernel @kernel_c3 of "m" names ["x"] roles ["guest"] {
^bb0(%x: !tile.tensor<head, [2, 3], f32>):
}

// -----

// kernel_c3_per
// expected-error @below {{argument 0, `param`, is per token}}
tile.kernel @kernel_c3_per of "m" names ["x"] roles ["param"] {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_c4
// expected-error @below {{has two arguments "x" with role `input`}}
tile.kernel @kernel_c4 of "m" names ["x", "x"] roles ["input", "input"] {
^bb0(%x: !tile.tensor<token, [3], f32>, %y: !tile.tensor<token, [3], f32>):
}

// -----

// chunks_c1
tile.kernel @chunks_c1 of "m" names [] roles [] {
  // expected-error @below {{has chunks of 0 tokens}}
  tile.chunks size 0 {
  }
}

// -----

// chunks_c2
tile.kernel @chunks_c2 of "m" names [] roles [] {
  %a = tile.constant 0.0 : !tile.t<[key(K):3], f32>
  // expected-error @below {{starting values, carried tiles and results differ in type}}
  %e = tile.chunks size 4 iter(%a : !tile.t<[key(K):3], f32>) {
  ^bb0(%s: !tile.t<[], f32>):
    tile.yield %s : !tile.t<[], f32>
  } -> !tile.t<[], f32>
}

// -----

// chunks_c3
tile.kernel @chunks_c3 of "m" names [] roles [] {
  %a = tile.constant 0.0 : !tile.t<[key(K):3], f32>
  // expected-error @below {{yields other types than it carries}}
  %e = tile.chunks size 4 iter(%a : !tile.t<[key(K):3], f32>) {
  ^bb0(%s: !tile.t<[key(K):3], f32>):
    tile.yield
  } -> !tile.t<[key(K):3], f32>
}

// -----

// chunks_c4
tile.kernel @chunks_c4 of "m" names [] roles [] {
  tile.chunks size 4 {
      // expected-error @below {{cuts chunks of 4 tokens into chunks of 3}}
    tile.chunks size 3 {
    }
  }
}

// -----

// kernel_c5
// expected-error @below {{works on 0 sequences at once}}
tile.kernel @kernel_c5 of "m" names [] roles [] sequences 0 {
}
