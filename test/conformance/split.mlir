// Some entries of an axis: of values, of time, of panels; in float64; of a block.
!vec = !tile.tensor<token, [11], f32>
!part = !tile.tensor<token, [4], f32>
!v = !tile.t<[time:16, value(V):11], f32>
!p = !tile.t<[time:16, value(V):4], f32>
tile.kernel forward @split_axes of "split" (input "x", output "y", output "z") {
^bb0(%x: !vec, %y: !part, %z: !part):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %first = tile.split %rows "V" from 0 : !v -> !p
    %last = tile.split %rows "V" from 7 : !v -> !p
    tile.store %first, %y : !p, !part
    %half = tile.split %last "time" from 8 : !p -> !tile.t<[time:8, value(V):4], f32>
    %sum = tile.reduce add %half over ["time"] : !tile.t<[time:8, value(V):4], f32> -> !tile.t<[value(V):4], f32>
    %all = tile.map (%last, %sum) : (!p, !tile.t<[value(V):4], f32>) -> !p {
    ^bb0(%a: f32, %b: f32):
      %c = arith.addf %a, %b : f32
      tile.yield %c : f32
    }
    tile.store %all, %z : !p, !part
  }
}
!wide = !tile.tensor<token, [37], f32>
!state = !tile.t<[value(W):37], f32>
tile.kernel forward @split_panels of "split" (input "x", initial "S", output "y", final "S") {
^bb0(%x: !wide, %a: !tile.tensor<head, [37], f32>, %y: !part, %a1: !tile.tensor<head, [37], f32>):
  %1 = tile.init %a : !tile.tensor<head, [37], f32> -> !state
  %2 = tile.chunks size 16 iter(%1 : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !tile.t<[time:16, value(W):37], f32>
    %some = tile.split %rows "W" from 14 : !tile.t<[time:16, value(W):37], f32> -> !tile.t<[time:16, value(W):4], f32>
    %half = tile.split %rows "time" from 4 : !tile.t<[time:16, value(W):37], f32> -> !tile.t<[time:8, value(W):37], f32>
    tile.store %some, %y : !tile.t<[time:16, value(W):4], f32>, !part
    %next = tile.reduce add %half over ["time"] : !tile.t<[time:8, value(W):37], f32> -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %2, %a1 : !state, !tile.tensor<head, [37], f32>
}
tile.kernel forward @split_block of "split" (input "x", output "y") sequences 8 {
^bb0(%x: !vec, %y: !part):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !tile.t<[time:16, seq:8, value(V):11], f64>
    %some = tile.split %rows "V" from 3 : !tile.t<[time:16, seq:8, value(V):11], f64> -> !tile.t<[time:16, seq:8, value(V):4], f64>
    tile.store %some, %y : !tile.t<[time:16, seq:8, value(V):4], f64>, !part
  }
}
