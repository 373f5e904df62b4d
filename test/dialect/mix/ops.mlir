// Every op reads what it prints.
// RUN: mix-opt %s | mix-opt | FileCheck %s
// RUN: mix-opt %s --mlir-print-op-generic | mix-opt | FileCheck %s

// CHECK-LABEL: mix.mixer @ops dims ["K", "V"] {
mix.mixer @ops dims ["K", "V"] {
  // CHECK: %[[X:.*]] = mix.input "x" : <[K], head>
  %x = mix.input "x" : <[K], head>
  // CHECK: mix.input "g" in [0.000000e+00, 1.000000e+00] : <[K], group>
  %g = mix.input "g" in [0.0, 1.0] : <[K], group>
  %v = mix.input "v" : <[V], head>
  // CHECK: mix.param "p" in [0.000000e+00, 2.000000e+00] : <[], param>
  %p = mix.param "p" in [0.0, 2.0] : <[], param>
  // CHECK: mix.param "u" {per_group} : <[K], group_param>
  %u = mix.param "u" {per_group} : <[K], group_param>
  // CHECK: mix.state "H" : <[V, K], head>
  %h = mix.state "H" : <[V, K], head>
  // CHECK: mix.state "m" start 0xFFF0000000000000 : <[], head>
  %m = mix.state "m" start 0xFFF0000000000000 : <[], head>
  // CHECK: mix.state "S" {identity_start} : <[K, K], head>
  %s = mix.state "S" {identity_start} : <[K, K], head>

  // CHECK: mix.state "R" from "W0" : <[V, K], head>
  %r = mix.state "R" from "W0" : <[V, K], head>
  %w0 = mix.param "W0" : <[V, K], param>
  // CHECK: mix.input "f[2]" {mix.family = #mix.family<"f", 0 of 1>, mix.history = 4 : i64} : <[], head>
  %f = mix.input "f[2]" {mix.family = #mix.family<"f", 0 of 1>, mix.history = 4 : i64} : <[], head>
  // CHECK: mix.lag %{{.*}} by 4 : <[], head>
  %lag = mix.lag %f by 4 : <[], head>
  // CHECK: mix.end "H" : <[V, K], head>
  %end = mix.end "H" : <[V, K], head>

  // CHECK: mix.constant 5.000000e-01 : <[], constant>
  %half = mix.constant 0.5 : <[], constant>
  // CHECK: mix.dim "1+K" : <[], constant>
  %dim = mix.dim "1+K" : <[], constant>
  // CHECK: mix.identity : <[K, K], constant>
  %one = mix.identity : <[K, K], constant>
  // CHECK: mix.fill %{{.*}} : <[], constant> -> <[K], constant>
  %fill = mix.fill %half : <[], constant> -> <[K], constant>
  // CHECK: mix.unary softplus %[[X]] : <[K], head>
  %unary = mix.unary softplus %x : <[K], head>
  // CHECK: mix.binary logaddexp %[[X]], %{{.*}} : <[K], head>, <[], constant>
  %binary = mix.binary logaddexp %x, %half : <[K], head>, <[], constant>
  // CHECK: mix.binary less_equal %[[X]], %{{.*}} : <[K], head>, <[], constant>
  %condition = mix.binary less_equal %x, %half : <[K], head>, <[], constant>
  // CHECK: mix.select %{{.*}}, %{{.*}}, %[[X]] : <[K], head>, <[], constant>, <[K], head>
  %select = mix.select %condition, %half, %x : <[K], head>, <[], constant>, <[K], head>
  // CHECK: mix.column 1 of %{{.*}} : <[V, K], head>
  %column = mix.column 1 of %h : <[V, K], head>
  // CHECK: mix.transpose %{{.*}} : <[V, K], head>
  %transpose = mix.transpose %h : <[V, K], head>
  // CHECK: mix.diag %{{.*}} : <[K], group>
  %diag = mix.diag %g : <[K], group>
  // CHECK: mix.matmul %{{.*}}, %{{.*}} : <[V, K], head>, <[K, K], group>
  %product = mix.matmul %h, %diag : <[V, K], head>, <[K, K], group>
  // CHECK: mix.matmul %{{.*}}, %[[X]] : <[V, K], head>, <[K], head>
  %read = mix.matmul %h, %x : <[V, K], head>, <[K], head>
  // CHECK: mix.dot %[[X]], %{{.*}} : <[K], head>, <[K], group>
  %dot = mix.dot %x, %g : <[K], head>, <[K], group>
  // CHECK: mix.outer %{{.*}}, %[[X]] : <[V], head>, <[K], head>
  %outer = mix.outer %v, %x : <[V], head>, <[K], head>
  // CHECK: mix.reduce max %{{.*}} : <[V, K], head>
  %top = mix.reduce max %h : <[V, K], head>
  // CHECK: mix.concat %{{.*}}, %[[X]] : !mix.t<[], constant>, !mix.t<[K], head>
  %concat = mix.concat %half, %x : !mix.t<[], constant>, !mix.t<[K], head>
  // CHECK: mix.slice %{{.*}} from "1" : <[1+K], head> -> <[K], head>
  %slice = mix.slice %concat from "1" : <[1+K], head> -> <[K], head>
  // CHECK: mix.roll %[[X]] by -1 : <[K], head>
  %roll = mix.roll %x by -1 : <[K], head>
  // CHECK: mix.kron %[[X]], %{{.*}} : <[K], head>, <[V], head>
  %kron = mix.kron %x, %v : <[K], head>, <[V], head>

  // CHECK: mix.reshape %{{.*}} : <[K*V], head> -> <[K, V], head>
  %reshape = mix.reshape %kron : <[K*V], head> -> <[K, V], head>

  // CHECK: mix.next "H", %{{.*}} : <[V, K], head>
  mix.next "H", %outer : <[V, K], head>
  mix.next "m", %top : <[], head>
  mix.next "R", %r : <[V, K], head>
  mix.next "S", %one : <[K, K], constant>
  // CHECK: mix.output "y", %{{.*}} : <[K*V], head>
  mix.output "y", %kron : <[K*V], head>
}

// CHECK-LABEL: mix.mixer @bound dims ["K", "n"] attributes {bindings = {K = 128 : i64, n = 2 : i64}, require_chunked} {
mix.mixer @bound dims ["K", "n"] attributes {bindings = {K = 128, n = 2}, require_chunked} {
}
