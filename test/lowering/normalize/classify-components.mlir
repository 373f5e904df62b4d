// RUN: mix-opt %s --mix-build-components --mix-classify-components | FileCheck %s

// Nothing fades, nothing read is written.
// CHECK-LABEL: mix.mixer @linear_attention
// CHECK:       class <identity, free>
mix.mixer @linear_attention dims ["K", "V"] {
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %vk = mix.outer %v, %k : <[V], head>, <[K], group>
  %next = mix.binary add %H, %vk : <[V, K], head>, <[V, K], head>
  %y = mix.matmul %next, %k : <[V, K], head>, <[K], group>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %y : <[V], head>
}

// Retention: a scalar that does not depend on the token.
// CHECK-LABEL: mix.mixer @retention
// CHECK:       transition(%gamma[0, 0] : <[], param>)
// CHECK:       class <scalar, free>
mix.mixer @retention dims ["K", "V"] {
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %gamma = mix.param "gamma" in [0.0, 1.0] : <[], param>
  %H = mix.state "H" : <[V, K], head>
  %kept = mix.binary mul %gamma, %H : <[], param>, <[V, K], head>
  %vk = mix.outer %v, %k : <[V], head>, <[K], group>
  %next = mix.binary add %kept, %vk : <[V, K], head>, <[V, K], head>
  %y = mix.matmul %next, %k : <[V, K], head>, <[K], group>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %y : <[V], head>
}

// w = v - H k: one triangle for all value channels.
// CHECK-LABEL: mix.mixer @delta_rule
// CHECK:       class <identity, affine>
mix.mixer @delta_rule dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %old = mix.matmul %H, %k : <[V, K], head>, <[K], head>
  %w = mix.binary sub %v, %old : <[V], head>, <[V], head>
  %wk = mix.outer %w, %k : <[V], head>, <[K], head>
  %next = mix.binary add %H, %wk : <[V, K], head>, <[V, K], head>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %old : <[V], head>
}

// w = b .* (v - H k) with b a vector: each value channel has its own triangle.
// CHECK-LABEL: mix.mixer @channels
// CHECK:       class <identity, channel>
mix.mixer @channels dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %b = mix.input "b" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %old = mix.matmul %H, %k : <[V, K], head>, <[K], head>
  %error = mix.binary sub %v, %old : <[V], head>, <[V], head>
  %w = mix.binary mul %b, %error : <[V], head>, <[V], head>
  %wk = mix.outer %w, %k : <[V], head>, <[K], head>
  %next = mix.binary add %H, %wk : <[V, K], head>, <[V, K], head>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %old : <[V], head>
}

// The same for a gate on the value axis, and here one on the key axis too.
// CHECK-LABEL: mix.mixer @gated_channels
// CHECK:       class <diagonal, channel, value_gate = true>
mix.mixer @gated_channels dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %e = mix.input "e" in [0.0, 1.0] : <[V], head>
  %s = mix.input "s" in [0.0, 1.0] : <[K], head>
  %H = mix.state "H" : <[V, K], head>
  %old = mix.matmul %H, %k : <[V, K], head>, <[K], head>
  %w = mix.binary sub %v, %old : <[V], head>, <[V], head>
  %G = mix.outer %e, %s : <[V], head>, <[K], head>
  %kept = mix.binary mul %G, %H : <[V, K], head>, <[V, K], head>
  %wk = mix.outer %w, %k : <[V], head>, <[K], head>
  %next = mix.binary add %kept, %wk : <[V, K], head>, <[V, K], head>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %old : <[V], head>
}

// w = tanh(v - H k)
// CHECK-LABEL: mix.mixer @nonlinear
// CHECK:       class <identity, nonlinear>
mix.mixer @nonlinear dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %old = mix.matmul %H, %k : <[V, K], head>, <[K], head>
  %error = mix.binary sub %v, %old : <[V], head>, <[V], head>
  %w = mix.unary tanh %error : <[V], head>
  %wk = mix.outer %w, %k : <[V], head>, <[K], head>
  %next = mix.binary add %H, %wk : <[V, K], head>, <[V, K], head>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %old : <[V], head>
}
