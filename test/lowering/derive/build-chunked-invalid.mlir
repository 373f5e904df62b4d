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
  mix.next "h", %next {mix.stratum = 0 : i64} : <[3], head>
  mix.output "y", %h : <[3], head>
}

// -----

// The class decides which program is built; what does not fit it is no program.
mix.mixer @misclassified dims [] {
  %k = mix.input "k" : <[3], head>
  %v = mix.input "v" : <[4], head>
  %H = mix.state "H" : <[4, 3], head>
  %one = mix.constant 1.0 : <[], constant>
  // expected-error @+1 {{is said to be #mix.class<identity, affine>, and is #mix.class<identity, free>}}
  %r:2 = mix.component states(%H : <[4, 3], head>)
    reads(%k[0, 0] : <[3], head>)
    transition(%one[0, 0] : <[], constant>)
    gate()
    writes(%k[0, 0] : <[3], head>)
    class <identity, affine> phi(%r0: !mix.t<[4], head>) {
      mix.yield %v : !mix.t<[4], head>
    }
  mix.output "y", %r#0 : <[4], head>
}

// -----

// What steps together is known once normal forms are looked for.
mix.mixer @unnumbered dims [] {
  %x = mix.input "x" : <[3], head>
  %h = mix.state "h" : <[3], head>
  %next = mix.binary mul %x, %h : <[3], head>, <[3], head>
  // expected-error @+1 {{is of no stratum yet: run mix-build-components}}
  mix.next "h", %next : <[3], head>
  mix.output "y", %h : <[3], head>
}
