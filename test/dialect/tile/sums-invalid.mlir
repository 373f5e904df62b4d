// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What sums of products refuse.

// contract_c1
func.func @contract_c1(%m: !tile.t<[value(V):2, key(K):3], f32>, %k: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{goes over `V`, but [time:4, key(K):3] has no such axis}}
  %y = tile.contract %m, %k over ["V"] : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// contract_c1_twice
func.func @contract_c1_twice(%m: !tile.t<[value(V):2, key(K):3], f32>, %k: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{goes over `K` twice}}
  %y = tile.contract %m, %k over ["K", "K"] : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, value(V):2], f32>
  return
}

// -----

// contract_c2
func.func @contract_c2(%m: !tile.t<[value(V):2, key(K):3], f32>, %k: !tile.t<[time:4, key(K):5], f32>) {
  // expected-error @below {{meets two axes `K`: [value(V):2, key(K):3] and [time:4, key(K):5]}}
  %y = tile.contract %m, %k over ["K"] : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[time:4, key(K):5], f32> -> !tile.t<[time:4, value(V):2], f32>
  return
}

// -----

// contract_c2_kind
func.func @contract_c2_kind(%m: !tile.t<[value(V):2, key(K):3], f32>, %k: !tile.t<[time:4, value(K):3], f32>) {
  // expected-error @below {{meets two axes `K`}}
  %y = tile.contract %m, %k over ["K"] : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[time:4, value(K):3], f32> -> !tile.t<[time:4, value(V):2], f32>
  return
}

// -----

// contract_c3
func.func @contract_c3(%m: !tile.t<[value(V):2, key(K):3], f32>, %k: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{result has axes [time:4, key(K):3], expected [value(V):2, time:4]}}
  %y = tile.contract %m, %k over ["K"] : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// contract_c4
func.func @contract_c4(%m: !tile.t<[value(V):2, key(K):3], f32>, %k: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{acc has axes [time:4, key(K):3], expected [time:4, value(V):2]}}
  %y = tile.contract %m, %k acc %k : !tile.t<[time:4, key(K):3], f32> over ["K"] : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, value(V):2], f32>
  return
}

// -----

// contract_c5
func.func @contract_c5(%a: !tile.t<[time:4], f32>, %b: !tile.t<[time:4], f64>) {
  // expected-error @below {{mixes element types 'f32' and 'f64'}}
  %y = tile.contract %a, %b over ["time"] : !tile.t<[time:4], f32>, !tile.t<[time:4], f64> -> !tile.t<[], f32>
  return
}

// -----

// contract_c6
func.func @contract_c6(%m: !tile.t<[value(V):2, key(K):3], f32>, %k: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{has a mask, but no (time, source) in [value(V):2, key(K):3, time:4]}}
  %y = tile.contract %m, %k over ["K"] mask lower : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, value(V):2], f32>
  return
}

// -----

// contract_c7
func.func @contract_c7(%p: !tile.t<[time:4, source:4], f32>, %w: !tile.t<[source:4, value(V):2], f32>) {
  // expected-error @below {{lets all pairs (time, source) count, a mask is expected}}
  %y = tile.contract %p, %w over ["source"] : !tile.t<[time:4, source:4], f32>, !tile.t<[source:4, value(V):2], f32> -> !tile.t<[time:4, value(V):2], f32>
  return
}

// -----

// contract_c7_made
func.func @contract_c7_made(%v: !tile.t<[time:4, value(V):2], f32>, %w: !tile.t<[source:4, value(V):2], f32>) {
  // expected-error @below {{lets all pairs (time, source) count, a mask is expected}}
  %y = tile.contract %v, %w over ["V"] : !tile.t<[time:4, value(V):2], f32>, !tile.t<[source:4, value(V):2], f32> -> !tile.t<[time:4, source:4], f32>
  return
}

// -----

// reduce_c1
func.func @reduce_c1(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{goes over `V`, but [time:4, key(K):3] has no such axis}}
  %y = tile.reduce add %a over ["V"] : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// reduce_c2
func.func @reduce_c2(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{result has axes [key(K):3], expected [time:4]}}
  %y = tile.reduce max %a over ["K"] : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[key(K):3], f32>
  return
}

// -----

// reduce_c3
func.func @reduce_c3(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{mixes element types 'f32' and 'f64'}}
  %y = tile.reduce add %a over ["K"] : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4], f64>
  return
}

// -----

// reduce_c3_product
func.func @reduce_c3_product(%a: !tile.t<[time:4], f64>) {
  // expected-error @below {{mixes element types 'f64' and 'f32'}}
  %y = tile.reduce mul %a over ["time"] : !tile.t<[time:4], f64> -> !tile.t<[], f32>
  return
}

// -----

// reduce_c4
func.func @reduce_c4(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{multiplies over ["K"], expected ["time"]}}
  %y = tile.reduce mul %a over ["K"] : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4], f32>
  return
}

// -----

// reduce_c5
func.func @reduce_c5(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{has a bound, but is no product}}
  %y = tile.reduce add %a over ["time"] most 1.0e+30 : !tile.t<[time:4], f32> -> !tile.t<[], f32>
  return
}
