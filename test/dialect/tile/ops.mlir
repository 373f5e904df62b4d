// RUN: mix-opt %s | mix-opt | FileCheck %s
// Every op, printed and parsed back.

!s = !tile.t<[], f32>
!r = !tile.t<[time:4], f32>
!p = !tile.t<[time:4, source:4], f32>
!k = !tile.t<[time:4, key(K):3], f32>
!v = !tile.t<[time:4, value(V):2], f32>
!w = !tile.t<[source:4, value(V):2], f32>
!m = !tile.t<[value(V):2, key(K):3], f32>
!b = !tile.t<[time:4], i1>
!f = !tile.t<[key(K):3], f32>

// CHECK-LABEL: tile.kernel forward @memory of "mixer" (input "x", param "A", initial "H", output "y", final "H") {
tile.kernel forward @memory of "mixer" (input "x", param "A", initial "H", output "y", final "H") {
// CHECK-NEXT: ^bb0(%{{.*}}: !tile.tensor<token, [3], bf16>, %{{.*}}: !tile.tensor<head, [], f32>
^bb0(%x: !tile.tensor<token, [3], bf16>, %a: !tile.tensor<head, [], f32>, %h: !tile.tensor<head, [2, 3], f32>,
     %y: !tile.tensor<token, [3], bf16>, %e: !tile.tensor<head, [2, 3], f32>):
  // CHECK: tile.load %{{.*}} : <head, [], f32> -> <[], f64>
  %decay = tile.load %a : !tile.tensor<head, [], f32> -> !tile.t<[], f64>
  // CHECK: tile.init %{{.*}} : <head, [2, 3], f32> -> <[value(V):2, key(K):3], f32>
  %zeros = tile.init %h : !tile.tensor<head, [2, 3], f32> -> !m
  // CHECK: tile.init %{{.*}} start -1.0{{.*}} : <head
  %start = tile.init %h start -1.0 : !tile.tensor<head, [2, 3], f32> -> !m
  // CHECK: tile.chunks size 4 iter(%{{.*}}, %{{.*}} : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[value(V):2, key(K):3], f32>) {
  // CHECK-NEXT: ^bb0(%{{.*}}: !tile.t<[value(V):2, key(K):3], f32>, %{{.*}}: !tile.t<[value(V):2, key(K):3], f32>):
  %end:2 = tile.chunks size 4 iter(%start, %zeros : !m, !m) {
  ^bb0(%s: !m, %u: !m):
    // CHECK: tile.load %{{.*}} : <token, [3], bf16> -> <[time:4, key(K):3], f32>
    %rows = tile.load %x : !tile.tensor<token, [3], bf16> -> !k
    // CHECK: tile.valid : <[time:4], i1>
    %valid = tile.valid : !b
    // CHECK: tile.store %{{.*}}, %{{.*}} : <[time:4, key(K):3], f32>, <token, [3], bf16>
    tile.store %rows, %y : !k, !tile.tensor<token, [3], bf16>
    // CHECK: tile.yield %{{.*}}, %{{.*}} : !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[value(V):2, key(K):3], f32>
    tile.yield %u, %s : !m, !m
  // CHECK-NEXT: } -> !tile.t<[value(V):2, key(K):3], f32>, !tile.t<[value(V):2, key(K):3], f32>
  } -> !m, !m
  // CHECK: tile.chunks size 4 reverse {
  tile.chunks size 4 reverse {
  }
  // CHECK: tile.final %{{.*}}#0, %{{.*}} : <[value(V):2, key(K):3], f32>, <head, [2, 3], f32>
  tile.final %end#0, %e : !m, !tile.tensor<head, [2, 3], f32>
}

// CHECK-LABEL: tile.kernel decode @square
tile.kernel decode @square of "mixer" (state "H") {
^bb0(%h: !tile.tensor<head, [2, 2], f32>):
  // CHECK: tile.init %{{.*}} {identity} : <head, [2, 2], f32>
  %s = tile.init %h {identity} : !tile.tensor<head, [2, 2], f32> -> !tile.t<[value(V):2, key(K):2], f32>
  tile.final %s, %h : !tile.t<[value(V):2, key(K):2], f32>, !tile.tensor<head, [2, 2], f32>
}

// CHECK-LABEL: func.func @arithmetic
func.func @arithmetic(%a: !r, %k: !k, %v: !v, %w: !w, %m: !m, %p: !p, %b: !b, %f: !f, %s: !s) {
  // CHECK: tile.constant 2.5{{.*}} : <[time:4], f32>
  %constant = tile.constant 2.5 : !r
  // CHECK: tile.iota : <[time:4], f32>
  %iota = tile.iota : !r
  // CHECK: tile.map(%{{.*}}, %{{.*}}) : (!tile.t<[time:4], f32>, !tile.t<[time:4, key(K):3], f32>) -> !tile.t<[time:4, key(K):3], f32> {
  // CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32):
  %map = tile.map (%a, %k) : (!r, !k) -> !k {
  ^bb0(%x: f32, %y: f32):
    // CHECK: tile.stop %{{.*}} : f32
    %stopped = tile.stop %x : f32
    %z = arith.mulf %stopped, %y : f32
    // CHECK: tile.yield %{{.*}} : f32
    tile.yield %z : f32
  }
  // CHECK: tile.select %{{.*}}, %{{.*}}, %{{.*}} : <[time:4], i1>, <[time:4, key(K):3], f32>, <[], f32> -> <[time:4, key(K):3], f32>
  %select = tile.select %b, %k, %s : !b, !k, !s -> !k
  // CHECK: tile.cast %{{.*}} : <[time:4], f32> -> <[time:4], f64>
  %cast = tile.cast %a : !r -> !tile.t<[time:4], f64>
  // CHECK: tile.contract %{{.*}}, %{{.*}} over ["K"] : <[value(V):2, key(K):3], f32>, <[time:4, key(K):3], f32> -> <[time:4, value(V):2], f32>
  %read = tile.contract %m, %k over ["K"] : !m, !k -> !v
  // CHECK: tile.contract %{{.*}}, %{{.*}} acc %{{.*}} : !tile.t<[time:4, value(V):2], f32> over ["source"] mask strict : <[time:4, source:4], f32>
  %masked = tile.contract %p, %w acc %v : !v over ["source"] mask strict : !p, !w -> !v
  // CHECK: tile.contract {{.*}} mask lower :
  %pairs = tile.contract %v, %w over ["V"] mask lower : !v, !w -> !p
  // CHECK: tile.reduce add %{{.*}} over ["time"] : <[time:4, key(K):3], f32> -> <[key(K):3], f32>
  %sum = tile.reduce add %k over ["time"] : !k -> !f
  // CHECK: tile.reduce max %{{.*}} over ["time", "K"]
  %max = tile.reduce max %k over ["time", "K"] : !k -> !s
  // CHECK: tile.reduce mul %{{.*}} over ["time"] most 1.000000e+30 : <[time:4, key(K):3], f32> -> <[key(K):3], f64>
  %mul = tile.reduce mul %k over ["time"] most 1.0e+30 : !k -> !tile.t<[key(K):3], f64>
  // CHECK: tile.recur %{{.*}}, %{{.*}} : <[time:4], f32>, <[time:4, key(K):3], f32> -> <[time:4, key(K):3], f32>
  %scan = tile.recur %a, %k : !r, !k -> !k
  // CHECK: tile.recur %{{.*}}, %{{.*}} init %{{.*}} : !tile.t<[key(K):3], f32> reverse exclusive : <[time:4], f32>
  %after = tile.recur %a, %k init %f : !f reverse exclusive : !r, !k -> !k
  // CHECK: tile.recur %{{.*}}, %{{.*}} exclusive blocks 2 most 1.000000e+30 : <[time:4], f32>
  %blocks = tile.recur %a, %k exclusive blocks 2 most 1.0e+30 : !r, !k -> !k
  // CHECK: tile.solve %{{.*}}, %{{.*}} : <[time:4, source:4], f32>, <[time:4, value(V):2], f32> -> <[time:4, value(V):2], f32>
  %solve = tile.solve %p, %v : !p, !v -> !v
  // CHECK: tile.solve %{{.*}}, %{{.*}} transpose :
  %transposed = tile.solve %p, %v transpose : !p, !v -> !v
  // CHECK: tile.row %{{.*}}[3] : <[time:4, key(K):3], f32> -> <[key(K):3], f32>
  %row = tile.row %k[3] : !k -> !f
  // CHECK: tile.rename %{{.*}} "time" to "source" : <[time:4, value(V):2], f32> -> <[source:4, value(V):2], f32>
  %rename = tile.rename %v "time" to "source" : !v -> !w
  // CHECK: tile.split %{{.*}} "K" from 1 : <[time:4, key(K):3], f32> -> <[time:4, key(K):2], f32>
  %split = tile.split %k "K" from 1 : !k -> !tile.t<[time:4, key(K):2], f32>
  // CHECK: tile.join %{{.*}}, %{{.*}} along "K" : !tile.t<[time:4, key(K):3], f32>, !tile.t<[time:4, key(K):2], f32> -> <[time:4, key(K):5], f32>
  %join = tile.join %k, %split along "K" : !k, !tile.t<[time:4, key(K):2], f32> -> !tile.t<[time:4, key(K):5], f32>
  return
}

// CHECK-LABEL: func.func @axes
// CHECK-SAME: !tile.t<[seq:2, mix(n):3, free(d):4, key(value_of_time):5], f64>
func.func @axes(%a: !tile.t<[seq:2, mix(n):3, free(d):4, key(value_of_time):5], f64>) {
  return
}
