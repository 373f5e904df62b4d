// RUN: mix-opt %s --mix-bind-dims=bindings=K=5 --split-input-file --verify-diagnostics

// expected-error @+1 {{dim `V` of mixer `unbound` has no number; give it one: -D V=64}}
mix.mixer @unbound dims ["K", "V"] {
  %x = mix.input "x" : <[V], head>
  mix.output "y", %x : <[V], head>
}

// -----

mix.mixer @half dims ["K"] {
  // expected-error @+1 {{dim `1/2*K` is no whole number where K = 5; a positive whole number is expected}}
  %x = mix.input "x" : <[1/2*K], head>
  mix.output "y", %x : <[1/2*K], head>
}

// -----

mix.mixer @negative dims ["K"] {
  // expected-error @+1 {{dim `-7+K` is -2 where K = 5; a positive whole number is expected}}
  %x = mix.input "x" : <[K-7], head>
  mix.output "y", %x : <[K-7], head>
}
