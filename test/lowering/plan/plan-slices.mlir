// RUN: mix-opt %s --mix-plan-slices | FileCheck %s
!state = !tile.t<[value(V):64, key(K):32], f32>
!keys = !tile.t<[time:8, key(K):32], f32>
!values = !tile.t<[time:8, value(V):64], f32>
!rows = !tile.t<[time:8], f32>
!in = !tile.tensor<token, [64], f32>
!mem = !tile.tensor<head, [64, 32], f32>

// CHECK-LABEL: tile.kernel forward @normalised
tile.kernel forward @normalised of "n" (input "v", initial "H", output "y") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 32 lane "V" scratch 0>} {
^bb0(%v_in: !in, %first: !mem, %y_out: !in):
  // States are whole outside the loop over chunks.
  // CHECK: tile.init {{.*}}#tile.plan<stage 1, memory>
  %start = tile.init %first {tile.plan = #tile.plan<stage 1, memory>} : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  ^bb0(%s: !state):
    // A tile that a later stage uses is whole, and so is one without panels.
    // CHECK: tile.load {{.*}}#tile.plan<stage 1, memory>
    %v = tile.load %v_in {tile.plan = #tile.plan<stage 1, memory>} : !in -> !values
    // CHECK: tile.reduce {{.*}}#tile.plan<stage 1, memory>
    %sum = tile.reduce add %v over ["V"] {tile.plan = #tile.plan<stage 1, memory>} : !values -> !rows
    // One that its own stage alone uses is a panel at a time.
    // CHECK: tile.map{{.*}}#tile.plan<stage 3, sliced memory>
    %y = tile.map (%v, %sum) {tile.plan = #tile.plan<stage 3, memory>} : (!values, !rows) -> !values {
    ^bb0(%x: f32, %n: f32):
      %z = arith.divf %x, %n : f32
      tile.yield %z : f32
    }
    tile.store %y, %y_out {tile.plan = #tile.plan<stage 3>} : !values, !in
    tile.yield %s : !state
  } -> !state
}

// What steps carry stays one panel, and what is in place of it, too; else a tile of their body is one of its own.
// CHECK-LABEL: tile.kernel forward @steps
!channel = !tile.t<[value(V):64], f32>
tile.kernel forward @steps of "n" (input "v", initial "H", output "y") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 32 lane "V" scratch 0>} {
^bb0(%v_in: !in, %first: !tile.tensor<head, [64], f32>, %y_out: !in):
  %start = tile.init %first {tile.plan = #tile.plan<stage 1, memory>} : !tile.tensor<head, [64], f32> -> !channel
  %end = tile.chunks size 8 iter(%start : !channel) {
  ^bb0(%s: !channel):
    // CHECK: tile.load {{.*}}#tile.plan<stage 1, sliced memory>
    %v = tile.load %v_in {tile.plan = #tile.plan<stage 1, memory>} : !in -> !values
    // The end is carried on, so it is whole; what is stacked is stored in the same stage.
    // CHECK: tile.steps {{.*}}#tile.plan<stage 1, memory, sliced memory>
    %last:2 = tile.steps iter(%s : !channel) rows(%v : !values) attributes {tile.plan = #tile.plan<stage 1, memory, memory>} {
    ^bb0(%u: !channel, %row: !channel):
      // CHECK: tile.map{{.*}}#tile.plan<stage 1, in_place 0>
      %a = tile.map (%u, %row) {tile.plan = #tile.plan<stage 1, in_place 0>} : (!channel, !channel) -> !channel {
      ^bb0(%x: f32, %y: f32):
        %z = arith.addf %x, %y : f32
        tile.yield %z : f32
      }
      // CHECK: tile.map{{.*}}#tile.plan<stage 1, sliced memory>
      %b = tile.map (%a) {tile.plan = #tile.plan<stage 1, memory>} : (!channel) -> !channel {
      ^bb0(%x: f32):
        tile.yield %x : f32
      }
      tile.yield %a, %b : !channel, !channel
    } -> !channel, !values
    tile.store %last#1, %y_out {tile.plan = #tile.plan<stage 1>} : !values, !in
    tile.yield %last#0 : !channel
  } -> !channel
}
