// RUN: mix-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: @folds
mix.mixer @folds dims ["N"] {
  // CHECK-DAG: %[[ONE_AND_HALF:.*]] = mix.constant 1.500000e+00
  // CHECK-DAG: %[[ZERO:.*]] = mix.constant 0.000000e+00
  // CHECK: %[[X:.*]] = mix.input "x"
  %x = mix.input "x" : <[N], head>
  // CHECK: %[[A:.*]] = mix.input "A"
  %a = mix.input "A" : <[N, N], head>
  %0 = mix.constant 0.0 : <[], constant>
  %1 = mix.constant 1.0 : <[], constant>
  %half = mix.constant 0.5 : <[], constant>
  %sum = mix.binary add %1, %half : <[], constant>, <[], constant>
  mix.output "constants", %sum : <[], constant>
  // CHECK: mix.output "constants", %[[ONE_AND_HALF]]

  %times1 = mix.binary mul %1, %x : <[], constant>, <[N], head>
  %plus0 = mix.binary add %times1, %0 : <[N], head>, <[], constant>
  %neg = mix.unary neg %plus0 : <[N], head>
  %pos = mix.unary neg %neg : <[N], head>
  // CHECK: mix.output "neutral", %[[X]]
  mix.output "neutral", %pos : <[N], head>

  %t = mix.transpose %a : <[N, N], head>
  %tt = mix.transpose %t : <[N, N], head>
  // CHECK: mix.output "turned twice", %[[A]]
  mix.output "turned twice", %tt : <[N, N], head>

  // CHECK: %[[NEG:.*]] = mix.unary neg %[[X]]
  // CHECK: %[[LOG:.*]] = mix.unary softplus %[[NEG]]
  // CHECK: %[[SCALED:.*]] = mix.binary mul %{{.*}}, %[[LOG]]
  // CHECK: %[[POWER:.*]] = mix.unary neg %[[SCALED]]
  // CHECK: %[[TEMPERED:.*]] = mix.unary exp %[[POWER]]
  // CHECK: mix.output "tempered", %[[TEMPERED]]
  %gate = mix.unary sigmoid %x : <[N], head>
  %tempered = mix.binary pow %gate, %half : <[N], head>, <[], constant>
  mix.output "tempered", %tempered : <[N], head>

  // A square is one product.
  // CHECK: %[[SQUARE:.*]] = mix.binary pow
  // CHECK: mix.output "squared", %[[SQUARE]]
  %two = mix.constant 2.0 : <[], constant>
  %squared = mix.binary pow %gate, %two : <[N], head>, <[], constant>
  mix.output "squared", %squared : <[N], head>

  // CHECK: %[[TIMES:.*]] = mix.binary mul %{{.*}}, %[[X]]
  // CHECK: %[[ROOT:.*]] = mix.unary exp %[[TIMES]]
  // CHECK: mix.output "root", %[[ROOT]]
  %e = mix.unary exp %x : <[N], head>
  %root = mix.binary pow %e, %half : <[N], head>, <[], constant>
  mix.output "root", %root : <[N], head>

  // x may be infinite.
  // CHECK: %[[Y:.*]] = mix.binary mul %[[X]], %[[ZERO]]
  // CHECK: mix.output "times zero", %[[Y]]
  %times0 = mix.binary mul %x, %0 : <[N], head>, <[], constant>
  mix.output "times zero", %times0 : <[N], head>

  // CHECK: %[[D:.*]] = mix.binary sub %[[X]], %[[Y]]
  // CHECK: mix.output "signs", %[[D]]
  %minus = mix.unary neg %times0 : <[N], head>
  %signs = mix.binary add %x, %minus : <[N], head>, <[N], head>
  mix.output "signs", %signs : <[N], head>
}
