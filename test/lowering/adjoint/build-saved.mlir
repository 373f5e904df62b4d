// RUN: mix-opt %s --mix-build-saved | FileCheck %s

// h_t = max(h_{t-1}, x_t): the state before every segment, and its end.
// CHECK:      tile.kernel forward @most of "most" (input "x", output "y", saved "saved.0" every 8, saved "saved.1") {
// CHECK-NEXT: ^bb0({{.*}}, %[[STATES:.*]]: !tile.tensor<segment, [2], f32>, %[[END:.*]]: !tile.tensor<head, [2], f32>):
// CHECK:        %[[LAST:.*]] = tile.chunks size 4
// CHECK-NEXT:   ^bb0(%[[H:.*]]: !tile.t<[value(V):2], f32>):
// CHECK-NEXT:     tile.store %[[H]], %[[STATES]] every 8
// CHECK:        tile.final %[[LAST]], %[[END]]
!h = !tile.t<[value(V):2], f32>
!rows = !tile.t<[time:4, value(V):2], f32>
tile.kernel forward @most of "most" (input "x", output "y") saving <every 8 : <state 0 of 0>, <end 0 of 0>> {
^bb0(%x_in: !tile.tensor<token, [2], f32>, %y_out: !tile.tensor<token, [2], f32>):
  %zero = tile.constant 0.0 : !h
  %last = tile.chunks size 4 iter(%zero : !h) {
  ^bb0(%h: !h):
    %x = tile.load %x_in : <token, [2], f32> -> !rows
    tile.store %x, %y_out : !rows, <token, [2], f32>
    %most = tile.reduce max %x over ["time"] : !rows -> !h
    %next = tile.map (%h, %most) : (!h, !h) -> !h {
    ^bb0(%a: f32, %b: f32):
      %c = arith.maximumf %a, %b : f32
      tile.yield %c : f32
    }
    tile.yield %next : !h
  } -> !h
}

// Nothing is to be saved: nothing is.
// CHECK: tile.kernel forward @none of "none" (input "x") {
tile.kernel forward @none of "none" (input "x") saving <every 128> {
^bb0(%x_in: !tile.tensor<token, [2], f32>):
}
