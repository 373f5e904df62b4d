// RUN: mix-opt %s --mix-infer-precision --canonicalize --cse | FileCheck %s

// The decay is a param's: its products are float64, cast where float32 meets them. The load leaves the loop, and so does
// the function of the param; what tile.valid selects stays.
// CHECK-LABEL: tile.kernel forward @fading
// CHECK:       %[[G:.*]] = tile.load %{{.*}} : <head, [], f32> -> <[], f64>
// CHECK:       %[[A:.*]] = tile.map(%[[G]]) : (!tile.t<[], f64>) -> !tile.t<[], f64>
// CHECK:         math.exp %{{.*}} : f64
// CHECK:       tile.chunks
// CHECK:       %[[V:.*]] = tile.valid
// CHECK:       %[[D:.*]] = tile.select %[[V]], %[[A]], %{{.*}} -> <[time:4], f64>
// CHECK:       %[[P:.*]] = tile.recur %[[D]], {{.*}} -> <[time:4], f64>
// CHECK:       %[[P32:.*]] = tile.cast %[[P]] : <[time:4], f64> -> <[time:4], f32>
// CHECK:       tile.map(%{{.*}}, %[[P32]])
tile.kernel forward @fading of "fading" (input "x", param "gamma", output "y") {
^bb0(%x: !tile.tensor<token, [], f32>, %gamma: !tile.tensor<head, [], f32>, %y: !tile.tensor<token, [], f32>):
  tile.chunks size 4 {
    %g = tile.load %gamma : <head, [], f32> -> <[], f32>
    %a = tile.map(%g) : (!tile.t<[], f32>) -> !tile.t<[], f32> {
    ^bb0(%n: f32):
      %minus = arith.negf %n : f32
      %e = math.exp %minus : f32
      tile.yield %e : f32
    }
    %valid = tile.valid : <[time:4], i1>
    %one = tile.constant 1.0 : <[], f32>
    %zero = tile.constant 0.0 : <[time:4], f32>
    %d = tile.select %valid, %a, %one : <[time:4], i1>, <[], f32>, <[], f32> -> <[time:4], f32>
    %p = tile.recur %d, %zero init %one : !tile.t<[], f32> : <[time:4], f32>, <[time:4], f32> -> <[time:4], f32>
    %in = tile.load %x : <token, [], f32> -> <[time:4], f32>
    %out = tile.map(%in, %p) : (!tile.t<[time:4], f32>, !tile.t<[time:4], f32>) -> !tile.t<[time:4], f32> {
    ^bb0(%n: f32, %m: f32):
      %product = arith.mulf %n, %m : f32
      tile.yield %product : f32
    }
    tile.store %out, %y : <[time:4], f32>, <token, [], f32>
  }
}
