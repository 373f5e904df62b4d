// RUN: mix-opt %s --mix-lower-math | FileCheck %s

// A float32 exp becomes a polynomial.
// CHECK-LABEL: func.func @exponential
// CHECK-NOT: math.exp
// CHECK: math.fma
func.func @exponential(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp %x : vector<16xf32>
  return %y : vector<16xf32>
}

// Of a power only its exp and log are left, and they are polynomials.
// CHECK-LABEL: func.func @power
// CHECK-NOT: math.powf
// CHECK-NOT: math.exp
func.func @power(%x: vector<16xf32>, %y: vector<16xf32>) -> vector<16xf32> {
  %z = math.powf %x, %y : vector<16xf32>
  return %z : vector<16xf32>
}

// One float64 stays: the C library computes it. Vectors of them are those of gates.
// CHECK-LABEL: func.func @of_params
// CHECK: math.exp
// CHECK: math.log1p
func.func @of_params(%x: f64, %z: vector<1xf64>) -> (f64, vector<1xf64>) {
  %y = math.exp %x : f64
  %w = math.log1p %z : vector<1xf64>
  return %y, %w : f64, vector<1xf64>
}

// A function of theirs is one of the library, one for a type.
// CHECK-LABEL: func.func @of_gates
// CHECK: call @mix.exp_8xf64
// CHECK: call @mix.exp_8xf64
// CHECK: call @mix.log1p_8xf64
// CHECK: call @mix.log_8xf64
func.func @of_gates(%x: vector<8xf64>) -> vector<8xf64> {
  %v = math.exp %x : vector<8xf64>
  %y = math.exp %v : vector<8xf64>
  %z = math.log1p %y : vector<8xf64>
  %w = math.log %z : vector<8xf64>
  return %w : vector<8xf64>
}

// A sine is a polynomial of what is left of the angle after whole quarters of a turn.
// CHECK-LABEL: func.func @sine
// CHECK-NOT: math.sin
// CHECK: %[[QUARTERS:.*]] = math.roundeven
// CHECK: math.fma %[[QUARTERS]]
// CHECK: %[[ANY:.*]] = vector.reduction <or>
// CHECK: scf.if %[[ANY]]
// CHECK: call @mix.far_angle_16xf32
// CHECK-NOT: math.sin
func.func @sine(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.sin %x : vector<16xf32>
  return %y : vector<16xf32>
}

// CHECK-LABEL: func.func @errors
// CHECK-NOT: math.erf
// CHECK-NOT: math.log1p
func.func @errors(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.erf %x : vector<16xf32>
  %z = math.erfc %y : vector<16xf32>
  %w = math.log1p %z : vector<16xf32>
  return %w : vector<16xf32>
}

// CHECK-DAG: func.func private @mix.exp_8xf64
// CHECK-DAG: func.func private @mix.log1p_8xf64
// CHECK-DAG: func.func private @mix.log_8xf64
// CHECK-DAG: func.func private @mix.far_angle_16xf32
// CHECK-DAG: arith.muli {{.*}} : vector<16xi64>
