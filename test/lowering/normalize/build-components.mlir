// RUN: mix-opt %s --mix-build-components | FileCheck %s

// Of what has no normal form.
// CHECK: #[[PLACE_OF_M:loc[0-9]*]] = loc("{{.*}}build-components.mlir":
// CHECK: #[[PLACE_OF_G:loc[0-9]*]] = loc("full_gate.mix":9:10)

// Linear attention: y_t = H_t q = H_{t-1} q + (k'q) v.
// CHECK-LABEL: mix.mixer @linear_attention
// CHECK:       %[[ONE:.*]] = mix.constant 1.0
// CHECK:       %[[KQ:.*]] = mix.dot %k, %q
// CHECK:       %[[KQV:.*]] = mix.binary mul %[[KQ]], %v
// CHECK:       %[[C:.*]]:2 = mix.component states(%H : <[V, K], head>)
// CHECK-NEXT:    reads(%q[0, 0] : <[K], group>)
// CHECK-NEXT:    transition(%[[ONE]][0, 0] : <[], constant>)
// CHECK-NEXT:    gate()
// CHECK-NEXT:    writes(%k[0, 0] : <[K], group>)
// CHECK-NEXT:    phi(%[[R:.*]]: !mix.t<[V], head>) {
// CHECK-NEXT:      mix.yield %v
// CHECK:       %[[Y:.*]] = mix.binary add %[[C]]#0, %[[KQV]]
// CHECK:       mix.output "y", %[[Y]]
mix.mixer @linear_attention dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %vk = mix.outer %v, %k : <[V], head>, <[K], group>
  %next = mix.binary add %H, %vk : <[V, K], head>, <[V, K], head>
  %y = mix.matmul %next, %q : <[V, K], head>, <[K], group>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %y : <[V], head>
}

// The gated delta rule is one write along the key, w = beta v - alpha beta H k. What reads H_t uses the write value.
// CHECK-LABEL: mix.mixer @gated_delta_rule
// CHECK:       %[[AB:.*]] = mix.binary mul %alpha, %beta
// CHECK:       %[[BV:.*]] = mix.binary mul %beta, %v
// CHECK:       %[[KQ:.*]] = mix.dot %k, %q
// CHECK:       %[[C:.*]]:3 = mix.component states(%H
// CHECK-NEXT:    reads(%k[0, 0] : <[K], group>, %q[1, 0] : <[K], group>)
// CHECK-NEXT:    transition(%alpha[0, 0] : <[], head>)
// CHECK-NEXT:    gate()
// CHECK-NEXT:    writes(%k[0, 0] : <[K], group>)
// CHECK-NEXT:    phi(%[[R0:.*]]: !mix.t<[V], head>, %{{.*}}: !mix.t<[V], head>) {
// CHECK-NEXT:      %[[OLD:.*]] = mix.binary mul %[[AB]], %[[R0]]
// CHECK-NEXT:      %[[W:.*]] = mix.binary sub %[[BV]], %[[OLD]]
// CHECK-NEXT:      mix.yield %[[W]]
// CHECK:       %[[KEPT:.*]] = mix.binary mul %alpha, %[[C]]#1
// CHECK:       %[[NEW:.*]] = mix.binary mul %[[KQ]], %[[C]]#2
// CHECK:       %[[Y:.*]] = mix.binary add %[[KEPT]], %[[NEW]]
// CHECK:       mix.output "y", %[[Y]]
mix.mixer @gated_delta_rule dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
  %beta = mix.input "beta" in [0.0, 2.0] : <[], head>
  %H = mix.state "H" : <[V, K], head>
  %I = mix.identity : <[K, K], constant>
  %kk = mix.outer %k, %k : <[K], group>, <[K], group>
  %bkk = mix.binary mul %beta, %kk : <[], head>, <[K, K], group>
  %erase = mix.binary sub %I, %bkk : <[K, K], constant>, <[K, K], head>
  %aH = mix.binary mul %alpha, %H : <[], head>, <[V, K], head>
  %kept = mix.matmul %aH, %erase : <[V, K], head>, <[K, K], head>
  %vk = mix.outer %v, %k : <[V], head>, <[K], group>
  %bvk = mix.binary mul %beta, %vk : <[], head>, <[V, K], head>
  %next = mix.binary add %kept, %bvk : <[V, K], head>, <[V, K], head>
  %y = mix.matmul %next, %q : <[V, K], head>, <[K], group>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %y : <[V], head>
}

// The delta rule of a state declared the other way round: (I - beta k k') H + beta k v'.
// CHECK-LABEL: mix.mixer @transposed_state
// CHECK:       %[[ONE:.*]] = mix.constant 1.0
// CHECK:       mix.component states(%H : <[K, V], head>)
// CHECK-NEXT:    reads(%k[0, 0] : <[K], head>, %q[1, 0] : <[K], head>)
// CHECK-NEXT:    transition(%[[ONE]][0, 0] : <[], constant>)
// CHECK-NEXT:    gate()
// CHECK-NEXT:    writes(%k[0, 0] : <[K], head>)
// CHECK-NEXT:    turned phi(
mix.mixer @transposed_state dims ["K", "V"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %beta = mix.input "beta" : <[], head>
  %H = mix.state "H" : <[K, V], head>
  %I = mix.identity : <[K, K], constant>
  %kk = mix.outer %k, %k : <[K], head>, <[K], head>
  %bkk = mix.binary mul %beta, %kk : <[], head>, <[K, K], head>
  %erase = mix.binary sub %I, %bkk : <[K, K], constant>, <[K, K], head>
  %kept = mix.matmul %erase, %H : <[K, K], head>, <[K, V], head>
  %kv = mix.outer %k, %v : <[K], head>, <[V], head>
  %bkv = mix.binary mul %beta, %kv : <[], head>, <[K, V], head>
  %next = mix.binary add %kept, %bkv : <[K, V], head>, <[K, V], head>
  %turned = mix.transpose %next : <[K, V], head>
  %y = mix.matmul %turned, %q : <[V, K], head>, <[K], head>
  mix.next "H", %next : <[K, V], head>
  mix.output "y", %y : <[V], head>
}

// A normaliser is a memory of one row: its read and its write value are scalars.
// CHECK-LABEL: mix.mixer @normaliser
// CHECK:       %[[ONE:.*]] = mix.constant 1.0
// CHECK:       mix.component states(%z : <[K], head>)
// CHECK-NEXT:    reads(%q[0, 0] : <[K], head>)
// CHECK-NEXT:    transition(%[[ONE]][0, 0] : <[], constant>)
// CHECK-NEXT:    gate()
// CHECK-NEXT:    writes(%k[0, 0] : <[K], head>)
// CHECK-NEXT:    phi(%{{.*}}: !mix.t<[], head>) {
// CHECK-NEXT:      mix.yield %[[ONE]] : !mix.t<[], constant>
mix.mixer @normaliser dims ["K"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %z = mix.state "z" : <[K], head>
  %next = mix.binary add %z, %k : <[K], head>, <[K], head>
  %y = mix.dot %q, %next : <[K], head>, <[K], head>
  mix.next "z", %next : <[K], head>
  mix.output "y", %y : <[], head>
}

// S[t] = eta S[t-1] + v k', M[t] = a M[t-1] + S[t]: M takes S whole, so they are one component. The output is one read of both.
// CHECK-LABEL: mix.mixer @momentum
// CHECK-DAG:   %[[EQ:.*]] = mix.binary mul %eta, %q
// CHECK-DAG:   %[[AQ:.*]] = mix.binary mul %a, %q
// CHECK:       mix.component states(%S : <[V, K], head>, %M : <[V, K], head>)
// CHECK-NEXT:    reads(%[[EQ]][0, 0] : <[K], head>, %[[AQ]][0, 1] : <[K], head>)
// CHECK-NEXT:    transition(%eta[0, 0] : <[], head>, %eta[1, 0] : <[], head>, %a[1, 1] : <[], head>)
// CHECK-NEXT:    gate()
// CHECK-NEXT:    writes(%k[0, 0] : <[K], head>, %k[0, 1] : <[K], head>)
// CHECK-NEXT:    phi(
// CHECK-NEXT:      mix.yield %v
mix.mixer @momentum dims ["K", "V"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %eta = mix.input "eta" : <[], head>
  %a = mix.input "a" : <[], head>
  %S = mix.state "S" : <[V, K], head>
  %M = mix.state "M" : <[V, K], head>
  %vk = mix.outer %v, %k : <[V], head>, <[K], head>
  %eS = mix.binary mul %eta, %S : <[], head>, <[V, K], head>
  %S1 = mix.binary add %eS, %vk : <[V, K], head>, <[V, K], head>
  %aM = mix.binary mul %a, %M : <[], head>, <[V, K], head>
  %M1 = mix.binary add %aM, %S1 : <[V, K], head>, <[V, K], head>
  %y = mix.matmul %M1, %q : <[V, K], head>, <[K], head>
  mix.next "S", %S1 : <[V, K], head>
  mix.next "M", %M1 : <[V, K], head>
  mix.output "y", %y : <[V], head>
}

// G = e s' gates both axes: e is the gate, s the transition.
// CHECK-LABEL: mix.mixer @gates_on_both_axes
// CHECK:       %[[SQ:.*]] = mix.binary mul %s, %q
// CHECK:       %[[C:.*]]:2 = mix.component states(%H : <[V, K], head>)
// CHECK-NEXT:    reads(%[[SQ]][0, 0] : <[K], head>)
// CHECK-NEXT:    transition(%s[0, 0] : <[K], head>)
// CHECK-NEXT:    gate(%e : <[V], head>)
// CHECK-NEXT:    writes(%k[0, 0] : <[K], head>)
// CHECK:       mix.binary mul %e, %[[C]]#0
mix.mixer @gates_on_both_axes dims ["K", "V"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" in [0.0, 1.0] : <[K], head>
  %e = mix.input "e" in [0.0, 1.0] : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %G = mix.outer %e, %s : <[V], head>, <[K], head>
  %kept = mix.binary mul %G, %H : <[V, K], head>, <[V, K], head>
  %vk = mix.outer %v, %k : <[V], head>, <[K], head>
  %next = mix.binary add %kept, %vk : <[V, K], head>, <[V, K], head>
  %y = mix.matmul %next, %q : <[V, K], head>, <[K], head>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %y : <[V], head>
}

// Two Householder factors: the second write reads the half-updated state as the old one plus the first write.
// CHECK-LABEL: mix.mixer @two_factors
// CHECK:       %[[ONE:.*]] = mix.constant 1.0
// CHECK:       %[[OVERLAP:.*]] = mix.dot %j, %k
// CHECK:       mix.component states(%H
// CHECK-NEXT:    reads(%j[0, 0] : <[K], head>, %k[1, 0] : <[K], head>)
// CHECK-NEXT:    transition(%[[ONE]][0, 0] : <[], constant>)
// CHECK-NEXT:    gate()
// CHECK-NEXT:    writes(%j[0, 0] : <[K], head>, %k[1, 0] : <[K], head>)
// CHECK-NEXT:    phi(%[[R0:.*]]: !mix.t<[V], head>, %[[R1:.*]]: !mix.t<[V], head>) {
// CHECK-NEXT:      %[[W0:.*]] = mix.binary sub %v, %[[R0]]
// CHECK-NEXT:      %[[OLD:.*]] = mix.unary neg %[[R1]]
// CHECK-NEXT:      %[[FIRST:.*]] = mix.binary mul %[[OVERLAP]], %[[W0]]
// CHECK-NEXT:      %[[W1:.*]] = mix.binary sub %[[OLD]], %[[FIRST]]
// CHECK-NEXT:      mix.yield %[[W0]], %[[W1]]
mix.mixer @two_factors dims ["K", "V"] {
  %j = mix.input "j" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %old = mix.matmul %H, %j : <[V, K], head>, <[K], head>
  %error = mix.binary sub %v, %old : <[V], head>, <[V], head>
  %first = mix.outer %error, %j : <[V], head>, <[K], head>
  %half = mix.binary add %H, %first : <[V, K], head>, <[V, K], head>
  %I = mix.identity : <[K, K], constant>
  %kk = mix.outer %k, %k : <[K], head>, <[K], head>
  %erase = mix.binary sub %I, %kk : <[K, K], constant>, <[K, K], head>
  %next = mix.matmul %half, %erase : <[V, K], head>, <[K, K], head>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %old : <[V], head>
}

// A scalar state is a scan; it stays, and is input to the memory behind it.
// CHECK-LABEL: mix.mixer @stabilised
// CHECK:       mix.next "m", %{{.*}} {mix.culprit = #[[PLACE_OF_M]], mix.sequential = "`m` is a scalar, not a memory that is read along vectors", mix.stratum = 0 : i64}
// CHECK:       mix.component states(%C
mix.mixer @stabilised dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %i = mix.input "i" : <[], head>
  %m = mix.state "m" : <[], head>
  %C = mix.state "C" : <[V, K], head>
  %m1 = mix.binary max %m, %i : <[], head>, <[], head>
  %d = mix.binary sub %m, %m1 : <[], head>, <[], head>
  %keep = mix.unary exp %d : <[], head>
  %kept = mix.binary mul %keep, %C : <[], head>, <[V, K], head>
  %vk = mix.outer %v, %k : <[V], head>, <[K], head>
  %C1 = mix.binary add %kept, %vk : <[V, K], head>, <[V, K], head>
  %y = mix.matmul %C1, %k : <[V, K], head>, <[K], head>
  mix.next "m", %m1 : <[], head>
  mix.next "C", %C1 : <[V, K], head>
  mix.output "y", %y : <[V], head>
}

// No normal form: the reason is in the user's terms, and its place is that of the term.
// CHECK-LABEL: mix.mixer @full_gate
// CHECK-NOT:   mix.component
// CHECK:       mix.next "H", %{{.*}} {mix.culprit = #[[PLACE_OF_G]], mix.help = "a gate `e * s'` with e : vector<V> and s : vector<K> can be chunked", mix.sequential = "`G .* H[t-1]` gates every entry of the state, in no rank-one form"
mix.mixer @full_gate dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %G = mix.input "G" : <[V, K], head>
  %H = mix.state "H" : <[V, K], head>
  %kept = mix.binary mul %G, %H : <[V, K], head>, <[V, K], head> loc("full_gate.mix":9:10)
  %vk = mix.outer %v, %k : <[V], head>, <[K], head>
  %next = mix.binary add %kept, %vk : <[V, K], head>, <[V, K], head>
  %y = mix.matmul %next, %k : <[V, K], head>, <[K], head>
  mix.next "H", %next : <[V, K], head>
  mix.output "y", %y : <[V], head>
}
