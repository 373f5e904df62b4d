// RUN: mix-opt %s --mix-plan-cpu=cpu=znver4 | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: mix-opt %s --mix-plan-cpu=cpu=haswell | FileCheck %s --check-prefixes=CHECK,AVX2
!state = !tile.t<[value(V):64, key(K):32], f32>
!keys = !tile.t<[time:8, key(K):32], f32>
!values = !tile.t<[time:8, value(V):64], f32>
!rows = !tile.t<[time:8], f32>
!vec = !tile.tensor<token, [32], f32>
!out = !tile.tensor<token, [64], f32>
!mem = !tile.tensor<head, [64, 32], f32>

// A panel is as many vectors of values as there are accumulators for eight rows.
// CHECK-LABEL: tile.kernel forward @normalised
// WIDE-SAME: lanes = 16
// WIDE-SAME: panel = "V"
// WIDE-SAME: width = 32
// AVX2-SAME: lanes = 8
// AVX2-SAME: panel = "V"
// AVX2-SAME: width = 8
tile.kernel forward @normalised of "n" (input "q", input "k", input "v", initial "H", output "y") {
^bb0(%q_in: !vec, %k_in: !vec, %v_in: !out, %first: !mem, %y_out: !out):
  // The state lies value lanes last.
  // CHECK: tile.init {{.*}}layout = ["K", "V"]
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  ^bb0(%s: !state):
    %v = tile.load %v_in : !out -> !values
    %k = tile.load %k_in : !vec -> !keys
    %q = tile.load %q_in : !vec -> !keys
    // Key-side loads run before the panel loop, the others in it.
    // CHECK: tile.load %arg1 {{.*}}stage = 0
    // CHECK: tile.load %arg0 {{.*}}stage = 0
    // CHECK: tile.load %arg2 {{.*}}sliced, stage = 1
    // A tile that a later stage uses is whole.
    // CHECK: tile.contract {{.*}}layout = ["time", "V"], offset = {{[0-9]+}} : i64, stage = 1
    %r = tile.contract %s, %q over ["K"] : !state, !keys -> !values
    // CHECK: tile.reduce add {{.*}}stage = 1
    %sum = tile.reduce add %r over ["V"] : !values -> !rows
    // The new state overwrites the old one.
    // CHECK: tile.contract {{.*}}in_place = 0
    %next = tile.contract %v, %k acc %s : !state over ["time"] : !values, !keys -> !state
    // A sum over panels is complete after their loop: what uses it with panels runs in the next one.
    // CHECK: tile.map{{.*}}sliced, stage = 3
    %y = tile.map (%r, %sum) : (!values, !rows) -> !values {
    ^bb0(%x: f32, %n: f32):
      %z = arith.divf %x, %n : f32
      tile.yield %z : f32
    }
    // CHECK: tile.store {{.*}}stage = 3
    tile.store %y, %y_out : !values, !out
    tile.yield %next : !state
  } -> !state
}

// A state that is updated in place in the caller's memory keeps his layout: no copy.
// CHECK-LABEL: tile.kernel decode @decode
// CHECK: tile.init {{.*}}external, layout = ["V", "K"]
!one = !tile.t<[time:1, key(K):32], f32>
!wide = !tile.t<[time:1, value(V):64], f32>
tile.kernel decode @decode of "n" (input "q", state "H", output "y") {
^bb0(%q_in: !vec, %memory: !mem, %y_out: !out):
  %start = tile.init %memory : !mem -> !state
  %end = tile.chunks size 1 iter(%start : !state) {
  ^bb0(%s: !state):
    %q = tile.load %q_in : !vec -> !one
    %r = tile.contract %s, %q over ["K"] : !state, !one -> !wide
    tile.store %r, %y_out : !wide, !out
    tile.yield %s : !state
  } -> !state
  tile.final %end, %memory : !state, !mem
}
