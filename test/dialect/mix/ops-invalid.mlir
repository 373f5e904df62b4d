// One case a constraint of the pure ops and declarations; the mixer is named after the label.
// RUN: mix-opt %s --verify-diagnostics --split-input-file

mix.mixer @input_c1 dims [] {
  // expected-error @+1 {{is of rate head or group (input_c1)}}
  %x = mix.input "x" : <[], param>
}

// -----

mix.mixer @input_c2 dims [] {
  // expected-error @+1 {{has an interval whose lower end is above its upper end (input_c2)}}
  %x = mix.input "x" in [1.0, 0.0] : <[], head>
}

// -----

mix.mixer @input_c2_one_end dims [] {
  // expected-error @+1 {{has one end of an interval, not both (input_c2)}}
  %x = "mix.input"() <{name = "x", lo = 1.0 : f64}> : () -> !mix.t<[], head>
}

// -----

mix.mixer @param_c1 dims [] {
  // expected-error @+1 {{is of rate param, or group_param if it is per group (param_c1)}}
  %x = mix.param "x" : <[], head>
}

// -----

mix.mixer @param_c2 dims [] {
  // expected-error @+1 {{has an interval whose lower end is above its upper end (param_c2)}}
  %x = mix.param "x" in [1.0, 0.0] : <[], param>
}

// -----

mix.mixer @state_c1 dims [] {
  // expected-error @+1 {{is of rate head or group (state_c1)}}
  %x = mix.state "x" : <[], constant>
}

// -----

mix.mixer @state_c2 dims ["K"] {
  // expected-error @+1 {{starts at a number or at the identity, not both (state_c2)}}
  %x = mix.state "x" start 1.0 {identity_start} : <[K, K], head>
}

// -----

mix.mixer @state_c3 dims ["K", "V"] {
  // expected-error @+1 {{starts at the identity, but is a matrix<K, V> (state_c3)}}
  %x = mix.state "x" {identity_start} : <[K, V], head>
}

// -----

mix.mixer @constant_c1 dims ["K"] {
  // expected-error @+1 {{is a scalar of rate constant (constant_c1)}}
  %x = mix.constant 1.0 : <[K], constant>
}

// -----

mix.mixer @dim_c1 dims ["K"] {
  // expected-error @+1 {{is a scalar of rate constant (dim_c1)}}
  %x = mix.dim "K" : <[], head>
}

// -----

mix.mixer @dim_c2 dims ["K"] {
  // expected-error @+1 {{'K+' is no dim (dim_c2)}}
  %x = mix.dim "K+" : <[], constant>
}

// -----

mix.mixer @identity_c1 dims ["K", "V"] {
  // expected-error @+1 {{is a square matrix, not a matrix<K, V> (identity_c1)}}
  %x = mix.identity : <[K, V], constant>
}

// -----

mix.mixer @identity_c2 dims ["K"] {
  // expected-error @+1 {{is of rate constant (identity_c2)}}
  %x = mix.identity : <[K, K], head>
}

// -----

mix.mixer @fill_c1 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{fills a vector or matrix with a scalar, not a vector<K> with a vector<K> (fill_c1)}}
  %y = mix.fill %x : <[K], head> -> <[K], head>
}

// -----

mix.mixer @fill_c2 dims ["K"] {
  %x = mix.input "x" : <[], head>
  // expected-error @+1 {{has its scalar's rate (fill_c2)}}
  %y = mix.fill %x : <[], head> -> <[K], constant>
}

// -----

mix.mixer @select_c1 dims ["K", "V"] {
  %x = mix.input "x" : <[K], head>
  %y = mix.input "y" : <[V], head>
  // expected-error @+1 {{mix.select by a vector<K> of a vector<V> and a vector<V> (select_c1)}}
  %z = mix.select %x, %y, %y : <[K], head>, <[V], head>, <[V], head>
}

// -----

mix.mixer @binary_c1 dims ["K", "V"] {
  %x = mix.input "x" : <[K], head>
  %y = mix.input "y" : <[V], head>
  // expected-error @+1 {{mix.binary of a vector<K> and a vector<V> (binary_c1)}}
  %z = mix.binary add %x, %y : <[K], head>, <[V], head>
}

// -----

mix.mixer @column_c1 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{mix.column of a vector<K> (column_c1)}}
  %y = mix.column 0 of %x : <[K], head>
}

// -----

mix.mixer @column_c2 dims ["K"] {
  %x = mix.input "x" : <[K, 2], head>
  // expected-error @+1 {{takes column 2 of a matrix<K, 2> (column_c2)}}
  %y = mix.column 2 of %x : <[K, 2], head>
  mix.output "y", %y : <[K], head>
}

// -----

mix.mixer @transpose_c1 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{mix.transpose of a vector<K> (transpose_c1)}}
  %y = mix.transpose %x : <[K], head>
}

// -----

mix.mixer @diag_c1 dims ["K"] {
  %x = mix.input "x" : <[K, K], head>
  // expected-error @+1 {{mix.diag of a matrix<K, K> (diag_c1)}}
  %y = mix.diag %x : <[K, K], head>
}

// -----

mix.mixer @matmul_c1 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{mix.matmul of a vector<K> and a vector<K> (matmul_c1)}}
  %y = mix.matmul %x, %x : <[K], head>, <[K], head>
}

// -----

mix.mixer @matmul_c2 dims ["K", "V"] {
  %x = mix.input "x" : <[K], head>
  %h = mix.input "h" : <[K, V], head>
  // expected-error @+1 {{mix.matmul of a matrix<K, V> and a vector<K>, but V is not K (matmul_c2)}}
  %y = mix.matmul %h, %x : <[K, V], head>, <[K], head>
}

// -----

mix.mixer @dot_c1 dims ["K", "V"] {
  %x = mix.input "x" : <[K], head>
  %y = mix.input "y" : <[V], head>
  // expected-error @+1 {{mix.dot of a vector<K> and a vector<V> (dot_c1)}}
  %z = mix.dot %x, %y : <[K], head>, <[V], head>
}

// -----

mix.mixer @outer_c1 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  %y = mix.input "y" : <[], head>
  // expected-error @+1 {{mix.outer of a vector<K> and a scalar (outer_c1)}}
  %z = mix.outer %x, %y : <[K], head>, <[], head>
}

// -----

mix.mixer @concat_c1 dims [] {
  // expected-error @+2 {{mix.concat of nothing (concat_c1)}}
  // expected-error @+1 {{failed to infer returned types}}
  %z = "mix.concat"() : () -> !mix.t<[0], head>
}

// -----

mix.mixer @concat_c2 dims ["K"] {
  %x = mix.input "x" : <[K, K], head>
  // expected-error @+1 {{mix.concat of a matrix<K, K> (concat_c2)}}
  %z = mix.concat %x : !mix.t<[K, K], head>
}

// -----

mix.mixer @slice_c1 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{takes a vector of a vector, at its rate (slice_c1)}}
  %z = mix.slice %x from "0" : <[K], head> -> <[], head>
}

// -----

mix.mixer @slice_c2 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{'K^2' is no dim (slice_c2)}}
  %z = mix.slice %x from "K^2" : <[K], head> -> <[1], head>
}

// -----

mix.mixer @slice_c3 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{reaches outside its vector<K> (slice_c3)}}
  %z = mix.slice %x from "K" : <[K], head> -> <[1], head>
}

// -----

mix.mixer @roll_c1 dims ["K"] {
  %x = mix.input "x" : <[K, K], head>
  // expected-error @+1 {{mix.roll of a matrix<K, K> (roll_c1)}}
  %z = mix.roll %x by 1 : <[K, K], head>
}

// -----

mix.mixer @kron_c1 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  %h = mix.input "h" : <[K, K], head>
  // expected-error @+1 {{mix.kron of a vector<K> and a matrix<K, K> (kron_c1)}}
  %z = mix.kron %x, %h : <[K], head>, <[K, K], head>
}

// -----

mix.mixer @reshape_c1 dims ["K"] {
  %x = mix.input "x" : <[K, K], head>
  // expected-error @+1 {{makes a vector of a matrix or a matrix of a vector, at its rate (reshape_c1)}}
  %z = mix.reshape %x : <[K, K], head> -> <[K, K], head>
}

// -----

mix.mixer @reshape_c2 dims ["K"] {
  %x = mix.input "x" : <[K], head>
  // expected-error @+1 {{makes a matrix<K, K> of a vector<K> (reshape_c2)}}
  %z = mix.reshape %x : <[K], head> -> <[K, K], head>
}

// -----

mix.mixer @lag_c1 dims ["K"] {
  %x = mix.input "x" {mix.history = 2 : i64} : <[K], head>
  // expected-error @+1 {{takes an input of at least one token ago (lag_c1)}}
  %z = mix.lag %x by 0 : <[K], head>
}

// -----

mix.mixer @lag_c1_input dims ["K"] {
  %x = mix.param "x" : <[K], param>
  // expected-error @+1 {{takes an input of at least one token ago (lag_c1)}}
  %z = mix.lag %x by 1 : <[K], param>
}

// -----

mix.mixer @lag_c2 dims ["K"] {
  %x = mix.input "x" {mix.history = 2 : i64} : <[K], head>
  // expected-error @+1 {{reaches 3 tokens back, and 'x' is remembered for 2 (lag_c2)}}
  %z = mix.lag %x by 3 : <[K], head>
}
