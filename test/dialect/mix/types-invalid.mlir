// RUN: mix-opt %s --verify-diagnostics --split-input-file

mix.mixer @no_polynomial dims ["K"] {
  // expected-error @+1 {{expected a dim: a polynomial over the mixer's symbols, such as 1+K+K*K}}
  %x = mix.input "x" : <[K K], head>
}

// -----

mix.mixer @no_rate dims ["K"] {
  // expected-error @+1 {{expected a rate: constant, param, group or head}}
  %x = mix.input "x" : <[K], token>
}

// -----

mix.mixer @three_dims dims ["K"] {
  // expected-error @+1 {{expected at most two dims}}
  %x = mix.input "x" : <[K, K, K], head>
}
