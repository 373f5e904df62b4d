// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What recurrences and solves refuse.

// recur_c1
func.func @recur_c1(%a: !tile.t<[], f32>, %b: !tile.t<[key(K):3], f32>) {
  // expected-error @below {{runs along time, but b is [key(K):3]}}
  %y = tile.recur %a, %b : !tile.t<[], f32>, !tile.t<[key(K):3], f32> -> !tile.t<[key(K):3], f32>
  return
}

// -----

// recur_c2
func.func @recur_c2(%a: !tile.t<[time:4, key(K):3], f32>, %b: !tile.t<[time:4], f32>) {
  // expected-error @below {{cannot broadcast [time:4, key(K):3] to [time:4]}}
  %y = tile.recur %a, %b : !tile.t<[time:4, key(K):3], f32>, !tile.t<[time:4], f32> -> !tile.t<[time:4], f32>
  return
}

// -----

// recur_c3
func.func @recur_c3(%a: !tile.t<[time:4], f32>, %b: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{cannot broadcast [time:4] to [key(K):3]}}
  %y = tile.recur %a, %b init %a : !tile.t<[time:4], f32> : !tile.t<[time:4], f32>, !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// recur_c4
func.func @recur_c4(%a: !tile.t<[time:4], f32>, %b: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{result has axes [time:4], expected [time:4, key(K):3]}}
  %y = tile.recur %a, %b : !tile.t<[time:4], f32>, !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4], f32>
  return
}

// -----

// recur_c5
func.func @recur_c5(%a: !tile.t<[time:4], f64>, %b: !tile.t<[time:4], f32>) {
  // expected-error @below {{mixes element types 'f64' and 'f32'}}
  %y = tile.recur %a, %b : !tile.t<[time:4], f64>, !tile.t<[time:4], f32> -> !tile.t<[time:4], f32>
  return
}

// -----

// recur_c6
func.func @recur_c6(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{has blocks of -3 rows}}
  %y = "tile.recur"(%a, %a) <{blocks = -3 : i64}> : (!tile.t<[time:4], f32>, !tile.t<[time:4], f32>) -> !tile.t<[time:4], f32>
  return
}

// -----

// solve_c1
func.func @solve_c1(%l: !tile.t<[time:4, key(K):3], f32>, %b: !tile.t<[time:4, value(V):2], f32>) {
  // expected-error @below {{has L with axes [time:4, key(K):3], expected (time, source) of one extent}}
  %y = tile.solve %l, %b : !tile.t<[time:4, key(K):3], f32>, !tile.t<[time:4, value(V):2], f32> -> !tile.t<[time:4, value(V):2], f32>
  return
}

// -----

// solve_c1_square
func.func @solve_c1_square(%l: !tile.t<[time:4, source:5], f32>, %b: !tile.t<[time:4, value(V):2], f32>) {
  // expected-error @below {{has L with axes [time:4, source:5], expected (time, source) of one extent}}
  %y = tile.solve %l, %b : !tile.t<[time:4, source:5], f32>, !tile.t<[time:4, value(V):2], f32> -> !tile.t<[time:4, value(V):2], f32>
  return
}

// -----

// solve_c2
func.func @solve_c2(%l: !tile.t<[time:4, source:4], f32>, %b: !tile.t<[source:4, value(V):2], f32>) {
  // expected-error @below {{has B with axes [source:4, value(V):2], expected time:4 and no source}}
  %y = tile.solve %l, %b : !tile.t<[time:4, source:4], f32>, !tile.t<[source:4, value(V):2], f32> -> !tile.t<[source:4, value(V):2], f32>
  return
}

// -----

// solve_c3
func.func @solve_c3(%l: !tile.t<[time:4, source:4], f32>, %b: !tile.t<[time:4, value(V):2], f32>) {
  // expected-error @below {{result has axes [time:4, key(K):3], expected [time:4, value(V):2]}}
  %y = tile.solve %l, %b : !tile.t<[time:4, source:4], f32>, !tile.t<[time:4, value(V):2], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// solve_c4
func.func @solve_c4(%l: !tile.t<[time:4, source:4], f32>, %b: !tile.t<[time:4], f64>) {
  // expected-error @below {{mixes element types 'f32' and 'f64'}}
  %y = tile.solve %l, %b : !tile.t<[time:4, source:4], f32>, !tile.t<[time:4], f64> -> !tile.t<[time:4], f64>
  return
}

// -----

// steps_c1
func.func @steps_c1(%a: !tile.t<[key(K):3], f32>) {
  // expected-error @below {{stands outside `tile.chunks`}}
  %y = tile.steps iter(%a : !tile.t<[key(K):3], f32>) {
  ^bb0(%s: !tile.t<[key(K):3], f32>):
    tile.yield %s : !tile.t<[key(K):3], f32>
  } -> !tile.t<[key(K):3], f32>
  return
}

// -----

// steps_c2
tile.kernel forward @steps_c2 of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    %a = tile.constant 1.0 : !tile.t<[key(K):3], f32>
    // expected-error @below {{takes rows of '!tile.t<[key(K):3], f32>', in a chunk of 4 tokens}}
    tile.steps rows(%a : !tile.t<[key(K):3], f32>) {
    ^bb0(%s: !tile.t<[key(K):3], f32>):
      tile.yield
    }
  }
}

// -----

// steps_c2
tile.kernel forward @steps_c2_carried of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    %a = tile.load %x : <token, [3], f32> -> <[time:4, key(K):3], f32>
    // expected-error @below {{carries a tile with a time axis}}
    %y = tile.steps iter(%a : !tile.t<[time:4, key(K):3], f32>) {
    ^bb0(%s: !tile.t<[time:4, key(K):3], f32>):
      tile.yield %s : !tile.t<[time:4, key(K):3], f32>
    } -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// steps_c3
tile.kernel forward @steps_c3 of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    %a = tile.load %x : <token, [3], f32> -> <[time:4, key(K):3], f32>
    // expected-error @below {{gives its body '!tile.t<[time:4, key(K):3], f32>' for '!tile.t<[time:4, key(K):3], f32>'}}
    tile.steps rows(%a : !tile.t<[time:4, key(K):3], f32>) {
    ^bb0(%row: !tile.t<[time:4, key(K):3], f32>):
      tile.yield
    }
  }
}

// -----

// steps_c4
tile.kernel forward @steps_c4 of "m" (input "x") {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    %a = tile.load %x : <token, [3], f32> -> <[time:4, key(K):3], f32>
    // expected-error @below {{makes '!tile.t<[key(K):3], f32>' of a yielded '!tile.t<[key(K):3], f32>'}}
    %y = tile.steps rows(%a : !tile.t<[time:4, key(K):3], f32>) {
    ^bb0(%row: !tile.t<[key(K):3], f32>):
      tile.yield %row : !tile.t<[key(K):3], f32>
    } -> !tile.t<[key(K):3], f32>
  }
}

// -----

// load_c4
tile.kernel forward @load_c4 of "m" (input "x", initial "x" history) {
^bb0(%x: !tile.tensor<token, [3], f32>, %h: !tile.tensor<head, [2, 3], f32>):
  tile.chunks size 4 {
    tile.steps with(%x, %h : !tile.tensor<token, [3], f32>, !tile.tensor<head, [2, 3], f32>) {
    ^bb0(%tokens: !tile.tensor<token, [3], f32>, %past: !tile.tensor<head, [2, 3], f32>):
      // expected-error @below {{lags inside `tile.steps`}}
      %a = tile.load %tokens lag 1 history %past : !tile.tensor<head, [2, 3], f32> : <token, [3], f32> -> <[key(K):3], f32>
      tile.yield
    }
  }
}

// -----

// solve_c5
func.func @solve_c5(%l: !tile.t<[time:4, source:4, mix(m):2, mix(n):3], f32>, %b: !tile.t<[time:4, mix(m):2], f32>) {
  // expected-error @below {{mixes axes that do not fit}}
  %y = tile.solve %l, %b mixing "m" from "n" : !tile.t<[time:4, source:4, mix(m):2, mix(n):3], f32>, !tile.t<[time:4, mix(m):2], f32> -> !tile.t<[time:4, mix(m):2], f32>
  return
}

// -----

// chunks_c5
tile.kernel forward @chunks_c5 of "m" (input "x") sequences 8 {
^bb0(%x: !tile.tensor<token, [3], f32>):
  // expected-error @below {{of a block of sequences goes over all chunks, first to last}}
  tile.chunks size 4 reverse {
  }
}
