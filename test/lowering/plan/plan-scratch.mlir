// RUN: mix-opt %s --mix-plan-scratch | FileCheck %s
!rows = !tile.t<[time:4, key(K):16], f32>
!thin = !tile.t<[time:4, key(L):3], f32>
!vec = !tile.t<[key(K):16], f32>
!in = !tile.tensor<token, [16], f32>
!few = !tile.tensor<token, [3], f32>

// The carried tile and what has padding first, then what shares: the third has the place of the first, which nothing
// needs any more.
// CHECK-LABEL: tile.kernel forward @shared
// CHECK-SAME: scratch 832>
tile.kernel forward @shared of "n" (input "a", input "b", initial "H", output "y") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%a_in: !in, %b_in: !few, %first: !tile.tensor<head, [16], f32>, %y_out: !in):
  // CHECK: tile.init {{.*}}["K"] at 0>
  %start = tile.init %first {tile.plan = #tile.plan<stage 0, ["K"] memory>} : !tile.tensor<head, [16], f32> -> !vec
  %end = tile.chunks size 4 iter(%start : !vec) {
  ^bb0(%s: !vec):
    // CHECK: tile.load %arg0 {{.*}} at 320>
    %a = tile.load %a_in {tile.plan = #tile.plan<stage 0, ["time", "K"] memory>} : !in -> !rows
    // CHECK: tile.load %arg1 {{.*}} at 64>
    %b = tile.load %b_in {tile.plan = #tile.plan<stage 0, ["time", "L"] memory>} : !few -> !thin
    // CHECK: tile.map{{.*}} at 576>
    %c = tile.map (%a) {tile.plan = #tile.plan<stage 0, ["time", "K"] memory>} : (!rows) -> !rows {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
    // CHECK: tile.map{{.*}} at 320>
    %d = tile.map (%c) {tile.plan = #tile.plan<stage 0, ["time", "K"] memory>} : (!rows) -> !rows {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
    tile.store %d, %y_out {tile.plan = #tile.plan<stage 0>} : !rows, !in
    tile.yield %s : !vec
  } -> !vec
}

// Ops of an odd stage take turns panel by panel, so their tiles are all needed at once.
// CHECK-LABEL: tile.kernel forward @panels
// CHECK-SAME: scratch 1536>
tile.kernel forward @panels of "n" (input "a", output "y") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 32 by 16 lane "V" scratch 0>} {
^bb0(%a_in: !tile.tensor<token, [32], f32>, %y_out: !tile.tensor<token, [32], f32>):
  tile.chunks size 4 {
    // CHECK: tile.load {{.*}} at 0>
    %a = tile.load %a_in {tile.plan = #tile.plan<stage 1, ["time", "V"] memory>} : !tile.tensor<token, [32], f32> -> !tile.t<[time:4, value(V):32], f32>
    // CHECK: tile.map{{.*}} at 512>
    %b = tile.map (%a) {tile.plan = #tile.plan<stage 1, ["time", "V"] memory>} : (!tile.t<[time:4, value(V):32], f32>) -> !tile.t<[time:4, value(V):32], f32> {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
    // CHECK: tile.map{{.*}} at 1024>
    %c = tile.map (%b) {tile.plan = #tile.plan<stage 1, ["time", "V"] memory>} : (!tile.t<[time:4, value(V):32], f32>) -> !tile.t<[time:4, value(V):32], f32> {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
    tile.store %c, %y_out {tile.plan = #tile.plan<stage 1>} : !tile.t<[time:4, value(V):32], f32>, !tile.tensor<token, [32], f32>
  }
}
