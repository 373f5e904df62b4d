// RUN: mix-opt %s --mix-plan-stages --mix-plan-in-place | FileCheck %s
!vec = !tile.t<[key(K):8], f32>
!keys = !tile.t<[time:4, key(K):8], f32>
!mem = !tile.tensor<head, [8], f32>
!in = !tile.tensor<token, [8], f32>

// CHECK-LABEL: tile.kernel forward @next
tile.kernel forward @next of "n" (input "k", initial "H", initial "G", output "y") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%k_in: !in, %first: !mem, %second: !mem, %y_out: !in):
  %h = tile.init %first : !mem -> !vec
  %g = tile.init %second : !mem -> !vec
  %ends:2 = tile.chunks size 4 iter(%h, %g : !vec, !vec) {
  ^bb0(%s: !vec, %t: !vec):
    // Nothing reads the old value afterwards, and this op entry by entry.
    // CHECK: tile.map{{.*}}#tile.plan<stage 0, in_place 0>
    %next = tile.map (%s) : (!vec) -> !vec {
    ^bb0(%x: f32):
      %y = arith.addf %x, %x : f32
      tile.yield %y : f32
    }
    // The old value is read afterwards.
    // CHECK: tile.map{{.*}}#tile.plan<stage 0, memory>
    %other = tile.map (%t) : (!vec) -> !vec {
    ^bb0(%x: f32):
      %y = arith.addf %x, %x : f32
      tile.yield %y : f32
    }
    %k = tile.load %k_in : !in -> !keys
    %both = tile.map (%k, %t) : (!keys, !vec) -> !keys {
    ^bb0(%x: f32, %y: f32):
      %z = arith.addf %x, %y : f32
      tile.yield %z : f32
    }
    tile.store %both, %y_out : !keys, !in
    tile.yield %next, %other : !vec, !vec
  } -> !vec, !vec
}

// Steps take over what they carry, and their body changes it where it lies; a sum over entries of the old value may not
// while it is overwritten.
// CHECK-LABEL: tile.kernel forward @steps
tile.kernel forward @steps of "n" (input "k", initial "H", initial "G") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%k_in: !in, %first: !mem, %second: !mem):
  %h = tile.init %first : !mem -> !vec
  %g = tile.init %second : !mem -> !vec
  %end:2 = tile.chunks size 4 iter(%h, %g : !vec, !vec) {
  ^bb0(%s: !vec, %t: !vec):
    %k = tile.load %k_in : !in -> !keys
    // CHECK: tile.steps {{.*}}#tile.plan<stage 0, in_place 0, in_place 1>
    %last:2 = tile.steps iter(%s, %t : !vec, !vec) rows(%k : !keys) {
    ^bb0(%u: !vec, %v: !vec, %row: !vec):
      // CHECK: tile.map{{.*}}#tile.plan<stage 0, in_place 0>
      %a = tile.map (%u, %row) : (!vec, !vec) -> !vec {
      ^bb0(%x: f32, %y: f32):
        %z = arith.addf %x, %y : f32
        tile.yield %z : f32
      }
      %l = tile.rename %v "K" to "L" : !vec -> !tile.t<[key(L):8], f32>
      %m = tile.contract %row, %l over [] : !vec, !tile.t<[key(L):8], f32> -> !tile.t<[key(K):8, key(L):8], f32>
      // CHECK: tile.contract {{.*}} over ["L"] {{.*}}#tile.plan<stage 0, memory>
      %b = tile.contract %m, %l over ["L"] : !tile.t<[key(K):8, key(L):8], f32>, !tile.t<[key(L):8], f32> -> !vec
      tile.yield %a, %b : !vec, !vec
    } -> !vec, !vec
    tile.yield %last#0, %last#1 : !vec, !vec
  } -> !vec, !vec
}
