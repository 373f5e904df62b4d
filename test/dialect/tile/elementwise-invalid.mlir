// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What elementwise ops refuse.

// iota_c1
func.func @iota_c1() {
  // expected-error @below {{counts along one axis, not [time:4, key(K):3]}}
  %y = tile.iota : !tile.t<[time:4, key(K):3], f32>
  return
}

// -----

// map_c1
func.func @map_c1(%a: !tile.t<[time:4, key(K):3], f32>) {
  // expected-error @below {{cannot broadcast [time:4, key(K):3] to [time:4]}}
  %y = tile.map (%a) : (!tile.t<[time:4, key(K):3], f32>) -> !tile.t<[time:4], f32> {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return
}

// -----

// map_c1_extent
func.func @map_c1_extent(%a: !tile.t<[time:8], f32>) {
  // expected-error @below {{cannot broadcast [time:8] to [time:4]}}
  %y = tile.map (%a) : (!tile.t<[time:8], f32>) -> !tile.t<[time:4], f32> {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return
}

// -----

// map_c2_count
func.func @map_c2_count(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{has 2 operands and a region of 1}}
  %y = tile.map (%a, %a) : (!tile.t<[time:4], f32>, !tile.t<[time:4], f32>) -> !tile.t<[time:4], f32> {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return
}

// -----

// map_c2
func.func @map_c2(%a: !tile.t<[time:4], f64>) {
  // expected-error @below {{gives a region's 'f32' entries of '!tile.t<[time:4], f64>'}}
  %y = tile.map (%a) : (!tile.t<[time:4], f64>) -> !tile.t<[time:4], f32> {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return
}

// -----

// map_c3
func.func @map_c3(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{does not yield one 'i1'}}
  %y = tile.map (%a) : (!tile.t<[time:4], f32>) -> !tile.t<[time:4], i1> {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return
}

// -----

// map_c4
func.func @map_c4(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{holds `tile.constant`: neither arith nor math}}
  %y = tile.map (%a) : (!tile.t<[time:4], f32>) -> !tile.t<[time:4], f32> {
  ^bb0(%x: f32):
    %z = tile.constant 0.0 : !tile.t<[], f32>
    tile.yield %x : f32
  }
  return
}

// -----

// select_c1
func.func @select_c1(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{masks by '!tile.t<[time:4], f32>'}}
  %y = tile.select %a, %a, %a : !tile.t<[time:4], f32>, !tile.t<[time:4], f32>, !tile.t<[time:4], f32> -> !tile.t<[time:4], f32>
  return
}

// -----

// select_c2
func.func @select_c2(%b: !tile.t<[time:4], i1>, %a: !tile.t<[time:4, key(K):3], f32>, %c: !tile.t<[time:4], f32>) {
  // expected-error @below {{cannot broadcast [time:4, key(K):3] to [time:4]}}
  %y = tile.select %b, %a, %c : !tile.t<[time:4], i1>, !tile.t<[time:4, key(K):3], f32>, !tile.t<[time:4], f32> -> !tile.t<[time:4], f32>
  return
}

// -----

// select_c3
func.func @select_c3(%b: !tile.t<[time:4], i1>, %a: !tile.t<[time:4], f32>, %c: !tile.t<[time:4], f64>) {
  // expected-error @below {{mixes element types 'f32' and 'f64'}}
  %y = tile.select %b, %a, %c : !tile.t<[time:4], i1>, !tile.t<[time:4], f32>, !tile.t<[time:4], f64> -> !tile.t<[time:4], f32>
  return
}

// -----

// cast_c1
func.func @cast_c1(%a: !tile.t<[time:4], f32>) {
  // expected-error @below {{result has axes [], expected [time:4]}}
  %y = tile.cast %a : !tile.t<[time:4], f32> -> !tile.t<[], f64>
  return
}

// -----

// cast_c2
func.func @cast_c2(%a: !tile.t<[time:4], i1>) {
  // expected-error @below {{is between f32 and f64}}
  %y = tile.cast %a : !tile.t<[time:4], i1> -> !tile.t<[time:4], f32>
  return
}
