// RUN: mix-opt %s --mix-build-replay | FileCheck %s

// Of two sums one is saved. The other is for an output and its own end alone: replay does not carry it.
// CHECK-LABEL: tile.kernel forward @sums_forward
// CHECK-LABEL: tile.kernel replay @sums_replay of "sums" (input "x", initial "G", initial "H", saved "saved.0" every 8) {
// CHECK-NEXT:  ^bb0(%[[X:.*]]: !tile.tensor<token, [2], f32>, %{{.*}}, %[[START:.*]]: !tile.tensor<head, [2], f32>, %[[SAVED:.*]]: !tile.tensor<segment, [2], f32>):
// CHECK-NEXT:    %[[FIRST:.*]] = tile.init %[[START]]
// CHECK-NEXT:    %{{.*}} = tile.chunks size 4 iter(%[[FIRST]] : !tile.t<[value(V):2], f32>)
// CHECK-NEXT:    ^bb0(%[[H:.*]]: !tile.t<[value(V):2], f32>):
// CHECK-NEXT:      tile.store %[[H]], %[[SAVED]] every 8
// CHECK-NOT:       tile.store
// CHECK-NOT:     tile.final
// CHECK-LABEL: tile.kernel backward @sums_backward
!h = !tile.t<[value(V):2], f32>
!rows = !tile.t<[time:4, value(V):2], f32>
!tokens = !tile.tensor<token, [2], f32>
!state = !tile.tensor<head, [2], f32>
!states = !tile.tensor<segment, [2], f32>
tile.kernel forward @sums_forward of "sums" (input "x", initial "G", initial "H", output "y", final "G", saved "saved.0" every 8) {
^bb0(%x_in: !tokens, %G_in: !state, %H_in: !state, %y_out: !tokens, %G_out: !state, %saved: !states):
  %G0 = tile.init %G_in : !state -> !h
  %H0 = tile.init %H_in : !state -> !h
  %ends:2 = tile.chunks size 4 iter(%G0, %H0 : !h, !h) {
  ^bb0(%G: !h, %H: !h):
    tile.store %H, %saved every 8 : !h, !states
    %x = tile.load %x_in : !tokens -> !rows
    %sum = tile.reduce add %x over ["time"] : !rows -> !h
    %G1 = tile.map (%G, %H) : (!h, !h) -> !h {
    ^bb0(%a: f32, %b: f32):
      %c = arith.addf %a, %b : f32
      tile.yield %c : f32
    }
    %H1 = tile.map (%H, %sum) : (!h, !h) -> !h {
    ^bb0(%a: f32, %b: f32):
      %c = arith.addf %a, %b : f32
      tile.yield %c : f32
    }
    tile.store %x, %y_out : !rows, !tokens
    tile.yield %G1, %H1 : !h, !h
  } -> !h, !h
  tile.final %ends#0, %G_out : !h, !state
}
tile.kernel backward @sums_backward of "sums" (input "x") {
^bb0(%x_in: !tokens):
}

// Without gradients there is nothing to replay.
// CHECK-LABEL: tile.kernel forward @alone_forward
// CHECK-NOT:   tile.kernel
tile.kernel forward @alone_forward of "alone" (input "x") {
^bb0(%x_in: !tokens):
}
