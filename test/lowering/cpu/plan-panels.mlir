// RUN: mix-opt %s --mix-plan-panels=cpu=znver4 | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: mix-opt %s --mix-plan-panels=cpu=haswell | FileCheck %s --check-prefixes=CHECK,AVX2
!state = !tile.t<[value(V):64, key(K):32], f32>
!mem = !tile.tensor<head, [64, 32], f32>

// A panel is as many vectors of values as there are accumulators for eight rows.
// CHECK-LABEL: tile.kernel forward @chunk
// WIDE-SAME: #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 32 lane "V" scratch 0>
// AVX2-SAME: #tile.kernel_plan<"haswell" lanes 8 panels "V" 64 by 8 lane "V" scratch 0>
tile.kernel forward @chunk of "n" (initial "H") {
^bb0(%first: !mem):
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  ^bb0(%s: !state):
    tile.yield %s : !state
  } -> !state
}

// In the caller's memory lanes are along his last axis; a panel is some rows.
// CHECK-LABEL: tile.kernel decode @decode
// CHECK-SAME: panels "V" 64 by 16 lane "K"
tile.kernel decode @decode of "n" (state "H") {
^bb0(%memory: !mem):
  %start = tile.init %memory : !mem -> !state
  %end = tile.chunks size 1 iter(%start : !state) {
  ^bb0(%s: !state):
    tile.yield %s : !state
  } -> !state
  tile.final %end, %memory : !state, !mem
}

// An axis that is cut has no panels.
// CHECK-LABEL: tile.kernel forward @cut
// WIDE-SAME: #tile.kernel_plan<"znver4" lanes 16 scratch 0>
tile.kernel forward @cut of "n" (initial "H") {
^bb0(%first: !mem):
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  ^bb0(%s: !state):
    %part = tile.split %s "V" from 32 : !state -> !tile.t<[value(V):32, key(K):32], f32>
    tile.yield %s : !state
  } -> !state
}
