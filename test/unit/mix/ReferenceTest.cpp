// Three mixers against numbers that an independent reference computed: equations read and run in numpy, token by token,
// with dense matrices. Arguments are fractions that both sides compute exactly: entry i of argument n is
// ((37 i + 11 n) mod 23 - 11) / 16, or that remainder / 22 where the argument is in [0, 1] (twice it in [0, 2]).
#include "TestMixer.h"

namespace mixc::mix {
namespace {

Array fractions(int64_t n, std::vector<int64_t> shape) {
  Array result(std::move(shape));
  for (int64_t i = 0; i < result.size(); ++i)
    result.data[i] = static_cast<double>((i * 37 + n * 11) % 23 - 11) / 16;
  return result;
}

Array inInterval(int64_t n, std::vector<int64_t> shape, double hi) {
  Array result(std::move(shape));
  for (int64_t i = 0; i < result.size(); ++i)
    result.data[i] = static_cast<double>((i * 37 + n * 11) % 23) / 22 * hi;
  return result;
}

Call callOf(Arrays inputs, Arrays params = {}) {
  Call call;
  call.dims = {{"K", 3}, {"V", 2}};
  call.time = 5;
  call.inputs = std::move(inputs);
  call.params = std::move(params);
  return call;
}

// let key = l2norm(k)
// H[t] = alpha * H[t-1] * (I - beta * key * key') + beta * v * key'     y[t] = H[t] * q
TEST(Reference, GatedDeltaNet) {
  TestMixer test(R"(
mix.mixer @gated_delta_net dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
  %beta = mix.input "beta" in [0.0, 2.0] : <[], head>
  %h = mix.state "H" : <[V, K], head>
  %squares = mix.dot %k, %k : <[K], group>, <[K], group>
  %epsilon = mix.constant 1.0e-6 : <[], constant>
  %under = mix.binary add %squares, %epsilon : <[], group>, <[], constant>
  %root = mix.unary rsqrt %under : <[], group>
  %key = mix.binary mul %root, %k : <[], group>, <[K], group>
  %kept = mix.binary mul %alpha, %h : <[], head>, <[V, K], head>
  %one = mix.identity : <[K, K], constant>
  %bk = mix.binary mul %beta, %key : <[], head>, <[K], group>
  %kk = mix.outer %bk, %key : <[K], head>, <[K], group>
  %erase = mix.binary sub %one, %kk : <[K, K], constant>, <[K, K], head>
  %erased = mix.matmul %kept, %erase : <[V, K], head>, <[K, K], head>
  %bv = mix.binary mul %beta, %v : <[], head>, <[V], head>
  %write = mix.outer %bv, %key : <[V], head>, <[K], group>
  %new = mix.binary add %erased, %write : <[V, K], head>, <[V, K], head>
  mix.next "H", %new : <[V, K], head>
  %y = mix.matmul %new, %q : <[V, K], head>, <[K], group>
  mix.output "y", %y : <[V], head>
}
)");
  Answer answer = test.run(callOf({{"q", fractions(0, {1, 5, 1, 3})},
                                   {"k", fractions(1, {1, 5, 1, 3})},
                                   {"v", fractions(2, {1, 5, 1, 2})},
                                   {"alpha", inInterval(3, {1, 5, 1}, 1)},
                                   {"beta", inInterval(4, {1, 5, 1}, 2)}}));
  EXPECT_LT(error(answer.outputs["y"].data,
                  {-0.4541514739510218, -0.08257299526382214, 0.11362835570785233, -0.1488159224721011,
                   0.09922704743842183, 0.03201537667724906, -0.027083231906266714, 0.1343783590390772,
                   -0.13883253558789843, 0.014352998702745826}),
            1e-14);
  EXPECT_LT(error(answer.final["H"].data, {0.3289648494516285, -0.06110252010519179, -0.2944359705479428,
                                           -0.267976042588824, -0.09001308090483053, 0.057874617936942374}),
            1e-14);
}

// phi(x) = elu(x) + 1     H[t] = H[t-1] + v * phi(k)'     z[t] = z[t-1] + phi(k)     y[t] = H[t] * phi(q) / (z[t]' *
// phi(q))
TEST(Reference, LinearAttentionWithNormaliser) {
  TestMixer test(R"(
mix.mixer @linear_attention_elu dims ["K", "V"] {
  %q = mix.input "q" : <[K], group>
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %h = mix.state "H" : <[V, K], head>
  %z = mix.state "z" : <[K], head>
  %1 = mix.constant 1.0 : <[], constant>
  %eq = mix.unary elu %q : <[K], group>
  %fq = mix.binary add %eq, %1 : <[K], group>, <[], constant>
  %ek = mix.unary elu %k : <[K], group>
  %fk = mix.binary add %ek, %1 : <[K], group>, <[], constant>
  %write = mix.outer %v, %fk : <[V], head>, <[K], group>
  %h1 = mix.binary add %h, %write : <[V, K], head>, <[V, K], head>
  mix.next "H", %h1 : <[V, K], head>
  %z1 = mix.binary add %z, %fk : <[K], head>, <[K], group>
  mix.next "z", %z1 : <[K], head>
  %above = mix.matmul %h1, %fq : <[V, K], head>, <[K], group>
  %below = mix.dot %z1, %fq : <[K], head>, <[K], group>
  %y = mix.binary div %above, %below : <[V], head>, <[], head>
  mix.output "y", %y : <[V], head>
}
)");
  Answer answer = test.run(callOf(
      {{"q", fractions(0, {1, 5, 1, 3})}, {"k", fractions(1, {1, 5, 1, 3})}, {"v", fractions(2, {1, 5, 1, 2})}}));
  EXPECT_LT(error(answer.outputs["y"].data,
                  {0.6875, 0.125, 0.07572868338895783, 0.29493647683640056, 0.04727365887335464, 0.0031757713836847424,
                   0.08684657996822163, -0.09811630090463062, 0.11288025085045819, -0.09973576580901959}),
            1e-14);
  EXPECT_LT(error(answer.final["H"].data, {1.3061145749421812, 0.1610991432948073, 0.7063462479181501,
                                           -0.6739207359586958, -0.6401832033201719, -0.21459643978266857}),
            1e-14);
  EXPECT_LT(error(answer.final["z"].data, {5.510331442784039, 5.577279727315519, 4.352509222579233}), 1e-14);
}

// H[t] = lambda * H[t-1] + silu(v) * silu(k)'     y[t] = rmsnorm(H[t] * silu(q)) .* sigmoid(g)
TEST(Reference, LightningAttention) {
  TestMixer test(R"(
mix.mixer @lightning_attention dims ["K", "V"] {
  %q = mix.input "q" : <[K], head>
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %g = mix.input "g" : <[V], head>
  %lambda = mix.param "lambda" in [0.0, 1.0] : <[], param>
  %h = mix.state "H" : <[V, K], head>
  %sk = mix.unary silu %k : <[K], head>
  %sv = mix.unary silu %v : <[V], head>
  %sq = mix.unary silu %q : <[K], head>
  %kept = mix.binary mul %lambda, %h : <[], param>, <[V, K], head>
  %write = mix.outer %sv, %sk : <[V], head>, <[K], head>
  %new = mix.binary add %kept, %write : <[V, K], head>, <[V, K], head>
  mix.next "H", %new : <[V, K], head>
  %read = mix.matmul %new, %sq : <[V, K], head>, <[K], head>
  %squared = mix.binary mul %read, %read : <[V], head>, <[V], head>
  %squares = mix.reduce sum %squared : <[V], head>
  %size = mix.dim "V" : <[], constant>
  %mean = mix.binary div %squares, %size : <[], head>, <[], constant>
  %epsilon = mix.constant 1.0e-6 : <[], constant>
  %under = mix.binary add %mean, %epsilon : <[], head>, <[], constant>
  %root = mix.unary rsqrt %under : <[], head>
  %normal = mix.binary mul %root, %read : <[], head>, <[V], head>
  %open = mix.unary sigmoid %g : <[V], head>
  %y = mix.binary mul %normal, %open : <[V], head>, <[V], head>
  mix.output "y", %y : <[V], head>
}
)");
  Answer answer = test.run(callOf({{"q", fractions(0, {1, 5, 1, 3})},
                                   {"k", fractions(1, {1, 5, 1, 3})},
                                   {"v", fractions(2, {1, 5, 1, 2})},
                                   {"g", fractions(3, {1, 5, 1, 2})}},
                                  {{"lambda", inInterval(4, {1}, 1)}}));
  EXPECT_LT(
      error(answer.outputs["y"].data,
            {-0.6765680512267851, -0.07068417108922781, -0.24520088578171823, -0.5662572552347663, 0.8822799722359576,
             0.14179762889229425, 0.5079985688959994, 0.11379522001746162, -0.6014647866242423, 0.2182171490825494}),
      1e-14);
  EXPECT_LT(error(answer.final["H"].data, {0.1539258284394726, -0.1619243254087726, -0.020121396804443463,
                                           -0.06049421447520007, 0.028384934105159652, 0.06720390853650293}),
            1e-14);
}

} // namespace
} // namespace mixc::mix
