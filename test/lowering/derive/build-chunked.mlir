// RUN: mix-opt %s --mix-bind-dims=bindings=K=8,V=12 --mix-build-chunked --canonicalize --cse | FileCheck %s
// RUN: mix-opt %s --mix-bind-dims=bindings=K=8,V=12 --mix-build-chunked=chunk=4 | FileCheck %s --check-prefix=FOUR
// RUN: mix-opt %s --mix-bind-dims=bindings=K=3,V=12 --mix-build-chunked | FileCheck %s --check-prefix=NARROW

// The gated delta rule: w = beta v - beta alpha r0 is one triangular solve, y = alpha r1 + (k'q) w one matmul over the
// chunk's tokens with alpha below and k'q on the diagonal of its matrix.
// FOUR: tile.chunks size 4
// CHECK-LABEL: tile.kernel forward @gated_delta_forward of "gated_delta"
// CHECK-SAME:  (input "q" per_group, input "k" per_group, input "v", input "alpha", input "beta", initial "H", output "y", final "H") as chunked
// CHECK:       tile.init %{{.*}} -> <[value(V):12, key(K):8], f32>
// CHECK:       tile.chunks size 16
// CHECK:       %[[ALPHA:.*]] = tile.load %{{.*}} : <token, [], f32> -> <[time:16], f32>
// CHECK:       %[[VALID:.*]] = tile.valid
// CHECK:       %[[A:.*]] = tile.select %[[VALID]], %[[ALPHA]], %{{.*}} : <[time:16], i1>, <[time:16], f32>, <[], f32>
// CHECK:       %[[BEFORE:.*]] = tile.recur %[[A]], {{.*}} exclusive : {{.*}} -> <[time:16], f32>
// CHECK:       %[[AFTER:.*]] = tile.recur %[[A]], {{.*}} reverse exclusive : {{.*}} -> <[time:16], f32>
// CHECK:       %[[WHOLE:.*]] = tile.reduce mul %[[A]] over ["time"]
// Between two tokens gates before the first are selected away.
// CHECK:       %[[LATER:.*]] = tile.map(%[[A]], {{.*}}) {{.*}} -> !tile.t<[time:16, source:16], f32>
// CHECK:       arith.select %{{.*}}, %{{.*}}, %cst
// CHECK:       %[[BETWEEN:.*]] = tile.recur %[[LATER]], {{.*}} exclusive : {{.*}} -> <[time:16, source:16], f32>
// What k is read and written along is selected, once, on the key side.
// CHECK:       %[[U:.*]] = tile.select %[[VALID]], %{{.*}} : <[time:16], i1>, <[time:16, key(K):8], f32>
// CHECK:       tile.contract {{.*}} over ["K"] mask strict {{.*}} -> <[time:16, source:16], f32>
// CHECK:       %[[B:.*]] = tile.contract %{{.*}}, %{{.*}} acc %{{.*}} over ["K"] : {{.*}} -> <[time:16, value(V):12], f32>
// CHECK:       %[[W:.*]] = tile.solve %{{.*}}, %[[B]]
// CHECK:       %[[WS:.*]] = tile.rename %[[W]] "time" to "source"
// CHECK:       %[[Y:.*]] = tile.contract %{{.*}}, %[[WS]] acc %{{.*}} over ["source"] mask lower
// CHECK:       tile.store %[[Y]]
// CHECK:       %[[KEPT:.*]] = tile.map(%[[WHOLE]], %{{.*}})
// CHECK:       %[[RU:.*]] = tile.map(%[[AFTER]], %[[U]])
// CHECK:       %[[S:.*]] = tile.contract %[[W]], %[[RU]] acc %[[KEPT]] : {{.*}} over ["time"]
// CHECK:       tile.yield %[[S]]
// CHECK:       tile.final
mix.mixer @gated_delta dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
  %beta = mix.input "beta" in [0.0, 2.0] : <[], head>
  %H = mix.state "H" : <[V, K], head>
  %bv = mix.binary mul %beta, %v : <[], head>, <[V], head>
  %ab = mix.binary mul %alpha, %beta : <[], head>, <[], head>
  %kq = mix.dot %k, %q : <[K], group>, <[K], group>
  %r:3 = mix.component states(%H : <[V, K], head>)
    reads(%k[0, 0] : <[K], group>, %q[1, 0] : <[K], group>)
    transition(%alpha[0, 0] : <[], head>)
    gate()
    writes(%k[0, 0] : <[K], group>)
    class <scalar, affine> phi(%r0: !mix.t<[V], head>, %r1: !mix.t<[V], head>) {
      %erased = mix.binary mul %ab, %r0 : <[], head>, <[V], head>
      %w = mix.binary sub %bv, %erased : <[V], head>, <[V], head>
      mix.yield %w : !mix.t<[V], head>
    }
  %kept = mix.binary mul %alpha, %r#1 : <[], head>, <[V], head>
  %new = mix.binary mul %kq, %r#2 : <[], group>, <[V], head>
  %y = mix.binary add %kept, %new : <[V], head>, <[V], head>
  mix.output "y", %y : <[V], head>
}

// The identity needs neither products nor a decayed state; a free write needs no solve.
// CHECK-LABEL: tile.kernel forward @linear_forward
// CHECK-NOT:   tile.recur
// CHECK-NOT:   tile.solve
// CHECK:       tile.chunks size 16 {{.*}} {
// CHECK-NEXT:  ^bb0(%[[S:.*]]: !tile.t
// CHECK:       tile.contract {{.*}} acc %[[S]] : {{.*}} over ["time"]
mix.mixer @linear dims ["K", "V"] {
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %one = mix.constant 1.0 : <[], constant>
  %r:2 = mix.component states(%H : <[V, K], head>)
    reads(%k[0, 0] : <[K], group>)
    transition(%one[0, 0] : <[], constant>)
    gate()
    writes(%k[0, 0] : <[K], group>)
    class <identity, free> phi(%r0: !mix.t<[V], head>) {
      mix.yield %v : !mix.t<[V], head>
    }
  mix.output "y", %r#0 : <[V], head>
}

// A decay along the key axis stays in the sum over keys: its products are key tiles, and the pairs come from one matmul
// for every level of halving.
// CHECK-LABEL: tile.kernel forward @gla_forward
// CHECK-SAME:  as chunked
// CHECK:       tile.chunks size 16
// CHECK:       tile.select {{.*}} -> <[time:16, key(K):{{[0-9]+}}], f32>
// CHECK-COUNT-4: tile.contract {{.*}} over ["K"] mask strict
// CHECK-NOT:   arith.divf
mix.mixer @gla dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %a = mix.input "a" in [0.0, 1.0] : <[K], head>
  %v = mix.input "v" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %r:2 = mix.component states(%H : <[V, K], head>)
    reads(%k[0, 0] : <[K], head>)
    transition(%a[0, 0] : <[K], head>)
    gate()
    writes(%k[0, 0] : <[K], head>)
    class <diagonal, free> phi(%r0: !mix.t<[V], head>) {
      mix.yield %v : !mix.t<[V], head>
    }
  mix.output "y", %r#0 : <[V], head>
}

// Two states that mix: the products of their 2 x 2 transitions are made token by token, on scalars; the state meets matmuls alone. M takes S and
// S takes nothing of M, so three of the four products are carried.
// CHECK-LABEL: tile.kernel forward @momentum_forward
// CHECK-SAME:  as chunked
// CHECK:       tile.chunks size 16
// CHECK:       %[[P:.*]]:6 = tile.steps iter({{.*}} : !tile.t<[], f32>, !tile.t<[], f32>, !tile.t<[], f32>)
// CHECK:       tile.contract %{{.*}} over ["K"] : {{.*}} -> <[time:16, value(V):12], f32>
// CHECK:       tile.steps iter({{.*}} : !tile.t<[source:16], f32>, !tile.t<[source:16], f32>, !tile.t<[source:16], f32>)
// CHECK:       tile.contract {{.*}} over ["source"] mask strict
// CHECK:       tile.steps {{.*}} reverse
mix.mixer @momentum dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %a = mix.input "a" in [0.0, 1.0] : <[], head>
  %v = mix.input "v" : <[V], head>
  %S = mix.state "S" : <[V, K], head>
  %M = mix.state "M" : <[V, K], head>
  %r:2 = mix.component states(%S : <[V, K], head>, %M : <[V, K], head>)
    reads(%k[0, 1] : <[K], head>)
    transition(%a[0, 0] : <[], head>, %a[1, 0] : <[], head>, %a[1, 1] : <[], head>)
    gate()
    writes(%k[0, 0] : <[K], head>)
    class <scalar, free> phi(%r0: !mix.t<[V], head>) {
      mix.yield %v : !mix.t<[V], head>
    }
  mix.output "y", %r#0 : <[V], head>
}

// A write that is no affine function of its read: substitution. The start of the read and the pairs are matmuls, the writes of earlier tokens are
// carried.
// CHECK-LABEL: tile.kernel forward @robust_forward
// CHECK-SAME:  as chunked
// CHECK:       %[[START:.*]] = tile.contract {{.*}} over ["K"] : {{.*}} -> <[time:16, value(V):12], f32>
// CHECK:       %[[PAIRS:.*]] = tile.contract {{.*}} over ["K"] mask strict
// CHECK:       %[[W:.*]]:2 = tile.steps iter(%{{.*}} : !tile.t<[source:16, value(V):12], f32>) rows({{.*}})
// CHECK:         tile.contract %{{.*}}, %{{.*}} acc %{{.*}} over ["source"] : {{.*}} -> <[value(V):12], f32>
// CHECK:         math.tanh
// CHECK:       tile.contract %[[W]]#1, %{{.*}} over ["time"]
mix.mixer @robust dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %one = mix.constant 1.0 : <[], constant>
  %H = mix.state "H" : <[V, K], head>
  %r:2 = mix.component states(%H : <[V, K], head>)
    reads(%k[0, 0] : <[K], head>)
    transition(%one[0, 0] : <[], constant>)
    gate()
    writes(%k[0, 0] : <[K], head>)
    class <identity, nonlinear> phi(%r0: !mix.t<[V], head>) {
      %error = mix.binary sub %v, %r0 : <[V], head>, <[V], head>
      %w = mix.unary tanh %error : <[V], head>
      mix.yield %w : !mix.t<[V], head>
    }
  mix.output "y", %r#1 : <[V], head>
}

// A state without normal form steps through the chunk; what it takes from the token alone is worked out before, what is made of it after.
// CHECK-LABEL: tile.kernel forward @scan_forward
// CHECK-SAME:  as stepped because "`h` has an update of no normal form"
// CHECK:       tile.chunks size 16
// CHECK:       math.tanh
// CHECK:       %[[H:.*]]:2 = tile.steps iter(%{{.*}} : !tile.t<[value(V):12], f32>) rows(%{{.*}}, %{{.*}} : !tile.t<[time:16, value(V):12], f32>, !tile.t<[time:16, value(V):12], f32>)
// CHECK-NOT:     math
// CHECK:         tile.yield
// CHECK:       tile.store %[[H]]#1
// CHECK:       tile.yield %[[H]]#0
mix.mixer @scan dims ["K", "V"] {
  %g = mix.input "g" in [0.0, 1.0] : <[V], head>
  %x = mix.input "x" : <[V], head>
  %h = mix.state "h" : <[V], head>
  %fx = mix.unary tanh %x : <[V], head>
  %gh = mix.binary mul %g, %h : <[V], head>, <[V], head>
  %next = mix.binary add %gh, %fx : <[V], head>, <[V], head>
  mix.next "h", %next {mix.stratum = 0 : i64} : <[V], head>
  mix.output "y", %next : <[V], head>
}

// A late read across the value axis: H' c, from the state and from the pairs of c with what was written.
// CHECK-LABEL: tile.kernel forward @across_forward
// CHECK:       tile.contract %{{.*}}, %{{.*}} over ["V"] : {{.*}} -> <[time:16, key(K):8], f32>
// CHECK:       tile.contract {{.*}} over ["V"] mask strict {{.*}} -> <[time:16, source:16], f32>
// CHECK:       tile.contract {{.*}} over ["source"] mask strict {{.*}} -> <[time:16, key(K):8], f32>
mix.mixer @across dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %c = mix.input "c" : <[V], head>
  %one = mix.constant 1.0 : <[], constant>
  %H = mix.state "H" : <[V, K], head>
  %w = mix.component states(%H : <[V, K], head>)
    reads()
    transition(%one[0, 0] : <[], constant>)
    gate()
    writes(%k[0, 0] : <[K], head>)
    class <identity, free> phi() {
      mix.yield %v : !mix.t<[V], head>
    }
  %turned = mix.transpose %H : <[V, K], head>
  %y = mix.matmul %turned, %c : <[K, V], head>, <[V], head>
  mix.output "y", %y : <[K], head>
}

// A delta rule erases all that was before within 2 K tokens; what only adds may have more.
// NARROW-LABEL: @gated_delta_forward
// NARROW:       tile.chunks size 4
// NARROW-LABEL: @linear_forward
// NARROW:       tile.chunks size 16
