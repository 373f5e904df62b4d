// One case a constraint of mix.mixer; the mixer is named after the label.
// RUN: mix-opt %s --verify-diagnostics --split-input-file

// expected-error @+1 {{declares dim 'K' twice (mixer_c1)}}
mix.mixer @mixer_c1 dims ["K", "K"] {
}

// -----

// expected-error @+1 {{'K*K' cannot be the name of a dim (mixer_c1)}}
mix.mixer @mixer_c1_name dims ["K*K"] {
}

// -----

// expected-error @+1 {{binds 'V', but a binding is of a declared dim to a positive integer (mixer_c2)}}
mix.mixer @mixer_c2 dims ["K"] attributes {bindings = {V = 3}} {
}

// -----

// expected-error @+1 {{binds 'K', but a binding is of a declared dim to a positive integer (mixer_c2)}}
mix.mixer @mixer_c2_positive dims ["K"] attributes {bindings = {K = 0}} {
}

// -----

mix.mixer @mixer_c3 dims ["K"] {
  // expected-error @+1 {{is not of the mix dialect (mixer_c3)}}
  %x = arith.constant 1.0 : f32
}

// -----

mix.mixer @mixer_c4 dims ["K"] {
  // expected-error @+1 {{uses dim 'V', which its mixer does not declare (mixer_c4)}}
  %x = mix.input "x" : <[V], head>
}

// -----

mix.mixer @mixer_c4_number dims ["K"] {
  // expected-error @+1 {{uses dim 'V', which its mixer does not declare (mixer_c4)}}
  %x = mix.dim "1+V" : <[], constant>
}

// -----

mix.mixer @mixer_c5 dims [] {
  // expected-note @+1 {{first declared here}}
  %x = mix.input "x" : <[], head>
  // expected-error @+1 {{declares 'x' a second time (mixer_c5)}}
  %y = mix.param "x" : <[], param>
}

// -----

mix.mixer @mixer_c6 dims [] {
  %x = mix.input "x" : <[], head>
  // expected-error @+1 {{'H' is no state declared above (mixer_c6)}}
  mix.next "H", %x : <[], head>
}

// -----

mix.mixer @mixer_c7 dims ["K"] {
  %x = mix.input "x" : <[], head>
  %h = mix.state "H" : <[K], head>
  // expected-error @+1 {{gives 'H', a vector<K>, a scalar (mixer_c7)}}
  mix.next "H", %x : <[], head>
}

// -----

mix.mixer @mixer_c8 dims [] {
  %x = mix.input "x" : <[], head>
  %h = mix.state "H" : <[], group>
  // expected-error @+1 {{gives 'H' a value that changes faster than it (mixer_c8)}}
  mix.next "H", %x : <[], head>
}

// -----

mix.mixer @mixer_c9_none dims [] {
  // expected-error @+1 {{'H' has no update (mixer_c9)}}
  %h = mix.state "H" : <[], head>
}

// -----

mix.mixer @mixer_c9_two dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{'H' has more than one update (mixer_c9)}}
  %h = mix.state "H" : <[K], head>
  mix.next "H", %x : <[K], head>
  mix.component states(%h : <[K], head>) reads() transition() gate() writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @mixer_c10 dims ["K"] {
  %k = mix.input "k" : <[K], head>
  // expected-error @+1 {{starts from 'k', which is no param (mixer_c10)}}
  %h = mix.state "H" from "k" : <[K], head>
  mix.next "H", %h : <[K], head>
}

// -----

mix.mixer @mixer_c10_rate dims ["K"] {
  %p = mix.param "p" : <[K], param>
  // expected-error @+1 {{starts from 'p', which is not of its shape, or differs between its heads (mixer_c10)}}
  %h = mix.state "H" from "p" : <[K], group>
  mix.next "H", %h : <[K], group>
}

// -----

mix.mixer @mixer_c11 dims ["K"] {
  // expected-error @+1 {{is of a family of 2, of which 1 are there (mixer_c11)}}
  %a = mix.input "k[1]" {mix.family = #mix.family<"k", 0 of 2>} : <[K], head>
}

// -----

mix.mixer @mixer_c11_alike dims ["K"] {
  %a = mix.input "k[1]" {mix.family = #mix.family<"k", 0 of 2>} : <[K], head>
  // expected-error @+1 {{does not fit the family 'k' (mixer_c11)}}
  %b = mix.input "k[2]" {mix.family = #mix.family<"k", 1 of 2>} : <[], head>
}

// -----

mix.mixer @mixer_c12 dims ["K"] {
  // expected-error @+1 {{'H' is no state of this type declared above (mixer_c12)}}
  %e = mix.end "H" : <[K], head>
}

// -----

mix.mixer @mixer_c12_update dims ["K"] {
  %h = mix.state "H" : <[K], head>
  %e = mix.end "H" : <[K], head>
  %n = mix.unary neg %e : <[K], head>
  // expected-error @+1 {{needs the end of a state to update one (mixer_c12)}}
  mix.next "H", %n : <[K], head>
}
