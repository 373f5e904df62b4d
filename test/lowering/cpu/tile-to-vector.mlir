// RUN: mix-opt %s --mix-stages="from=tile to=plan cpu=znver4" --mix-tile-to-vector | FileCheck %s
!state = !tile.t<[value(V):32, key(K):64], f32>
!keys = !tile.t<[time:16, key(K):64], f32>
!values = !tile.t<[time:16, value(V):32], f32>
!pairs = !tile.t<[time:16, source:16], f32>
!vec = !tile.tensor<token, [64], f32>
!out = !tile.tensor<token, [32], f32>
!mem = !tile.tensor<head, [32, 64], f32>

// The function takes tensors, strides, length and scratch; what it is stays with it.
// CHECK-LABEL: func.func @n_forward_kernel(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: !llvm.ptr)
// CHECK-SAME: tile.function = #tile.function<forward of "n" (input "q" : !tile.tensor<token, [64], f32>, initial "H" : !tile.tensor<head, [32, 64], f32>, output "y" : !tile.tensor<token, [32], f32>) scratch {{[0-9]+}}>
tile.kernel forward @n_forward of "n" (input "q", initial "H", output "y") {
^bb0(%q_in: !vec, %first: !mem, %y_out: !out):
  %start = tile.init %first : !mem -> !state
  // Full chunks run in a loop; the next rows are prefetched.
  // CHECK: scf.for
  // CHECK: memref.prefetch
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %q = tile.load %q_in : !vec -> !keys
    // Two panels of sixteen values; sixteen accumulators, one for every token of the chunk, stay in registers while k runs.
    // CHECK: scf.for {{.*}} to %c2
    // CHECK: scf.for {{.*}} to %c64{{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
    // CHECK-COUNT-16: vector.fma
    // CHECK: scf.yield
    %r = tile.contract %s, %q over ["K"] : !state, !keys -> !values
    tile.store %r, %y_out : !values, !out
    tile.yield %s : !state
  } -> !state
  // The last chunk runs once, if there is one, and stores its valid rows only.
  // CHECK: scf.if
  // CHECK: arith.cmpi ult
  // CHECK: vector.store
}
