// RUN: mix-opt %s --mix-plan-stages --mix-plan-layouts | FileCheck %s
!state = !tile.t<[value(V):64, key(K):32], f32>
!keys = !tile.t<[time:8, key(K):32], f32>
!values = !tile.t<[time:8, value(V):64], f32>
!pairs = !tile.t<[time:8, source:8], f32>
!in = !tile.tensor<token, [64], f32>
!vec = !tile.tensor<token, [32], f32>
!mem = !tile.tensor<head, [64, 32], f32>

// CHECK-LABEL: tile.kernel forward @chunk
tile.kernel forward @chunk of "n" (input "k", initial "H") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 32 lane "V" scratch 0>} {
^bb0(%k_in: !vec, %first: !mem):
  // The state lies value lanes last.
  // CHECK: tile.init {{.*}}["K", "V"] memory>
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 8 iter(%start : !state) {
  ^bb0(%s: !state):
    // CHECK: tile.load {{.*}}["time", "K"] memory>
    %k = tile.load %k_in : !vec -> !keys
    %l = tile.rename %k "time" to "source" : !keys -> !tile.t<[source:8, key(K):32], f32>
    // CHECK: tile.contract {{.*}}["time", "source"] memory>
    %p = tile.contract %k, %l over ["K"] mask lower : !keys, !tile.t<[source:8, key(K):32], f32> -> !pairs
    // A turned copy has the panel axis first.
    // CHECK: tile.map{{.*}}turned, ["V", "K"] memory>
    %t = tile.map (%s) {tile.plan = #tile.plan<turned>} : (!state) -> !state {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
    tile.yield %s : !state
  } -> !state
}

// A state that is updated in place in the caller's memory keeps his layout: no copy. So do matrices of params.
// CHECK-LABEL: tile.kernel decode @decode
tile.kernel decode @decode of "n" (param "W", state "H") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 64 by 16 lane "K" scratch 0>} {
^bb0(%w_in: !tile.tensor<head, [32, 16], f32>, %memory: !mem):
  // CHECK: tile.init {{.*}}["V", "K"] external>
  %start = tile.init %memory : !mem -> !state
  // CHECK: tile.load {{.*}}["K", "L"] external>
  %w = tile.load %w_in : !tile.tensor<head, [32, 16], f32> -> !tile.t<[key(K):32, key(L):16], f32>
  %end = tile.chunks size 1 iter(%start : !state) {
  ^bb0(%s: !state):
    tile.yield %s : !state
  } -> !state
  tile.final %end, %memory : !state, !mem
}
