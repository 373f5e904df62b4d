// Loop nests that are alike become one function; constants and the descriptors of tensors are made in it.
// RUN: mix-opt %s --split-input-file --mix-build-shared=from=0 | FileCheck %s

// CHECK-LABEL: func.func private @mix.shared_0(
// CHECK-SAME:    %[[FROM:.*]]: memref<64x8xf32>, %[[COUNT:.*]]: i64, %[[TO:.*]]: memref<64x8xf32>)
// CHECK-SAME:    llvm.linkage = #llvm.linkage<internal>
// CHECK:         arith.constant 64 : index
// CHECK:         scf.for
// CHECK:           vector.load %[[FROM]]
// CHECK:           arith.sitofp %[[COUNT]]
// CHECK:           vector.store %{{.*}}, %[[TO]]
// CHECK:         return
// CHECK-LABEL: func.func @alike(
// CHECK-SAME:    %[[A:.*]]: memref<64x8xf32>, %[[B:.*]]: memref<64x8xf32>, %[[C:.*]]: memref<64x8xf32>, %[[N:.*]]: i64, %[[M:.*]]: i64)
// CHECK-NOT:     scf.for
// CHECK:         call @mix.shared_0(%[[A]], %[[N]], %[[B]])
// CHECK-NEXT:    call @mix.shared_0(%[[B]], %[[M]], %[[C]])
// CHECK-NEXT:    return
func.func @alike(%a: memref<64x8xf32>, %b: memref<64x8xf32>, %c: memref<64x8xf32>, %n: i64, %m: i64) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.constant 64 : index
  scf.for %i = %zero to %end step %one {
    %x0 = vector.load %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
    %f = arith.sitofp %n : i64 to f32
    %s = vector.broadcast %f : f32 to vector<8xf32>
    %x1 = vector.fma %x0, %x0, %s : vector<8xf32>
    %x2 = vector.fma %x1, %x1, %s : vector<8xf32>
    %x3 = vector.fma %x2, %x2, %s : vector<8xf32>
    %x4 = vector.fma %x3, %x3, %s : vector<8xf32>
    %x5 = vector.fma %x4, %x4, %s : vector<8xf32>
    %x6 = vector.fma %x5, %x5, %s : vector<8xf32>
    %x7 = vector.fma %x6, %x6, %s : vector<8xf32>
    %x8 = vector.fma %x7, %x7, %s : vector<8xf32>
    %x9 = vector.fma %x8, %x8, %s : vector<8xf32>
    %x10 = vector.fma %x9, %x9, %s : vector<8xf32>
    %x11 = vector.fma %x10, %x10, %s : vector<8xf32>
    %x12 = vector.fma %x11, %x11, %s : vector<8xf32>
    %x13 = vector.fma %x12, %x12, %s : vector<8xf32>
    %x14 = vector.fma %x13, %x13, %s : vector<8xf32>
    %x15 = vector.fma %x14, %x14, %s : vector<8xf32>
    %x16 = vector.fma %x15, %x15, %s : vector<8xf32>
    %x17 = vector.fma %x16, %x16, %s : vector<8xf32>
    %y = vector.fma %x17, %x17, %x0 : vector<8xf32>
    vector.store %y, %b[%i, %zero] : memref<64x8xf32>, vector<8xf32>
  }
  scf.for %i = %zero to %end step %one {
    %x0 = vector.load %b[%i, %zero] : memref<64x8xf32>, vector<8xf32>
    %f = arith.sitofp %m : i64 to f32
    %s = vector.broadcast %f : f32 to vector<8xf32>
    %x1 = vector.fma %x0, %x0, %s : vector<8xf32>
    %x2 = vector.fma %x1, %x1, %s : vector<8xf32>
    %x3 = vector.fma %x2, %x2, %s : vector<8xf32>
    %x4 = vector.fma %x3, %x3, %s : vector<8xf32>
    %x5 = vector.fma %x4, %x4, %s : vector<8xf32>
    %x6 = vector.fma %x5, %x5, %s : vector<8xf32>
    %x7 = vector.fma %x6, %x6, %s : vector<8xf32>
    %x8 = vector.fma %x7, %x7, %s : vector<8xf32>
    %x9 = vector.fma %x8, %x8, %s : vector<8xf32>
    %x10 = vector.fma %x9, %x9, %s : vector<8xf32>
    %x11 = vector.fma %x10, %x10, %s : vector<8xf32>
    %x12 = vector.fma %x11, %x11, %s : vector<8xf32>
    %x13 = vector.fma %x12, %x12, %s : vector<8xf32>
    %x14 = vector.fma %x13, %x13, %s : vector<8xf32>
    %x15 = vector.fma %x14, %x14, %s : vector<8xf32>
    %x16 = vector.fma %x15, %x15, %s : vector<8xf32>
    %x17 = vector.fma %x16, %x16, %s : vector<8xf32>
    %y = vector.fma %x17, %x17, %x0 : vector<8xf32>
    vector.store %y, %c[%i, %zero] : memref<64x8xf32>, vector<8xf32>
  }
  return
}

// -----

// Another op, another constant; and what the first has twice, the second has not.
// CHECK-NOT:   call
// CHECK-LABEL: func.func @unlike(
// CHECK-NOT:     call
func.func @unlike(%a: memref<64x8xf32>, %b: memref<64x8xf32>, %c: memref<64x8xf32>, %n: i64, %m: i64) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %c63 = arith.constant 63 : index
  %end = arith.constant 64 : index
  scf.for %i = %zero to %end step %one {
    %x0 = vector.load %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
    %f = arith.sitofp %n : i64 to f32
    %s = vector.broadcast %f : f32 to vector<8xf32>
    %x1 = vector.fma %x0, %x0, %s : vector<8xf32>
    %x2 = vector.fma %x1, %x1, %s : vector<8xf32>
    %x3 = vector.fma %x2, %x2, %s : vector<8xf32>
    %x4 = vector.fma %x3, %x3, %s : vector<8xf32>
    %x5 = vector.fma %x4, %x4, %s : vector<8xf32>
    %x6 = vector.fma %x5, %x5, %s : vector<8xf32>
    %x7 = vector.fma %x6, %x6, %s : vector<8xf32>
    %x8 = vector.fma %x7, %x7, %s : vector<8xf32>
    %x9 = vector.fma %x8, %x8, %s : vector<8xf32>
    %x10 = vector.fma %x9, %x9, %s : vector<8xf32>
    %x11 = vector.fma %x10, %x10, %s : vector<8xf32>
    %x12 = vector.fma %x11, %x11, %s : vector<8xf32>
    %x13 = vector.fma %x12, %x12, %s : vector<8xf32>
    %x14 = vector.fma %x13, %x13, %s : vector<8xf32>
    %x15 = vector.fma %x14, %x14, %s : vector<8xf32>
    %x16 = vector.fma %x15, %x15, %s : vector<8xf32>
    %x17 = vector.fma %x16, %x16, %s : vector<8xf32>
    %y = vector.fma %x17, %x17, %x0 : vector<8xf32>
    vector.store %y, %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
  }
  scf.for %i = %zero to %end step %one {
    %x0 = vector.load %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
    %f = arith.sitofp %n : i64 to f32
    %s = vector.broadcast %f : f32 to vector<8xf32>
    %x1 = vector.fma %x0, %x0, %s : vector<8xf32>
    %x2 = vector.fma %x1, %x1, %s : vector<8xf32>
    %x3 = vector.fma %x2, %x2, %s : vector<8xf32>
    %x4 = vector.fma %x3, %x3, %s : vector<8xf32>
    %x5 = vector.fma %x4, %x4, %s : vector<8xf32>
    %x6 = vector.fma %x5, %x5, %s : vector<8xf32>
    %x7 = vector.fma %x6, %x6, %s : vector<8xf32>
    %x8 = vector.fma %x7, %x7, %s : vector<8xf32>
    %x9 = vector.fma %x8, %x8, %s : vector<8xf32>
    %x10 = vector.fma %x9, %x9, %s : vector<8xf32>
    %x11 = vector.fma %x10, %x10, %s : vector<8xf32>
    %x12 = vector.fma %x11, %x11, %s : vector<8xf32>
    %x13 = vector.fma %x12, %x12, %s : vector<8xf32>
    %x14 = vector.fma %x13, %x13, %s : vector<8xf32>
    %x15 = vector.fma %x14, %x14, %s : vector<8xf32>
    %x16 = vector.fma %x15, %x15, %s : vector<8xf32>
    %x17 = vector.fma %x16, %x16, %s : vector<8xf32>
    %y = vector.fma %x17, %x17, %x0 : vector<8xf32>
    vector.store %y, %b[%i, %zero] : memref<64x8xf32>, vector<8xf32>
  }
  scf.for %i = %zero to %end step %one {
    %x0 = vector.load %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
    %f = arith.sitofp %n : i64 to f32
    %s = vector.broadcast %f : f32 to vector<8xf32>
    %x1 = vector.fma %x0, %x0, %s : vector<8xf32>
    %x2 = vector.fma %x1, %x1, %s : vector<8xf32>
    %x3 = vector.fma %x2, %x2, %s : vector<8xf32>
    %x4 = vector.fma %x3, %x3, %s : vector<8xf32>
    %x5 = vector.fma %x4, %x4, %s : vector<8xf32>
    %x6 = vector.fma %x5, %x5, %s : vector<8xf32>
    %x7 = vector.fma %x6, %x6, %s : vector<8xf32>
    %x8 = vector.fma %x7, %x7, %s : vector<8xf32>
    %x9 = vector.fma %x8, %x8, %s : vector<8xf32>
    %x10 = vector.fma %x9, %x9, %s : vector<8xf32>
    %x11 = vector.fma %x10, %x10, %s : vector<8xf32>
    %x12 = vector.fma %x11, %x11, %s : vector<8xf32>
    %x13 = vector.fma %x12, %x12, %s : vector<8xf32>
    %x14 = vector.fma %x13, %x13, %s : vector<8xf32>
    %x15 = vector.fma %x14, %x14, %s : vector<8xf32>
    %x16 = vector.fma %x15, %x15, %s : vector<8xf32>
    %x17 = vector.fma %x16, %x16, %s : vector<8xf32>
    %y = arith.addf %x17, %x0 : vector<8xf32>
    vector.store %y, %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
  }
  scf.for %i = %zero to %c63 step %one {
    %x0 = vector.load %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
    %f = arith.sitofp %n : i64 to f32
    %s = vector.broadcast %f : f32 to vector<8xf32>
    %x1 = vector.fma %x0, %x0, %s : vector<8xf32>
    %x2 = vector.fma %x1, %x1, %s : vector<8xf32>
    %x3 = vector.fma %x2, %x2, %s : vector<8xf32>
    %x4 = vector.fma %x3, %x3, %s : vector<8xf32>
    %x5 = vector.fma %x4, %x4, %s : vector<8xf32>
    %x6 = vector.fma %x5, %x5, %s : vector<8xf32>
    %x7 = vector.fma %x6, %x6, %s : vector<8xf32>
    %x8 = vector.fma %x7, %x7, %s : vector<8xf32>
    %x9 = vector.fma %x8, %x8, %s : vector<8xf32>
    %x10 = vector.fma %x9, %x9, %s : vector<8xf32>
    %x11 = vector.fma %x10, %x10, %s : vector<8xf32>
    %x12 = vector.fma %x11, %x11, %s : vector<8xf32>
    %x13 = vector.fma %x12, %x12, %s : vector<8xf32>
    %x14 = vector.fma %x13, %x13, %s : vector<8xf32>
    %x15 = vector.fma %x14, %x14, %s : vector<8xf32>
    %x16 = vector.fma %x15, %x15, %s : vector<8xf32>
    %x17 = vector.fma %x16, %x16, %s : vector<8xf32>
    %y = vector.fma %x17, %x17, %x0 : vector<8xf32>
    vector.store %y, %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
  }
  return
}

// -----

// Two iterations: the call would count.
// CHECK-LABEL: func.func @short(
// CHECK-NOT:     call
func.func @short(%a: memref<64x8xf32>, %b: memref<64x8xf32>, %c: memref<64x8xf32>, %n: i64, %m: i64) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %end = arith.constant 64 : index
  scf.for %i = %zero to %two step %one {
    %x0 = vector.load %a[%i, %zero] : memref<64x8xf32>, vector<8xf32>
    %f = arith.sitofp %n : i64 to f32
    %s = vector.broadcast %f : f32 to vector<8xf32>
    %x1 = vector.fma %x0, %x0, %s : vector<8xf32>
    %x2 = vector.fma %x1, %x1, %s : vector<8xf32>
    %x3 = vector.fma %x2, %x2, %s : vector<8xf32>
    %x4 = vector.fma %x3, %x3, %s : vector<8xf32>
    %x5 = vector.fma %x4, %x4, %s : vector<8xf32>
    %x6 = vector.fma %x5, %x5, %s : vector<8xf32>
    %x7 = vector.fma %x6, %x6, %s : vector<8xf32>
    %x8 = vector.fma %x7, %x7, %s : vector<8xf32>
    %x9 = vector.fma %x8, %x8, %s : vector<8xf32>
    %x10 = vector.fma %x9, %x9, %s : vector<8xf32>
    %x11 = vector.fma %x10, %x10, %s : vector<8xf32>
    %x12 = vector.fma %x11, %x11, %s : vector<8xf32>
    %x13 = vector.fma %x12, %x12, %s : vector<8xf32>
    %x14 = vector.fma %x13, %x13, %s : vector<8xf32>
    %x15 = vector.fma %x14, %x14, %s : vector<8xf32>
    %x16 = vector.fma %x15, %x15, %s : vector<8xf32>
    %x17 = vector.fma %x16, %x16, %s : vector<8xf32>
    %y = vector.fma %x17, %x17, %x0 : vector<8xf32>
    vector.store %y, %b[%i, %zero] : memref<64x8xf32>, vector<8xf32>
  }
  scf.for %i = %zero to %two step %one {
    %x0 = vector.load %b[%i, %zero] : memref<64x8xf32>, vector<8xf32>
    %f = arith.sitofp %m : i64 to f32
    %s = vector.broadcast %f : f32 to vector<8xf32>
    %x1 = vector.fma %x0, %x0, %s : vector<8xf32>
    %x2 = vector.fma %x1, %x1, %s : vector<8xf32>
    %x3 = vector.fma %x2, %x2, %s : vector<8xf32>
    %x4 = vector.fma %x3, %x3, %s : vector<8xf32>
    %x5 = vector.fma %x4, %x4, %s : vector<8xf32>
    %x6 = vector.fma %x5, %x5, %s : vector<8xf32>
    %x7 = vector.fma %x6, %x6, %s : vector<8xf32>
    %x8 = vector.fma %x7, %x7, %s : vector<8xf32>
    %x9 = vector.fma %x8, %x8, %s : vector<8xf32>
    %x10 = vector.fma %x9, %x9, %s : vector<8xf32>
    %x11 = vector.fma %x10, %x10, %s : vector<8xf32>
    %x12 = vector.fma %x11, %x11, %s : vector<8xf32>
    %x13 = vector.fma %x12, %x12, %s : vector<8xf32>
    %x14 = vector.fma %x13, %x13, %s : vector<8xf32>
    %x15 = vector.fma %x14, %x14, %s : vector<8xf32>
    %x16 = vector.fma %x15, %x15, %s : vector<8xf32>
    %x17 = vector.fma %x16, %x16, %s : vector<8xf32>
    %y = vector.fma %x17, %x17, %x0 : vector<8xf32>
    vector.store %y, %c[%i, %zero] : memref<64x8xf32>, vector<8xf32>
  }
  return
}
