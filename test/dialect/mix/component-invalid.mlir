// One case a constraint of mix.component; the mixer is named after the label.
// RUN: mix-opt %s --verify-diagnostics --split-input-file

mix.mixer @component_c1 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  // expected-error @+1 {{has no state (component_c1)}}
  mix.component states() reads() transition() gate() writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c1_input dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{holds distinct results of mix.state (component_c1)}}
  mix.component states(%k : <[K], head>) reads() transition() gate() writes() phi() {
    mix.yield
  }
  mix.next "H", %h : <[V, K], head>
}

// -----

mix.mixer @component_c1_twice dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{holds distinct results of mix.state (component_c1)}}
  mix.component states(%h : <[V, K], head>, %h : <[V, K], head>) reads() transition() gate() writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c2 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %z = mix.state "z" : <[K], head>
  // expected-error @+1 {{has states that share no value axis: matrix<V, K> and vector<K> (component_c2)}}
  mix.component states(%h : <[V, K], head>, %z : <[K], head>) reads() transition() gate() writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c3 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %z = mix.state "z" : <[K], head>
  mix.next "H", %h : <[V, K], head>
  // expected-error @+1 {{has states that are vectors or (turned or not) matrices (component_c3)}}
  mix.component states(%z : <[K], head>) reads() transition() gate() writes() turned phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c3_flags dims ["K", "V"] {
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{says of each of its states whether it is turned (component_c3)}}
  "mix.component"(%h) <{operandSegmentSizes = array<i32: 1, 0, 0, 0, 0>, read_index = array<i64>,
    transition_index = array<i64>, write_index = array<i64>, turned = array<i1>, num_reads = 0, num_writes = 0}> ({
    "mix.yield"() : () -> ()
  }) : (!mix.t<[V, K], head>) -> ()
}

// -----

mix.mixer @component_turns_what_it_has dims ["K", "V"] {
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{turns state 1 of 1}}
  mix.component states(%h : <[V, K], head>) reads() transition() gate() writes() turned [1] phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c4_range dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{has [0, 1] among its transition, of which there are 1 x 1 (component_c4)}}
  mix.component states(%h : <[V, K], head>) reads() transition(%s[0, 1] : <[], head>) gate() writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c4_twice dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{has [0, 0] twice among its transition (component_c4)}}
  mix.component states(%h : <[V, K], head>) reads() transition(%s[0, 0] : <[], head>, %s[0, 0] : <[], head>) gate() writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c4_pairs dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{has an index pair for each of its transition (component_c4)}}
  "mix.component"(%h, %s) <{operandSegmentSizes = array<i32: 1, 0, 1, 0, 0>, read_index = array<i64>,
      transition_index = array<i64: 0>, write_index = array<i64>, turned = array<i1: false>, num_reads = 0 : i64, num_writes = 0 : i64}> ({
    mix.yield
  }) : (!mix.t<[V, K], head>, !mix.t<[], head>) -> ()
}

// -----

mix.mixer @component_c5 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{reads and writes along vector<K>, not along a vector<V> (component_c5)}}
  %c = mix.component states(%h : <[V, K], head>) reads(%v[0, 0] : <[V], head>) transition() gate() writes() phi(%r: !mix.t<[V], head>) {
    mix.yield
  }
}

// -----

mix.mixer @component_c6 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{has a transition of scalars and vector<K>, not of a vector<V> (component_c6)}}
  mix.component states(%h : <[V, K], head>) reads() transition(%v[0, 0] : <[V], head>) gate() writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c7 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{has at most one gate, a vector of the value axis of matrix states (component_c7)}}
  mix.component states(%h : <[V, K], head>) reads() transition() gate(%k : <[K], head>) writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c8 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{has a phi of as many arguments as reads, that yields as many values as writes (component_c8)}}
  "mix.component"(%h) <{operandSegmentSizes = array<i32: 1, 0, 0, 0, 0>, read_index = array<i64>,
      transition_index = array<i64>, write_index = array<i64>, turned = array<i1: false>, num_reads = 1 : i64, num_writes = 0 : i64}> ({
    mix.yield
  }) : (!mix.t<[V, K], head>) -> ()
}

// -----

mix.mixer @component_c9 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{has reads and write values of vector<V>, not '!mix.t<[K], head>' (component_c9)}}
  %c = mix.component states(%h : <[V, K], head>) reads() transition() gate() writes(%k[0, 0] : <[K], head>) phi() {
    mix.yield %k : !mix.t<[K], head>
  }
}

// -----

mix.mixer @component_c10 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{results in its reads and then its write values, at their types (component_c10)}}
  %c = "mix.component"(%h, %k) <{operandSegmentSizes = array<i32: 1, 0, 0, 0, 1>, read_index = array<i64>,
      transition_index = array<i64>, write_index = array<i64: 0, 0>, turned = array<i1: false>, num_reads = 0 : i64, num_writes = 1 : i64}> ({
    mix.yield %v : !mix.t<[V], head>
  }) : (!mix.t<[V, K], head>, !mix.t<[K], head>) -> !mix.t<[K], head>
}

// -----

mix.mixer @component_c11 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %gate = mix.matmul %h, %k : <[V, K], head>, <[K], head>
  // expected-error @+1 {{has a direction, transition or gate that depends on its own states (component_c11)}}
  mix.component states(%h : <[V, K], head>) reads() transition() gate(%gate : <[V], head>) writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c12 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %c = mix.component states(%h : <[V, K], head>) reads() transition() gate() writes(%k[0, 0] : <[K], head>) phi() {
    // expected-error @+1 {{uses a state of a component, other than through its reads (component_c12)}}
    %r = mix.matmul %h, %k : <[V, K], head>, <[K], head>
    mix.yield %r : !mix.t<[V], head>
  }
}

// -----

mix.mixer @component_c13 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // expected-error @+1 {{has read 0 of rate group, but it changes per head (component_c13)}}
  %c = mix.component states(%h : <[V, K], head>) reads(%k[0, 0] : <[K], head>) transition() gate() writes() phi(%r: !mix.t<[V], group>) {
    mix.yield
  }
}

// -----

mix.mixer @component_c14 dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %g = mix.state "G" : <[V, K], group>
  mix.next "H", %h : <[V, K], head>
  // expected-error @+1 {{has states of rate group, and an update that changes faster (component_c14)}}
  mix.component states(%g : <[V, K], group>) reads() transition(%s[0, 0] : <[], head>) gate() writes() phi() {
    mix.yield
  }
}

// -----

mix.mixer @component_c12_other dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %h = mix.state "H" : <[K, K], head>
  %m = mix.state "M" : <[K, K], head>
  %r = mix.component states(%m : <[K, K], head>) reads(%k[0, 0] : <[K], head>) transition() gate() writes() phi(%r0: !mix.t<[K], head>) {
    mix.yield
  }
  %c:2 = mix.component states(%h : <[K, K], head>) reads(%k[0, 0] : <[K], head>) transition() gate()
    writes(%k[0, 0] : <[K], head>) phi(%r0: !mix.t<[K], head>) {
    // expected-error @+1 {{uses a state of a component, other than through its reads (component_c12)}}
    %w = mix.matmul %m, %r0 : <[K, K], head>, <[K], head>
    mix.yield %w : !mix.t<[K], head>
  }
}

// -----

mix.mixer @component_c5_side_by_side dims ["J", "K", "V"] {
  %k = mix.input "k" : <[K], head>
  %a = mix.state "A" : <[V, J], head>
  %b = mix.state "B" : <[V, K], head>
  // expected-error @+1 {{reads and writes along vector<J>, not along a vector<K> (component_c5)}}
  %r = mix.component states(%a : <[V, J], head>, %b : <[V, K], head>) reads(%k[0, 1] : <[K], head>, %k[0, 0] : <[K], head>)
    transition() gate() writes() phi(%r0: !mix.t<[V], head>) {
    mix.yield
  }
}

// -----

mix.mixer @component_c6_side_by_side dims ["J", "K", "V"] {
  %s = mix.input "s" : <[], head>
  %a = mix.state "A" : <[V, J], head>
  %b = mix.state "B" : <[V, K], head>
  // expected-error @+1 {{has a transition between states of vector<J> and vector<K> (component_c6)}}
  mix.component states(%a : <[V, J], head>, %b : <[V, K], head>) reads() transition(%s[1, 0] : <[], head>) gate() writes() phi() {
    mix.yield
  }
}
