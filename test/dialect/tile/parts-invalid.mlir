// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What takes tiles apart and puts them together refuses.

// row_c1
func.func @row_c1(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{takes row 4 of [time:4, key(K):3]}}
  %y = tile.row %a[4] : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[key(K):3], f32>
  return
}

// -----

// row_c1_time
func.func @row_c1_time(%a: !tile.t<[key(K):3], f32>) {
  // expected-error @below {{takes row 0 of [key(K):3]}}
  %y = tile.row %a[0] : !tile.t<[key(K):3], f32> -> !tile.t<[key(K):3], f32>
  return
}

// -----

// row_c2
func.func @row_c2(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{result has axes [time:4], expected [key(K):3]}}
  %y = tile.row %a[0] : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4], f32>
  return
}

// -----

// row_c3
func.func @row_c3(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{mixes element types 'f32' and 'f64'}}
  %y = tile.row %a[0] : !tile.t<[time:4], f32> -> !tile.t<[], f64>
  return
}

// -----

// rename_c1
func.func @rename_c1(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{cannot call `V` `source` in [time:4, key(K):3]}}
  %y = tile.rename %a "V" to "source" : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// rename_c1_taken
func.func @rename_c1_taken(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{cannot call `time` `K` in [time:4, key(K):3]}}
  %y = tile.rename %a "time" to "K" : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// rename_c2
func.func @rename_c2(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{result has axes [source:5], expected [source:4]}}
  %y = tile.rename %a "time" to "source" : !tile.t<[time:4], f32> -> !tile.t<[source:5], f32>
  return
}

// -----

// rename_c3
func.func @rename_c3(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{mixes element types 'f32' and 'f64'}}
  %y = tile.rename %a "time" to "source" : !tile.t<[time:4], f32> -> !tile.t<[source:4], f64>
  return
}

// -----

// split_c1
func.func @split_c1(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{splits along `V`, which [time:4, key(K):3] or [time:4, key(K):3] lacks}}
  %y = tile.split %a "V" from 0 : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// split_c2
func.func @split_c2(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{takes 2 entries from 2 of `K:3`}}
  %y = tile.split %a "K" from 2 : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):2], f32>
  return
}

// -----

// split_c3
func.func @split_c3(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{result has axes [time:2, key(K):2], expected [time:4, key(K):2]}}
  %y = tile.split %a "K" from 1 : !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:2, key(K):2], f32>
  return
}

// -----

// split_c4
func.func @split_c4(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{mixes element types 'f32' and 'f64'}}
  %y = tile.split %a "time" from 1 : !tile.t<[time:4], f32> -> !tile.t<[time:2], f64>
  return
}

// -----

// join_c1
func.func @join_c1(%a: !tile.t<[time:4, key(K):3], f32>, %b: !tile.t<[time:4], f32>) {
  // expected-error @below {{joins along `K`, which [time:4] lacks}}
  %y = tile.join %a, %b along "K" : !tile.t<[time:4, key(K):3], f32>, !tile.t<[time:4], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// join_c2
func.func @join_c2(%a: !tile.t<[time:4, key(K):3], f32>, %b: !tile.t<[key(K):3], f32>) {
  // expected-error @below {{part has axes [key(K):3], expected [time:4, key(K):3]}}
  %y = tile.join %a, %b along "K" : !tile.t<[time:4, key(K):3], f32>, !tile.t<[key(K):3], f32> -> !tile.t<[time:4, key(K):6], f32>
  return
}

// -----

// join_c3
func.func @join_c3(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{joins 6 entries of `K` to 3}}
  %y = tile.join %a, %a along "K" : !tile.t<[time:4, key(K):3], f32>, !tile.t<[time:4, key(K):3], f32> -> !tile.t<[time:4, key(K):3], f32>
  return
}
