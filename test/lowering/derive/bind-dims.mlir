// RUN: mix-opt %s --mix-bind-dims=bindings=K=4,V=6 | FileCheck %s

// Types, mix.dim and slices get numbers; declarations keep what was written.
// CHECK-LABEL: mix.mixer @m
// CHECK-SAME:  bindings = {K = 4 : i64, V = 6 : i64}
// CHECK:       mix.input "x" {mix.axes = ["1+K"]} : <[5], head>
// CHECK:       mix.constant 4.000000e+00 : <[], constant>
// CHECK:       mix.slice %{{.*}} from "1" : <[5], head> -> <[4], head>
// CHECK:       mix.state "h" {mix.axes = ["V", "K"]} : <[6, 4], head>
mix.mixer @m dims ["K", "V"] {
  %x = mix.input "x" : <[1+K], head>
  %n = mix.dim "K" : <[], constant>
  %p = mix.slice %x from "1" : <[1+K], head> -> <[K], head>
  %y = mix.binary mul %p, %n : <[K], head>, <[], constant>
  %h = mix.state "h" : <[V, K], head>
  mix.next "h", %h : <[V, K], head>
  mix.output "y", %y : <[K], head>
}

// What a mixer says itself holds where the option is silent, and other mixers' dims are none of its business.
// CHECK-LABEL: mix.mixer @defaults
// CHECK-SAME:  bindings = {K = 4 : i64, N = 8 : i64}
// CHECK:       mix.input "x" {mix.axes = ["K+N"]} : <[12], head>
mix.mixer @defaults dims ["K", "N"] attributes {bindings = {N = 8}} {
  %x = mix.input "x" : <[K+N], head>
  mix.output "y", %x : <[K+N], head>
}

// Padding that comes out empty is dropped.
// CHECK-LABEL: mix.mixer @padding
// CHECK-NOT:   mix.fill
// CHECK:       mix.concat %{{.*}} : !mix.t<[4], head>
mix.mixer @padding dims ["K", "N"] attributes {bindings = {K = 4, N = 4}} {
  %x = mix.input "x" : <[N], head>
  %zero = mix.constant 0.0 : <[], constant>
  %pad = mix.fill %zero : <[], constant> -> <[K-N], constant>
  %y = mix.concat %x, %pad : !mix.t<[N], head>, !mix.t<[K-N], constant>
  mix.output "y", %y : <[K], head>
}
