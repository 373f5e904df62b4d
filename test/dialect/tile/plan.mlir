// RUN: mix-opt %s | mix-opt | FileCheck %s
// Plans in all forms, printed and parsed back.

!s = !tile.t<[key(K):3], f32>
!k = !tile.t<[time:4, key(K):3], f32>

// CHECK-LABEL: tile.kernel forward @whole
// CHECK-SAME: tile.plan = #tile.kernel_plan<"any" lanes 8 scratch 64>
tile.kernel forward @whole of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"any" lanes 8 scratch 64>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// CHECK-LABEL: tile.kernel forward @panels
// CHECK-SAME: tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 128 by 32 lane "K" scratch 4096>
tile.kernel forward @panels of "m" (input "x", initial "S", initial "T") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 128 by 32 lane "K" scratch 4096>} {
^bb0(%x: !tile.tensor<token, [3], f32>, %first: !tile.tensor<head, [3], f32>, %second: !tile.tensor<head, [3], f32>):
  // CHECK: tile.init {{.*}} {tile.plan = #tile.plan<stage 0, ["K"] external>}
  %h = tile.init %first {tile.plan = #tile.plan<stage 0, ["K"] external>} : !tile.tensor<head, [3], f32> -> !s
  // CHECK: tile.init {{.*}} {tile.plan = #tile.plan<stage 0, memory>}
  %g = tile.init %second {tile.plan = #tile.plan<stage 0, memory>} : !tile.tensor<head, [3], f32> -> !s
  %end:2 = tile.chunks size 4 iter(%h, %g : !s, !s) {
  ^bb0(%s: !s, %t: !s):
    // CHECK: tile.load {{.*}} {tile.plan = #tile.plan<stage 1, ["time", "K"] sliced at 128>}
    %k = tile.load %x {tile.plan = #tile.plan<stage 1, ["time", "K"] sliced at 128>} : !tile.tensor<token, [3], f32> -> !k
    // CHECK: tile.map{{.*}} {tile.plan = #tile.plan<stage 3 fused>}
    %f = tile.map(%s) {tile.plan = #tile.plan<stage 3 fused>} : (!s) -> !s {
    ^bb0(%n: f32):
      tile.yield %n : f32
    }
    // CHECK: tile.map{{.*}} {tile.plan = #tile.plan<stage 3 turned, ["K"] at 0>}
    %c = tile.map(%s) {tile.plan = #tile.plan<stage 3 turned, ["K"] at 0>} : (!s) -> !s {
    ^bb0(%n: f32):
      tile.yield %n : f32
    }
    // CHECK: tile.map{{.*}} {tile.plan = #tile.plan<turned>}
    %d = tile.map(%s) {tile.plan = #tile.plan<turned>} : (!s) -> !s {
    ^bb0(%n: f32):
      tile.yield %n : f32
    }
    // CHECK: tile.plan = #tile.plan<stage 5, ["K"] at 64 through 128, ["K"] sliced in_place 1>
    %last:2 = tile.steps iter(%s, %t : !s, !s) attributes {tile.plan = #tile.plan<stage 5, ["K"] at 64 through 128, ["K"] sliced in_place 1>} {
    ^bb0(%u: !s, %v: !s):
      tile.yield %v, %u : !s, !s
    } -> !s, !s
    tile.yield %last#0, %last#1 : !s, !s
  } -> !s, !s
}
