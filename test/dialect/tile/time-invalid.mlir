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
