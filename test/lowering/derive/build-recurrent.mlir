// RUN: mix-opt %s --mix-bind-dims=bindings=K=8,V=12,N=4 --mix-build-recurrent --canonicalize | FileCheck %s

// One token: reads, then the update with its decay, in place.
// CHECK-LABEL: tile.kernel decode @gla_decode of "gla" (input "k", input "a", input "v", state "H", output "y", kept "H") as recurrent
// CHECK:       ^bb0({{.*}}, %[[H:.*]]: !tile.tensor<head, [12, 8], f32>, %{{.*}}: !tile.tensor<token, [12], f32>, %[[KEPT:.*]]: !tile.tensor<token, [12, 8], f32>):
// CHECK:       tile.init %[[H]]
// CHECK:       tile.chunks size 1
// CHECK-NEXT:  ^bb0(%[[S:.*]]: !tile.t
// CHECK:       %[[Y:.*]] = tile.contract %[[S]], %{{.*}} over ["K"] : {{.*}} -> <[time:1, value(V):12], f32>
// CHECK:       tile.store %[[Y]]
// CHECK:       %[[A:.*]] = tile.row %{{.*}}[0] : <[time:1, key(K):8], f32> -> <[key(K):8], f32>
// CHECK:       %[[FADED:.*]] = tile.map(%[[S]], %[[A]])
// CHECK:       %[[NEXT:.*]] = tile.contract %{{.*}}, %{{.*}} acc %[[FADED]] : {{.*}} over ["time"]
// CHECK:       tile.store %[[NEXT]], %[[KEPT]] : {{.*}}<[value(V):12, key(K):8], f32>
// CHECK:       tile.final %{{.*}}, %[[H]]
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

// A state of no normal form steps on by one token, in place. R meets h along an axis of its own.
// CHECK-LABEL: tile.kernel decode @rnn_decode
// CHECK:       %[[R:.*]] = tile.load %{{.*}} : <head, [4, 4], f32> -> <[value(N):4, free([[N:.*]]):4], f32>
// CHECK:       ^bb0(%[[S:.*]]: !tile.t<[value(N):4], f32>):
// CHECK:       tile.steps iter(%[[S]] : !tile.t<[value(N):4], f32>) rows(%{{.*}}) with(%[[R]] : {{.*}})
// CHECK:         %[[SAME:.*]] = tile.rename %{{.*}} "N" to "[[N]]"
// CHECK:         tile.contract %{{.*}}, %[[SAME]] over ["[[N]]"]
// CHECK:         math.tanh
mix.mixer @rnn dims ["N"] {
  %x = mix.input "x" : <[N], head>
  %R = mix.param "R" : <[N, N], param>
  %h = mix.state "h" : <[N], head>
  %Rh = mix.matmul %R, %h : <[N, N], param>, <[N], head>
  %sum = mix.binary add %x, %Rh : <[N], head>, <[N], head>
  %next = mix.unary tanh %sum : <[N], head>
  mix.next "h", %next {mix.stratum = 0 : i64} : <[N], head>
  mix.output "y", %next : <[N], head>
}

// Element types are those of the declarations: what the caller's memory holds.
// CHECK-LABEL: tile.kernel decode @narrow_decode
// CHECK:       ^bb0(%{{.*}}: !tile.tensor<token, [8], bf16>, %{{.*}}: !tile.tensor<token, [], f32>, %{{.*}}: !tile.tensor<head, [8], f16>, %{{.*}}: !tile.tensor<token, [8], bf16>, %{{.*}}: !tile.tensor<token, [8], f16>):
// CHECK:       tile.init %{{.*}} : <head, [8], f16> -> <[value(K):8], f32>
// CHECK:       tile.load %{{.*}} : <token, [8], bf16> -> <[time:1, value(K):8], f32>
mix.mixer @narrow dims ["K"] {
  %x = mix.input "x" {mix.dtype = bf16} : <[K], head>
  %g = mix.input "g" in [0.0, 1.0] : <[], head>
  %h = mix.state "h" {mix.dtype = f16} : <[K], head>
  %faded = mix.binary mul %g, %h : <[], head>, <[K], head>
  %next = mix.binary add %faded, %x : <[K], head>, <[K], head>
  mix.next "h", %next {mix.stratum = 0 : i64} : <[K], head>
  mix.output "y", %next {mix.dtype = bf16} : <[K], head>
}
