// The normal form of three kinds of component reads what it prints.
// RUN: mix-opt %s | mix-opt | FileCheck %s
// RUN: mix-opt %s --mlir-print-op-generic | mix-opt | FileCheck %s

// CHECK-LABEL: @gated_delta
mix.mixer @gated_delta dims ["K", "V"] {
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
  %h = mix.state "H" : <[V, K], head>
  // CHECK:      %[[C:.*]]:2 = mix.component states(%[[H:.*]] : <[V, K], head>)
  // CHECK-NEXT:   reads(%[[K:.*]][0, 0] : <[K], group>)
  // CHECK-NEXT:   transition(%[[A:.*]][0, 0] : <[], head>)
  // CHECK-NEXT:   gate()
  // CHECK-NEXT:   writes(%[[K]][0, 0] : <[K], group>)
  // CHECK-NEXT:   class <scalar, affine> phi(%[[R:.*]]: !mix.t<[V], head>) {
  // CHECK-NEXT:     %[[W:.*]] = mix.binary sub %{{.*}}, %[[R]] : <[V], head>, <[V], head>
  // CHECK-NEXT:     mix.yield %[[W]] : !mix.t<[V], head>
  %c:2 = mix.component states(%h : <[V, K], head>)
    reads(%k[0, 0] : <[K], group>) transition(%alpha[0, 0] : <[], head>) gate() writes(%k[0, 0] : <[K], group>)
    class <scalar, affine> phi(%r0: !mix.t<[V], head>) {
      %w0 = mix.binary sub %v, %r0 : <[V], head>, <[V], head>
      mix.yield %w0 : !mix.t<[V], head>
    }
  // CHECK: mix.output "y", %[[C]]#1 : <[V], head>
  mix.output "y", %c#1 : <[V], head>
}

// CHECK-LABEL: @turned_with_gate
mix.mixer @turned_with_gate dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %e = mix.input "e" : <[V], head>
  %h = mix.state "H" : <[K, V], head>
  // CHECK: transition(%[[K:.*]][0, 0] : <[K], head>)
  // CHECK: gate(%[[E:.*]] : <[V], head>)
  // CHECK: class <diagonal, free, value_gate = true> turned phi() {
  %c = mix.component states(%h : <[K, V], head>)
    reads() transition(%k[0, 0] : <[K], head>) gate(%e : <[V], head>) writes(%k[0, 0] : <[K], head>)
    class <diagonal, free, value_gate = true> turned phi() {
      mix.yield %e : !mix.t<[V], head>
    }
}

// CHECK-LABEL: @two_states_mixed
mix.mixer @two_states_mixed dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %a = mix.param "a" : <[], param>
  %s = mix.state "S" : <[V, K], head>
  %m = mix.state "M" : <[V, K], head>
  // CHECK: states(%[[S:.*]] : <[V, K], head>, %[[M:.*]] : <[V, K], head>)
  // CHECK: reads(%[[K:.*]][0, 1] : <[K], head>)
  // CHECK: transition(%[[A:.*]][0, 0] : <[], param>, %[[A]][1, 0] : <[], param>, %[[A]][1, 1] : <[], param>)
  // CHECK: writes(%[[K]][0, 0] : <[K], head>, %[[K]][0, 1] : <[K], head>)
  // CHECK: attributes {note = "kept"} phi(
  %c:2 = mix.component states(%s : <[V, K], head>, %m : <[V, K], head>)
    reads(%k[0, 1] : <[K], head>)
    transition(%a[0, 0] : <[], param>, %a[1, 0] : <[], param>, %a[1, 1] : <[], param>)
    gate()
    writes(%k[0, 0] : <[K], head>, %k[0, 1] : <[K], head>)
    attributes {note = "kept"} phi(%r: !mix.t<[V], head>) {
      mix.yield %r : !mix.t<[V], head>
    }
}

// CHECK-LABEL: @nothing_written
mix.mixer @nothing_written dims ["K"] {
  %a = mix.input "a" : <[K], head>
  %z = mix.state "z" : <[K], head>
  // CHECK: mix.component states(%{{.*}} : <[K], head>)
  // CHECK: phi() {
  // CHECK-NEXT: mix.yield
  mix.component states(%z : <[K], head>) reads() transition(%a[0, 0] : <[K], head>) gate() writes() phi() {
    mix.yield
  }
}

// Of two states one may be declared transposed.
// CHECK-LABEL: @one_of_two_turned
mix.mixer @one_of_two_turned dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %a = mix.input "a" : <[], head>
  %s = mix.state "S" : <[V, K], head>
  %m = mix.state "M" : <[K, V], head>
  // CHECK: writes()
  // CHECK-NEXT: turned [1] phi(
  %r = mix.component states(%s : <[V, K], head>, %m : <[K, V], head>) reads(%k[0, 1] : <[K], head>)
    transition(%a[0, 0] : <[], head>, %a[1, 0] : <[], head>) gate() writes() turned [1] phi(%r0: !mix.t<[V], head>) {
    mix.yield
  }
  // CHECK: mix.matmul %S
  %late = mix.matmul %s, %k : <[V, K], head>, <[K], head>
  mix.output "y", %r : <[V], head>
  mix.output "z", %late : <[V], head>
}
