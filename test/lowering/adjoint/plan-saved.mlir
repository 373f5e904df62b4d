// RUN: mix-opt %s --mix-bind-dims=bindings=K=64,V=64 --mix-build-chunked --mix-build-again --cse --mix-plan-saved | FileCheck %s
// RUN: mix-opt %s --mix-bind-dims=bindings=K=64,V=64 --mix-build-chunked --mix-build-again --cse --mix-plan-saved=keep=states | FileCheck %s --check-prefix=ALONE
// RUN: mix-opt %s --mix-bind-dims=bindings=K=64,V=64 --mix-build-chunked=chunk=48 --mix-build-again --cse --mix-plan-saved | FileCheck %s --check-prefix=SEGMENTS

// A delta rule could save its state, and the write that it solves for. 128 tokens are whole chunks of 16 and of 32.
// CHECK: tile.kernel forward @delta_forward of "delta" {{.*}} as chunked saving <every 128 : <state 0 of 0>, <write 0 of 0>>
// ALONE: tile.kernel forward @delta_forward of "delta" {{.*}} as chunked saving <every 128 : <state 0 of 0>> {
// SEGMENTS: saving <every 192 :
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
