// RUN: mix-opt %s --mix-build-turned | FileCheck %s
!state = !tile.t<[value(V):64, key(K):32], f32>
!keys = !tile.t<[time:8, key(K):32], f32>
!values = !tile.t<[time:8, value(V):64], f32>
!pairs = !tile.t<[time:8, source:8], f32>
!sources = !tile.t<[source:8, value(V):64], f32>
!out = !tile.tensor<token, [64], f32>
!mem = !tile.tensor<head, [64, 32], f32>

// Sums over V, along which lanes are, read one copy of the state. Rows of tokens are read as they lie.
// CHECK-LABEL: tile.kernel backward @sums
tile.kernel backward @sums of "n" (input "v", initial "H") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 32 lane "V" scratch 0>} {
^bb0(%v_in: !out, %first: !mem):
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  // CHECK: ^bb0(%[[S:.*]]: !tile.t<[value
  ^bb0(%s: !state):
    // CHECK: %[[V:.*]] = tile.load
    %v = tile.load %v_in : !out -> !values
    // CHECK: %[[COPY:.*]] = tile.map(%[[S]]) {tile.plan = #tile.plan<turned>}
    // CHECK: tile.contract %[[V]], %[[COPY]] over ["V"]
    %r = tile.contract %v, %s over ["V"] : !values, !state -> !keys
    // CHECK-NOT: turned
    // CHECK: tile.contract %[[COPY]], %[[V]] over ["V"]
    %q = tile.contract %s, %v over ["V"] : !state, !values -> !keys
    %w = tile.rename %v "time" to "source" : !values -> !sources
    // CHECK: tile.contract %[[V]], %{{.*}} over ["V"]
    %p = tile.contract %v, %w over ["V"] mask lower : !values, !sources -> !pairs
    tile.yield %s : !state
  } -> !state
}

// Where lanes are along another axis, they do not meet in such a sum.
// CHECK-LABEL: tile.kernel decode @lanes
// CHECK-NOT: turned
tile.kernel decode @lanes of "n" (input "v", state "H") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 16 lane "K" scratch 0>} {
^bb0(%v_in: !out, %first: !mem):
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  ^bb0(%s: !state):
    %v = tile.load %v_in : !out -> !values
    %r = tile.contract %v, %s over ["V"] : !values, !state -> !keys
    tile.yield %s : !state
  } -> !state
}
