// RUN: mix-opt %s --mix-bind-dims=bindings=K=64,V=64 --mix-build-chunked --mix-build-again | FileCheck %s
// RUN: mix-opt %s --mix-bind-dims=bindings=K=8,V=8 --mix-build-chunked --mix-build-again | FileCheck %s --check-prefix=SMALL
// RUN: mix-opt %s --mix-bind-dims=bindings=K=64,V=64 --mix-build-chunked --mix-build-again=chunk=8 | FileCheck %s --check-prefix=EIGHT

// A delta rule: pairs of tokens are cheap, so chunks of backward are longer than forward's, but for a small state.
// CHECK-LABEL: tile.kernel forward @delta_forward
// CHECK:       tile.chunks size 16
// CHECK-LABEL: tile.kernel again @delta_again of "delta" (input "k", input "v", input "b", initial "H", output "y", final "H")
// CHECK:       tile.chunks size 32
// SMALL-LABEL: tile.kernel again @delta_again
// SMALL:       tile.chunks size 16
// EIGHT-LABEL: tile.kernel again @delta_again
// EIGHT:       tile.chunks size 8
mix.mixer @delta dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %b = mix.input "b" : <[], head>
  %one = mix.constant 1.0 : <[], constant>
  %H = mix.state "H" : <[V, K], head>
  %r:2 = mix.component states(%H : <[V, K], head>)
    reads(%k[0, 0] : <[K], head>)
    transition(%one[0, 0] : <[], constant>)
    gate()
    writes(%k[0, 0] : <[K], head>)
    class <identity, affine> phi(%r0: !mix.t<[V], head>) {
      %0 = mix.binary sub %v, %r0 : <[V], head>, <[V], head>
      %1 = mix.binary mul %b, %0 : <[], head>, <[V], head>
      mix.yield %1 : !mix.t<[V], head>
    }
  mix.output "y", %r#0 : <[V], head>
}
