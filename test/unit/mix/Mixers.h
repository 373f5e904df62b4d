// Mixers as text, in equations and in normal form, that several tests run.
#ifndef MIXC_TEST_UNIT_MIX_MIXERS_H
#define MIXC_TEST_UNIT_MIX_MIXERS_H

namespace mixc::mix {

// H[t] = gamma * H[t-1] + v * k'     y[t] = H[t] * q
inline constexpr const char *kRetention = R"(
mix.mixer @retention dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %g = mix.param "gamma" in [0.0, 1.0] : <[], param>
  %h = mix.state "H" : <[V, K], head>
  %kept = mix.binary mul %g, %h : <[], param>, <[V, K], head>
  %write = mix.outer %v, %k : <[V], head>, <[K], group>
  %new = mix.binary add %kept, %write : <[V, K], head>, <[V, K], head>
  mix.next "H", %new : <[V, K], head>
  %y = mix.matmul %new, %q : <[V, K], head>, <[K], group>
  mix.output "y", %y : <[V], head>
}
)";

// The gated delta rule: H[t] = alpha * H[t-1] * (I - beta * k * k') + beta * v * k'
inline constexpr const char *kGatedDelta = R"(
mix.mixer @gated_delta dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
  %beta = mix.input "beta" in [0.0, 2.0] : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %kept = mix.binary mul %alpha, %h : <[], head>, <[V, K], head>
  %one = mix.identity : <[K, K], constant>
  %bk = mix.binary mul %beta, %k : <[], head>, <[K], group>
  %kk = mix.outer %bk, %k : <[K], head>, <[K], group>
  %erase = mix.binary sub %one, %kk : <[K, K], constant>, <[K, K], head>
  %erased = mix.matmul %kept, %erase : <[V, K], head>, <[K, K], head>
  %bv = mix.binary mul %beta, %v : <[], head>, <[V], head>
  %write = mix.outer %bv, %k : <[V], head>, <[K], group>
  %new = mix.binary add %erased, %write : <[V, K], head>, <[V, K], head>
  mix.next "H", %new : <[V, K], head>
  %y = mix.matmul %new, %q : <[V, K], head>, <[K], group>
  mix.output "y", %y : <[V], head>
}
)";

// The same, but I - beta k k' goes through x ^ 1, which makes it dense: H times it is a product of full matrices.
inline constexpr const char *kGatedDeltaDense = R"(
mix.mixer @gated_delta dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
  %beta = mix.input "beta" in [0.0, 2.0] : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %kept = mix.binary mul %alpha, %h : <[], head>, <[V, K], head>
  %one = mix.identity : <[K, K], constant>
  %bk = mix.binary mul %beta, %k : <[], head>, <[K], group>
  %kk = mix.outer %bk, %k : <[K], head>, <[K], group>
  %erase = mix.binary sub %one, %kk : <[K, K], constant>, <[K, K], head>
  %1 = mix.constant 1.0 : <[], constant>
  %dense = mix.binary pow %erase, %1 : <[K, K], head>, <[], constant>
  %erased = mix.matmul %kept, %dense : <[V, K], head>, <[K, K], head>
  %bv = mix.binary mul %beta, %v : <[], head>, <[V], head>
  %write = mix.outer %bv, %k : <[V], head>, <[K], group>
  %new = mix.binary add %erased, %write : <[V, K], head>, <[V, K], head>
  mix.next "H", %new : <[V, K], head>
  %y = mix.matmul %new, %q : <[V, K], head>, <[K], group>
  mix.output "y", %y : <[V], head>
}
)";

// Its normal form: r0 = H k, r1 = H q, w0 = beta (v - alpha r0), H <- alpha H + w0 k', y = alpha r1 + (k'q) w0
inline constexpr const char *kGatedDeltaComponent = R"(
mix.mixer @gated_delta dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
  %beta = mix.input "beta" in [0.0, 2.0] : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %c:3 = mix.component states(%h : <[V, K], head>)
    reads(%k[0, 0] : <[K], group>, %q[1, 0] : <[K], group>)
    transition(%alpha[0, 0] : <[], head>)
    gate()
    writes(%k[0, 0] : <[K], group>)
    class <scalar, affine> phi(%r0: !mix.t<[V], head>, %r1: !mix.t<[V], head>) {
      %kept = mix.binary mul %alpha, %r0 : <[], head>, <[V], head>
      %left = mix.binary sub %v, %kept : <[V], head>, <[V], head>
      %w = mix.binary mul %beta, %left : <[], head>, <[V], head>
      mix.yield %w : !mix.t<[V], head>
    }
  %old = mix.binary mul %alpha, %c#1 : <[], head>, <[V], head>
  %kq = mix.dot %k, %q : <[K], group>, <[K], group>
  %added = mix.binary mul %kq, %c#2 : <[], group>, <[V], head>
  %y = mix.binary add %old, %added : <[V], head>, <[V], head>
  mix.output "y", %y : <[V], head>
}
)";

// The same normal form of a state that is declared transposed: matrix<K, V>
inline constexpr const char *kGatedDeltaTurned = R"(
mix.mixer @gated_delta dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
  %beta = mix.input "beta" in [0.0, 2.0] : <[], head>
  %h = mix.state "H" : <[K, V], head>
  %c:3 = mix.component states(%h : <[K, V], head>)
    reads(%k[0, 0] : <[K], group>, %q[1, 0] : <[K], group>)
    transition(%alpha[0, 0] : <[], head>)
    gate()
    writes(%k[0, 0] : <[K], group>)
    class <scalar, affine> turned phi(%r0: !mix.t<[V], head>, %r1: !mix.t<[V], head>) {
      %kept = mix.binary mul %alpha, %r0 : <[], head>, <[V], head>
      %left = mix.binary sub %v, %kept : <[V], head>, <[V], head>
      %w = mix.binary mul %beta, %left : <[], head>, <[V], head>
      mix.yield %w : !mix.t<[V], head>
    }
  %old = mix.binary mul %alpha, %c#1 : <[], head>, <[V], head>
  %kq = mix.dot %k, %q : <[K], group>, <[K], group>
  %added = mix.binary mul %kq, %c#2 : <[], group>, <[V], head>
  %y = mix.binary add %old, %added : <[V], head>, <[V], head>
  mix.output "y", %y : <[V], head>
}
)";

// A gate on both axes: H[t] = (e * s') .* H[t-1] + v * k'
inline constexpr const char *kTwoGates = R"(
mix.mixer @two_gates dims ["K", "V"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %s = mix.input "s" in [0.0, 1.0] : <[K], head>
  %e = mix.input "e" in [0.0, 1.0] : <[V], head>
  %v = mix.input "v" : <[V], head>
  %h = mix.state "H" : <[V, K], head>
  %gate = mix.outer %e, %s : <[V], head>, <[K], head>
  %kept = mix.binary mul %gate, %h : <[V, K], head>, <[V, K], head>
  %write = mix.outer %v, %k : <[V], head>, <[K], head>
  %new = mix.binary add %kept, %write : <[V, K], head>, <[V, K], head>
  mix.next "H", %new : <[V, K], head>
  %y = mix.matmul %new, %q : <[V, K], head>, <[K], head>
  mix.output "y", %y : <[V], head>
}
)";

// r0 = H (s .* q), y = e .* r0 + (k'q) v
inline constexpr const char *kTwoGatesComponent = R"(
mix.mixer @two_gates dims ["K", "V"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %s = mix.input "s" in [0.0, 1.0] : <[K], head>
  %e = mix.input "e" in [0.0, 1.0] : <[V], head>
  %v = mix.input "v" : <[V], head>
  %h = mix.state "H" : <[V, K], head>
  %sq = mix.binary mul %s, %q : <[K], head>, <[K], head>
  %c:2 = mix.component states(%h : <[V, K], head>) reads(%sq[0, 0] : <[K], head>) transition(%s[0, 0] : <[K], head>)
    gate(%e : <[V], head>) writes(%k[0, 0] : <[K], head>)
    class <diagonal, free, value_gate = true> phi(%r0: !mix.t<[V], head>) {
      mix.yield %v : !mix.t<[V], head>
    }
  %old = mix.binary mul %e, %c#0 : <[V], head>, <[V], head>
  %kq = mix.dot %k, %q : <[K], head>, <[K], head>
  %added = mix.binary mul %kq, %c#1 : <[], head>, <[V], head>
  %y = mix.binary add %old, %added : <[V], head>, <[V], head>
  mix.output "y", %y : <[V], head>
}
)";

// Momentum: S[t] = eta * S[t-1] - theta * (M[t-1] * k - v) * k'    M[t] = a * M[t-1] + S[t]    y[t] = M[t] * q
inline constexpr const char *kMomentum = R"(
mix.mixer @momentum dims ["K", "V"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %a = mix.input "a" in [0.0, 1.0] : <[], head>
  %eta = mix.input "eta" in [0.0, 1.0] : <[], head>
  %theta = mix.input "theta" in [0.0, 1.0] : <[], head>
  %s = mix.state "S" : <[V, K], head>
  %m = mix.state "M" : <[V, K], head>
  %read = mix.matmul %m, %k : <[V, K], head>, <[K], head>
  %loss = mix.binary sub %read, %v : <[V], head>, <[V], head>
  %step = mix.binary mul %theta, %loss : <[], head>, <[V], head>
  %grad = mix.outer %step, %k : <[V], head>, <[K], head>
  %old = mix.binary mul %eta, %s : <[], head>, <[V, K], head>
  %s1 = mix.binary sub %old, %grad : <[V, K], head>, <[V, K], head>
  %kept = mix.binary mul %a, %m : <[], head>, <[V, K], head>
  %m1 = mix.binary add %kept, %s1 : <[V, K], head>, <[V, K], head>
  mix.next "S", %s1 : <[V, K], head>
  mix.next "M", %m1 : <[V, K], head>
  %y = mix.matmul %m1, %q : <[V, K], head>, <[K], head>
  mix.output "y", %y : <[V], head>
}
)";

// Two states mixed: r0 = M k, w0 = theta (v - r0) along k into both, r1 = (eta S + a M) q as one read of both
inline constexpr const char *kMomentumComponent = R"(
mix.mixer @momentum dims ["K", "V"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %a = mix.input "a" in [0.0, 1.0] : <[], head>
  %eta = mix.input "eta" in [0.0, 1.0] : <[], head>
  %theta = mix.input "theta" in [0.0, 1.0] : <[], head>
  %s = mix.state "S" : <[V, K], head>
  %m = mix.state "M" : <[V, K], head>
  %sq = mix.binary mul %eta, %q : <[], head>, <[K], head>
  %mq = mix.binary mul %a, %q : <[], head>, <[K], head>
  %c:3 = mix.component states(%s : <[V, K], head>, %m : <[V, K], head>)
    reads(%k[0, 1] : <[K], head>, %sq[1, 0] : <[K], head>, %mq[1, 1] : <[K], head>)
    transition(%eta[0, 0] : <[], head>, %eta[1, 0] : <[], head>, %a[1, 1] : <[], head>)
    gate()
    writes(%k[0, 0] : <[K], head>, %k[0, 1] : <[K], head>)
    class <scalar, affine> phi(%r0: !mix.t<[V], head>, %r1: !mix.t<[V], head>) {
      %left = mix.binary sub %v, %r0 : <[V], head>, <[V], head>
      %w = mix.binary mul %theta, %left : <[], head>, <[V], head>
      mix.yield %w : !mix.t<[V], head>
    }
  %kq = mix.dot %k, %q : <[K], head>, <[K], head>
  %added = mix.binary mul %kq, %c#2 : <[], head>, <[V], head>
  %y = mix.binary add %c#1, %added : <[V], head>, <[V], head>
  mix.output "y", %y : <[V], head>
}
)";

// A normaliser, a one-row memory: z[t] = a .* z[t-1] + k     y[t] = z[t]' * q
inline constexpr const char *kNormaliser = R"(
mix.mixer @normaliser dims ["K"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %a = mix.input "a" in [0.0, 1.0] : <[K], head>
  %z = mix.state "z" : <[K], head>
  %kept = mix.binary mul %a, %z : <[K], head>, <[K], head>
  %new = mix.binary add %kept, %k : <[K], head>, <[K], head>
  mix.next "z", %new : <[K], head>
  %y = mix.dot %new, %q : <[K], head>, <[K], head>
  mix.output "y", %y : <[], head>
}
)";

// r0 = z'(a .* q), w0 = 1 along k
inline constexpr const char *kNormaliserComponent = R"(
mix.mixer @normaliser dims ["K"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %a = mix.input "a" in [0.0, 1.0] : <[K], head>
  %z = mix.state "z" : <[K], head>
  %aq = mix.binary mul %a, %q : <[K], head>, <[K], head>
  %c:2 = mix.component states(%z : <[K], head>) reads(%aq[0, 0] : <[K], head>) transition(%a[0, 0] : <[K], head>)
    gate() writes(%k[0, 0] : <[K], head>) phi(%r0: !mix.t<[], head>) {
      %1 = mix.constant 1.0 : <[], constant>
      mix.yield %1 : !mix.t<[], constant>
    }
  %kq = mix.dot %k, %q : <[K], head>, <[K], head>
  %y = mix.binary add %c#0, %kq : <[], head>, <[], head>
  mix.output "y", %y : <[], head>
}
)";

} // namespace mixc::mix

#endif
