// One conversion for all dialects at stage `vector`; loops are branches before.
// RUN: mix-opt %s --convert-scf-to-cf --mix-vector-to-llvm | FileCheck %s
// RUN: mix-opt %s --convert-scf-to-cf --mix-vector-to-llvm | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=IR

// A buffer is a bare pointer to a caller; inside, what is known of its descriptor is folded: an address is its base and
// an offset, and no descriptor is left.
// CHECK-LABEL: llvm.func @scale(%arg0: !llvm.ptr, %arg1: vector<8xf32>)
// CHECK-NOT:   insertvalue
// CHECK-NOT:   unrealized_conversion_cast
// CHECK:       llvm.icmp "slt" %{{.*}} : i64
// CHECK:       llvm.mul %{{.*}}, %{{.*}} : i64
// CHECK:       llvm.getelementptr %arg0[%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, f32
// CHECK:       llvm.fmul %{{.*}}, %arg1 : vector<8xf32>
// IR-LABEL:    define void @scale(ptr %0, <8 x float> %1)
func.func @scale(%rows: memref<16x8xf32>, %factor: vector<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  scf.for %i = %c0 to %c16 step %c1 {
    %row = vector.load %rows[%i, %c0] : memref<16x8xf32>, vector<8xf32>
    %product = arith.mulf %row, %factor : vector<8xf32>
    vector.store %product, %rows[%i, %c0] : memref<16x8xf32>, vector<8xf32>
  }
  return
}

// A kernel makes its own descriptors, and casts them.
// CHECK-LABEL: llvm.func @first(%arg0: !llvm.ptr) -> f32
// CHECK-NOT:     insertvalue
// CHECK:         %[[FIRST:.*]] = llvm.load %arg0 : !llvm.ptr -> f32
// CHECK-NEXT:    llvm.return %[[FIRST]] : f32
func.func @first(%pointer: !llvm.ptr) -> f32 {
  %none = llvm.mlir.poison : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %zero = llvm.mlir.constant(0 : i64) : i64
  %one = llvm.mlir.constant(1 : i64) : i64
  %0 = llvm.insertvalue %pointer, %none[0] : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %1 = llvm.insertvalue %pointer, %0[1] : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %2 = llvm.insertvalue %zero, %1[2] : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %3 = llvm.insertvalue %one, %2[3, 0] : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %4 = llvm.insertvalue %one, %3[4, 0] : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  %buffer = builtin.unrealized_conversion_cast %4 : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)> to memref<?xf32>
  %c0 = arith.constant 0 : index
  %value = memref.load %buffer[%c0] : memref<?xf32>
  return %value : f32
}

// The last rows of a panel: a mask that is known, and one that is not.
// CHECK-LABEL: llvm.func @masks
// CHECK-DAG:     dense<[true, true, true, false]> : vector<4xi1>
// CHECK-DAG:     dense<[0, 1, 2, 3]> : vector<4xi32>
// CHECK:         llvm.icmp "sgt" %{{.*}} : vector<4xi32>
func.func @masks(%n: index) -> (vector<4xi1>, vector<4xi1>) {
  %known = vector.constant_mask [3] : vector<4xi1>
  %mask = vector.create_mask %n : vector<4xi1>
  return %known, %mask : vector<4xi1>, vector<4xi1>
}
