// RUN: mix-opt %s --mix-plan-stages | FileCheck %s
!state = !tile.t<[value(V):64, key(K):32], f32>
!keys = !tile.t<[time:8, key(K):32], f32>
!values = !tile.t<[time:8, value(V):64], f32>
!rows = !tile.t<[time:8], f32>
!vec = !tile.tensor<token, [32], f32>
!out = !tile.tensor<token, [64], f32>
!mem = !tile.tensor<head, [64, 32], f32>

// CHECK-LABEL: tile.kernel forward @normalised
tile.kernel forward @normalised of "n" (input "q", input "v", initial "H", output "y") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 32 lane "V" scratch 0>} {
^bb0(%q_in: !vec, %v_in: !out, %first: !mem, %y_out: !out):
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  ^bb0(%s: !state):
    // Ops are in order of their stages. Key-side ones run before the loop over panels.
    // CHECK: tile.load %arg0 {tile.plan = #tile.plan<stage 0, memory>}
    // CHECK: tile.contract {{.*}}#tile.plan<stage 1, memory>
    // CHECK: tile.reduce add {{.*}}#tile.plan<stage 1, memory>
    // What starts accumulators is fused with them.
    // CHECK: tile.map{{.*}}#tile.plan<stage 1 fused>
    // CHECK: tile.contract {{.*}}#tile.plan<stage 1, memory>
    // The values are loaded in the stage of their first use.
    // CHECK: tile.load %arg1 {tile.plan = #tile.plan<stage 3, memory>}
    %v = tile.load %v_in : !out -> !values
    %q = tile.load %q_in : !vec -> !keys
    %r = tile.contract %s, %q over ["K"] : !state, !keys -> !values
    // A sum over panels is complete after their loop: what uses it with panels runs in the next one.
    %sum = tile.reduce add %r over ["V"] : !values -> !rows
    // CHECK: tile.map{{.*}}#tile.plan<stage 3, memory>
    %y = tile.map (%v, %sum) : (!values, !rows) -> !values {
    ^bb0(%x: f32, %n: f32):
      %z = arith.divf %x, %n : f32
      tile.yield %z : f32
    }
    %less = tile.map (%s) : (!state) -> !state {
    ^bb0(%x: f32):
      %half = arith.constant 0.5 : f32
      %z = arith.mulf %x, %half : f32
      tile.yield %z : f32
    }
    %next = tile.contract %r, %q acc %less : !state over ["time"] : !values, !keys -> !state
    // CHECK: tile.store {{.*}}#tile.plan<stage 3>
    tile.store %y, %y_out : !values, !out
    tile.yield %next : !state
  } -> !state
}

// What renames the panel axis works on whole tiles, between the loops over panels; another rename needs no memory.
// CHECK-LABEL: tile.kernel forward @renamed
tile.kernel forward @renamed of "n" (input "v", initial "H") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 32 lane "V" scratch 0>} {
^bb0(%v_in: !out, %first: !mem):
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  ^bb0(%s: !state):
    // CHECK: tile.rename {{.*}}"K"{{.*}}#tile.plan<stage 1>
    %a = tile.rename %s "K" to "L" : !state -> !tile.t<[value(V):64, key(L):32], f32>
    // CHECK: tile.map{{.*}}#tile.plan<stage 1, memory>
    %m = tile.map (%s) : (!state) -> !state {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
    // CHECK: tile.rename {{.*}}"V"{{.*}}#tile.plan<stage 2, memory>
    %b = tile.rename %m "V" to "U" : !state -> !tile.t<[value(U):64, key(K):32], f32>
    tile.yield %s : !state
  } -> !state
}
