// RUN: mix-opt %s --mix-bind-dims=bindings=K=8,V=8 --mix-build-chunked --mix-build-again --cse --mix-plan-saved --mix-build-adjoint --mix-build-saved --mix-build-replay --canonicalize --cse | FileCheck %s
// RUN: mix-opt %s --mix-bind-dims=bindings=K=8,V=8 --mix-build-chunked --mix-build-again --cse --mix-plan-saved=keep=states --mix-build-adjoint --mix-build-saved --mix-build-replay --canonicalize --cse | FileCheck %s --check-prefix=ALONE
// RUN: mix-opt %s --mix-bind-dims=bindings=K=64,V=64 --mix-build-chunked --mix-build-again --cse --mix-plan-saved --mix-build-adjoint --canonicalize --cse | FileCheck %s --check-prefix=LARGE

// A delta rule: forward saves its state every 128 tokens, and the writes that it solves for.
// CHECK-LABEL: tile.kernel forward @delta_forward
// CHECK-SAME:  (input "k", input "v", input "b", initial "H", output "y", final "H", saved "saved.0" every 128, saved "saved.1") as chunked
// CHECK:       tile.chunks size 16
// CHECK-NEXT:  ^bb0(%[[S:.*]]: !tile.t
// CHECK-NEXT:  tile.store %[[S]], %{{.*}} every 128 : {{.*}}<segment, [8, 8], f32>
// CHECK:       %[[W:.*]] = tile.solve
// CHECK:       tile.store %[[W]], %{{.*}} : {{.*}}<token, [8], f32>

// Replay does the same, and no output.
// CHECK-LABEL: tile.kernel replay @delta_replay
// CHECK-SAME:  (input "k", input "v", input "b", initial "H", saved "saved.0" every 128, saved "saved.1")
// CHECK:       tile.solve
// CHECK-NOT:   tile.final

// LARGE-LABEL: tile.kernel backward @delta_backward
// LARGE:       tile.chunks size 32 leave_last
// LARGE:       tile.chunks size 32 reverse

// Backward goes from the last segment to the first. In each, the states before its chunks are found again with the writes as
// they were kept, then chunks run backwards: one transposed solve, and no other.
// CHECK-LABEL: tile.kernel backward @delta_backward
// CHECK-SAME:  saved "saved.1", input_grad "k", input_grad "v", input_grad "b", initial_grad "H")
// CHECK:       %[[BAR:.*]] = tile.init %{{.*}}
// CHECK:       %[[KEPT:.*]] = tile.buffer 8
// CHECK:       tile.chunks size 128 reverse iter(%[[BAR]]
// CHECK:       %[[FIRST:.*]] = tile.load %{{.*}} every 128
// CHECK:       tile.store %[[FIRST]], %[[KEPT]] every 16
// CHECK:       tile.chunks size 16 leave_last iter(%[[FIRST]]
// CHECK-NOT:   tile.solve
// CHECK:       tile.store %{{.*}}, %[[KEPT]] every 16 next
// CHECK:       tile.chunks size 16 reverse
// CHECK:       tile.load %[[KEPT]] every 16
// CHECK-NOT:   tile.solve
// CHECK:       tile.solve {{.*}} transpose
// CHECK-NOT:   tile.solve
// CHECK:       tile.final

// With the states alone kept, the writes are solved for again, in both loops.
// ALONE-LABEL: tile.kernel forward @delta_forward
// ALONE-SAME:  final "H", saved "saved.0" every 128)
// ALONE-LABEL: tile.kernel backward @delta_backward
// ALONE:       tile.chunks size 16 leave_last
// ALONE:       tile.solve
// ALONE:       tile.chunks size 16 reverse
// ALONE:       tile.solve
// ALONE:       tile.solve {{.*}} transpose
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

// What heads share is a part of a sum, and what the kernel comes to more than once too.
// CHECK-LABEL: tile.kernel backward @shared_backward
// CHECK-SAME:  input_grad "k" per_group partial, input_grad "v", param_grad "g" partial, initial_grad "H")
// CHECK:       tile.store %{{.*}} add
mix.mixer @shared dims ["K", "V"] {
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %g = mix.param "g" : <[], param>
  %H = mix.state "H" : <[V, K], head>
  %r:2 = mix.component states(%H : <[V, K], head>)
    reads(%k[0, 0] : <[K], group>)
    transition(%g[0, 0] : <[], param>)
    gate()
    writes(%k[0, 0] : <[K], group>)
    class <scalar, free> phi(%r0: !mix.t<[V], head>) {
      mix.yield %v : !mix.t<[V], head>
    }
  mix.output "y", %r#0 : <[V], head>
}

// Writes by substitution are not substituted again: what the steps carried before a token are the kept writes of earlier ones.
// With the states alone kept, the steps run again, in both loops.
// CHECK-LABEL: tile.kernel backward @substituted_backward
// CHECK:       tile.chunks size 16 reverse
// CHECK-NOT:   tile.steps
// CHECK:       %[[SOURCES:.*]] = tile.rename %{{.*}} "time" to "source" : <[time:16, value(V):8], f32>
// CHECK-NOT:   tile.steps
// CHECK:       tile.steps {{.*}} with({{.*}}%[[SOURCES]] {{.*}}) reverse
// CHECK-NOT:   tile.steps
// CHECK:       tile.final
// ALONE-LABEL: tile.kernel backward @substituted_backward
// ALONE:       tile.chunks size 16 leave_last
// ALONE:       tile.steps
// ALONE:       tile.chunks size 16 reverse
// ALONE:       tile.steps
// ALONE:       tile.steps {{.*}} reverse
// ALONE:       tile.final
mix.mixer @substituted dims ["K", "V"] {
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
      %0 = mix.unary tanh %r0 : <[V], head>
      %1 = mix.binary sub %v, %0 : <[V], head>, <[V], head>
      mix.yield %1 : !mix.t<[V], head>
    }
  mix.output "y", %r#0 : <[V], head>
}

// Decays along both axes have one product, whose cotangent is one tile: theirs are sums of it.
// CHECK-LABEL: tile.kernel backward @gated_backward
// CHECK:       tile.chunks size 16 reverse iter
// CHECK-NEXT:  ^bb0(%[[G:.*]]: !tile.t
// CHECK-NEXT:  %[[S:.*]] = tile.load
// CHECK:       %[[P:.*]] = tile.map(%[[S]], %[[G]])
// CHECK-DAG:   tile.contract %[[P]], %{{.*}} over ["V"]
// CHECK-DAG:   tile.contract %[[P]], %{{.*}} over ["K"]
mix.mixer @gated dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %s = mix.input "s" : <[K], head>
  %e = mix.input "e" : <[V], head>
  %H = mix.state "H" : <[V, K], head>
  %r:2 = mix.component states(%H : <[V, K], head>)
    reads(%k[0, 0] : <[K], head>)
    transition(%s[0, 0] : <[K], head>)
    gate(%e : <[V], head>)
    writes(%k[0, 0] : <[K], head>)
    class <diagonal, free, value_gate = true> phi(%r0: !mix.t<[V], head>) {
      mix.yield %v : !mix.t<[V], head>
    }
  mix.output "y", %r#0 : <[V], head>
}

// The adjoint of k' k is one product, of twice the cotangent; and as it sums over nothing, a map.
// CHECK-LABEL: tile.kernel backward @squared_backward
// CHECK-NOT:   tile.contract
// CHECK:       tile.map
// CHECK-NOT:   tile.contract
// CHECK:       tile.store
mix.mixer @squared dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %0 = mix.dot %k, %k : <[K], head>, <[K], head>
  mix.output "y", %0 : <[], head>
}

// An output reads the end of H, not of G. Forward saves that end, once, and of the states G's alone: the gradients of H's writes do not take
// H. So backward finds neither H's end nor H before a chunk again.
// CHECK-LABEL: tile.kernel forward @ends_forward
// CHECK-SAME:  final "H", final "G", saved "saved.0", saved "saved.1" every 128)
// CHECK-NEXT:  ^bb0({{.*}}%[[END:arg[0-9]+]]: !tile.tensor<head, [8, 8], f32>, %[[G:arg[0-9]+]]: !tile.tensor<segment, [8, 8], f32>):
// CHECK:       %[[FIRST:[0-9]+]]:2 = tile.chunks size 16
// CHECK-NOT:   every
// CHECK:       tile.final %[[FIRST]]#0, %[[END]]
// CHECK:       tile.chunks size 16
// CHECK:       tile.store %{{.*}}, %[[G]] every 128
// CHECK-LABEL: tile.kernel replay @ends_replay
// CHECK:       tile.final
// CHECK-NOT:   tile.final
// CHECK-LABEL: tile.kernel backward @ends_backward
// CHECK-NEXT:  ^bb0({{.*}}%[[END:arg[0-9]+]]: !tile.tensor<head, [8, 8], f32>, %[[G:arg[0-9]+]]: !tile.tensor<segment, [8, 8], f32>, %{{.*}}
// CHECK:       tile.init %[[END]]
// CHECK:       tile.chunks size 128 reverse
// CHECK:       tile.load %[[G]] every 128
// CHECK:       tile.chunks size 16 leave_last
// CHECK:       tile.chunks size 16 reverse
// CHECK:       tile.chunks size 128 reverse
// CHECK-NOT:   leave_last
// CHECK:       tile.chunks size 16 reverse
mix.mixer @ends dims ["K", "V"] {
  %k = mix.input "k" : <[K], head>
  %v = mix.input "v" : <[V], head>
  %one = mix.constant 1.0 : <[], constant>
  %H = mix.state "H" : <[V, K], head>
  %G = mix.state "G" : <[V, K], head>
  %e = mix.end "H" : <[V, K], head>
  %0 = mix.matmul %e, %k : <[V, K], head>, <[K], head>
  %h = mix.component states(%H : <[V, K], head>)
    reads()
    transition(%one[0, 0] : <[], constant>)
    gate()
    writes(%k[0, 0] : <[K], head>)
    class <identity, free> phi() {
      mix.yield %v : !mix.t<[V], head>
    }
  %g:2 = mix.component states(%G : <[V, K], head>)
    reads(%k[0, 0] : <[K], head>)
    transition(%one[0, 0] : <[], constant>)
    gate()
    writes(%k[0, 0] : <[K], head>)
    class <identity, free> phi(%r0: !mix.t<[V], head>) {
      mix.yield %v : !mix.t<[V], head>
    }
  %1 = mix.binary add %0, %g#0 : <[V], head>, <[V], head>
  mix.output "y", %1 : <[V], head>
}
