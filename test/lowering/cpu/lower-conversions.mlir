// RUN: mix-opt %s --mix-lower-conversions=cpu=x86-64 | FileCheck %s --check-prefixes=CHECK,OLD
// RUN: mix-opt %s --mix-lower-conversions=cpu=haswell | FileCheck %s --check-prefixes=CHECK,F16C

// A bf16 is the upper half of a float32.
// CHECK-LABEL: func.func @from_bf16
// CHECK:       %[[H:.*]] = arith.bitcast %{{.*}} : vector<16xbf16> to vector<16xi16>
// CHECK:       %[[WIDE:.*]] = arith.extui %[[H]]
// CHECK:       %[[X:.*]] = arith.shli %[[WIDE]]
// CHECK:       arith.bitcast %[[X]] : vector<16xi32> to vector<16xf32>
func.func @from_bf16(%h: vector<16xbf16>) -> vector<16xf32> {
  %x = arith.extf %h : vector<16xbf16> to vector<16xf32>
  return %x : vector<16xf32>
}

// Rounding is integer arithmetic on every target.
// CHECK-LABEL: func.func @to_bf16
// CHECK-NOT:   arith.truncf
// CHECK:       arith.trunci %{{.*}} : i32 to i16
func.func @to_bf16(%x: f32) -> bf16 {
  %h = arith.truncf %x : f32 to bf16
  return %h : bf16
}

// f16 has instructions where there is F16C.
// CHECK-LABEL: func.func @f16
// OLD-NOT:     arith.extf
// OLD-NOT:     arith.truncf
// F16C:        arith.extf
// F16C:        arith.truncf
func.func @f16(%h: vector<8xf16>) -> vector<8xf16> {
  %x = arith.extf %h : vector<8xf16> to vector<8xf32>
  %y = arith.mulf %x, %x : vector<8xf32>
  %z = arith.truncf %y : vector<8xf32> to vector<8xf16>
  return %z : vector<8xf16>
}

// Float64 is another matter: it meets float32 alone.
// CHECK-LABEL: func.func @of_params
// CHECK:       arith.extf %{{.*}} : f32 to f64
func.func @of_params(%x: f32) -> f64 {
  %y = arith.extf %x : f32 to f64
  return %y : f64
}
