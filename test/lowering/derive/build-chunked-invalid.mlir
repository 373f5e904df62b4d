// RUN: mix-opt %s --mix-build-chunked --split-input-file --verify-diagnostics

mix.mixer @unbound dims ["K"] {
  // expected-error @+1 {{dim `K` has no number yet: run mix-bind-dims}}
  %x = mix.input "x" : <[K], head>
  mix.output "y", %x : <[K], head>
}

// -----

mix.mixer @sequential dims [] attributes {require_chunked} {
  %x = mix.input "x" : <[3], head>
  %h = mix.state "h" : <[3], head>
  %xh = mix.binary mul %x, %h : <[3], head>, <[3], head>
  %next = mix.unary tanh %xh : <[3], head>
  // expected-error @+1 {{`sequential` cannot be chunked, and it says `require chunked`; `h` has an update of no normal form}}
  mix.next "h", %next : <[3], head>
  mix.output "y", %h : <[3], head>
}
