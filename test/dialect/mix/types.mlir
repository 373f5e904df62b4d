// Dims are polynomials: equal ones are one type, whatever way they are written. A result's rate is that of its fastest operand.
// RUN: mix-opt %s | FileCheck %s

// CHECK-LABEL: @types
mix.mixer @types dims ["K", "V", "N"] {
  // CHECK: mix.input "a" : <[1+K+K*K], head>
  %a = mix.input "a" : !mix.t<[K*K + K + 1], head>
  // CHECK: mix.input "b" : <[1/2*N, -1+K], group>
  %b = mix.input "b" : !mix.t<[N/2, K-1], group>
  // CHECK: mix.input "c" : <[2*K*V], head>
  %c = mix.input "c" : !mix.t<[V*K + K*V], head>
  %e = mix.input "e" : !mix.t<[], group>
  %p = mix.param "p" : !mix.t<[], param>
  %2 = mix.constant 2.0 : <[], constant>
  // CHECK: mix.output "constant", %{{.*}} : <[], constant>
  %x0 = mix.unary neg %2 : <[], constant>
  mix.output "constant", %x0 : <[], constant>
  // CHECK: mix.output "param", %{{.*}} : <[], param>
  %x1 = mix.binary mul %2, %p : <[], constant>, <[], param>
  mix.output "param", %x1 : <[], param>
  // CHECK: mix.output "group", %{{.*}} : <[], group>
  %x2 = mix.binary mul %2, %e : <[], constant>, <[], group>
  mix.output "group", %x2 : <[], group>
  // A param differs between the heads of a group, a group's value between tokens.
  // CHECK: mix.output "head", %{{.*}} : <[], head>
  %x3 = mix.binary mul %p, %e : <[], param>, <[], group>
  mix.output "head", %x3 : <[], head>
}
