// RUN: mix-opt %s --mix-infer-precision --canonicalize --cse | FileCheck %s

// What a chunk multiplies its state by is a product in float64, and meets the state as two float32: 1 (or 0), and how far it is from that.
// CHECK-LABEL: tile.kernel forward @fading
// CHECK:       tile.chunks size 4 iter
// CHECK:       ^bb0(%[[S:.*]]: !tile.t<[value(V):8, key(K):8], f32>):
// CHECK:       %[[D:.*]] = tile.reduce mul %{{.*}} over ["time"] : <[time:4, key(K):8], f32> -> <[key(K):8], f64>
// CHECK:       %[[H:.*]] = tile.map(%[[D]]) : (!tile.t<[key(K):8], f64>) -> !tile.t<[key(K):8], f32>
// CHECK:         arith.cmpf oge
// CHECK:       %[[L:.*]] = tile.map(%[[D]]) : (!tile.t<[key(K):8], f64>) -> !tile.t<[key(K):8], f32>
// CHECK:         arith.subf
// CHECK:         arith.truncf
// CHECK:       tile.map(%[[S]], %[[H]], %[[L]])
// CHECK:         %[[KEPT:.*]] = arith.mulf
// CHECK:         %[[PART:.*]] = arith.mulf
// CHECK:         arith.addf %[[PART]], %[[KEPT]]
tile.kernel forward @fading of "fading" (input "a", initial "S", final "S") {
^bb0(%a: !tile.tensor<token, [8], f32>, %from: !tile.tensor<head, [8, 8], f32>, %to: !tile.tensor<head, [8, 8], f32>):
  %start = tile.init %from : <head, [8, 8], f32> -> <[value(V):8, key(K):8], f32>
  %end = tile.chunks size 4 iter(%start : !tile.t<[value(V):8, key(K):8], f32>) {
  ^bb0(%s: !tile.t<[value(V):8, key(K):8], f32>):
    %gates = tile.load %a : <token, [8], f32> -> <[time:4, key(K):8], f32>
    %whole = tile.reduce mul %gates over ["time"] : <[time:4, key(K):8], f32> -> <[key(K):8], f32>
    %next = tile.map(%whole, %s) : (!tile.t<[key(K):8], f32>, !tile.t<[value(V):8, key(K):8], f32>) -> !tile.t<[value(V):8, key(K):8], f32> {
    ^bb0(%d: f32, %x: f32):
      %kept = arith.mulf %d, %x : f32
      tile.yield %kept : f32
    }
    tile.yield %next : !tile.t<[value(V):8, key(K):8], f32>
  } -> !tile.t<[value(V):8, key(K):8], f32>
  tile.final %end, %to : <[value(V):8, key(K):8], f32>, <head, [8, 8], f32>
}

// A gate that is computed, one a token, is computed in float64 as well.
// CHECK-LABEL: tile.kernel forward @computed
// CHECK:       %[[X:.*]] = tile.load %{{.*}} -> <[time:4], f32>
// CHECK:       %[[WIDE:.*]] = tile.cast %[[X]] : <[time:4], f32> -> <[time:4], f64>
// CHECK:       %[[A:.*]] = tile.map(%[[WIDE]]) : (!tile.t<[time:4], f64>) -> !tile.t<[time:4], f64>
// CHECK:         math.exp %{{.*}} : f64
// CHECK:       tile.reduce mul %[[A]] over ["time"] : <[time:4], f64> -> <[], f64>
tile.kernel forward @computed of "computed" (input "x", initial "S", final "S") {
^bb0(%a: !tile.tensor<token, [], f32>, %from: !tile.tensor<head, [8], f32>, %to: !tile.tensor<head, [8], f32>):
  %start = tile.init %from : <head, [8], f32> -> <[key(K):8], f32>
  %end = tile.chunks size 4 iter(%start : !tile.t<[key(K):8], f32>) {
  ^bb0(%s: !tile.t<[key(K):8], f32>):
    %given = tile.load %a : <token, [], f32> -> <[time:4], f32>
    %gates = tile.map(%given) : (!tile.t<[time:4], f32>) -> !tile.t<[time:4], f32> {
    ^bb0(%x: f32):
      %e = math.exp %x : f32
      tile.yield %e : f32
    }
    %whole = tile.reduce mul %gates over ["time"] : <[time:4], f32> -> <[], f32>
    %next = tile.map(%whole, %s) : (!tile.t<[], f32>, !tile.t<[key(K):8], f32>) -> !tile.t<[key(K):8], f32> {
    ^bb0(%d: f32, %x: f32):
      %kept = arith.mulf %d, %x : f32
      tile.yield %kept : f32
    }
    tile.yield %next : !tile.t<[key(K):8], f32>
  } -> !tile.t<[key(K):8], f32>
  tile.final %end, %to : <[key(K):8], f32>, <head, [8], f32>
}

// So is one for each key that is a sum, were a token alone a chunk: what is loaded is exact, a sum is rounded.
// CHECK-LABEL: tile.kernel forward @sums
// CHECK:       %[[A:.*]] = tile.map({{.*}}) : (!tile.t<[time:1, key(K):8], f64>, !tile.t<[time:1], f64>)
// CHECK-NEXT:  ^bb0
// CHECK-NEXT:    arith.addf %{{.*}} : f64
// CHECK:       tile.row %[[A]][0] : <[time:1, key(K):8], f64> -> <[key(K):8], f64>
tile.kernel forward @sums of "sums" (input "a", input "b", initial "S", final "S") {
^bb0(%a: !tile.tensor<token, [8], f32>, %b: !tile.tensor<token, [], f32>, %from: !tile.tensor<head, [8], f32>,
     %to: !tile.tensor<head, [8], f32>):
  %start = tile.init %from : <head, [8], f32> -> <[key(K):8], f32>
  %end = tile.chunks size 1 iter(%start : !tile.t<[key(K):8], f32>) {
  ^bb0(%s: !tile.t<[key(K):8], f32>):
    %one = tile.load %a : <token, [8], f32> -> <[time:1, key(K):8], f32>
    %other = tile.load %b : <token, [], f32> -> <[time:1], f32>
    %gates = tile.map(%one, %other) : (!tile.t<[time:1, key(K):8], f32>, !tile.t<[time:1], f32>) -> !tile.t<[time:1, key(K):8], f32> {
    ^bb0(%x: f32, %y: f32):
      %sum = arith.addf %x, %y : f32
      tile.yield %sum : f32
    }
    %gate = tile.row %gates[0] : <[time:1, key(K):8], f32> -> <[key(K):8], f32>
    %next = tile.map(%gate, %s) : (!tile.t<[key(K):8], f32>, !tile.t<[key(K):8], f32>) -> !tile.t<[key(K):8], f32> {
    ^bb0(%d: f32, %x: f32):
      %kept = arith.mulf %d, %x : f32
      tile.yield %kept : f32
    }
    tile.yield %next : !tile.t<[key(K):8], f32>
  } -> !tile.t<[key(K):8], f32>
  tile.final %end, %to : <[key(K):8], f32>, <head, [8], f32>
}
