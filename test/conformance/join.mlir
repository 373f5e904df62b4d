// Tiles behind each other: along values, along time, along panels; one part, and several; what has no buffer among them.
!vec = !tile.tensor<token, [11], f32>
!a = !tile.tensor<token, [4], f32>
!b = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):11], f32>
!p = !tile.t<[time:16, value(V):4], f32>
!q = !tile.t<[time:16, value(V):5], f32>
tile.kernel forward @join_axes of "join" (input "x", input "z", output "y", output "c") {
^bb0(%x: !a, %z: !b, %y: !vec, %c: !a):
  %two = tile.constant 2.0 : !tile.t<[time:16, value(V):2], f32>
  tile.chunks size 16 {
    %first = tile.load %x : !a -> !p
    %last = tile.load %z : !b -> !q
    %all = tile.join %first, %two, %last along "V" : !p, !tile.t<[time:16, value(V):2], f32>, !q -> !v
    tile.store %all, %y : !v, !vec
    %half = tile.split %first "time" from 8 : !p -> !tile.t<[time:8, value(V):4], f32>
    %one = tile.join %half along "time" : !tile.t<[time:8, value(V):4], f32> -> !tile.t<[time:8, value(V):4], f32>
    %turned = tile.join %one, %half along "time" : !tile.t<[time:8, value(V):4], f32>, !tile.t<[time:8, value(V):4], f32> -> !p
    tile.store %turned, %c : !p, !a
  }
}
!wide = !tile.tensor<token, [37], f32>
!state = !tile.t<[value(W):37], f32>
tile.kernel forward @join_panels of "join" (input "x", initial "S", output "y", final "S") {
^bb0(%x: !wide, %a: !tile.tensor<head, [37], f32>, %y: !wide, %a1: !tile.tensor<head, [37], f32>):
  %1 = tile.init %a : !tile.tensor<head, [37], f32> -> !state
  %2 = tile.chunks size 16 iter(%1 : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !tile.t<[time:16, value(W):37], f32>
    %low = tile.split %rows "W" from 0 : !tile.t<[time:16, value(W):37], f32> -> !tile.t<[time:16, value(W):18], f32>
    %high = tile.split %rows "W" from 18 : !tile.t<[time:16, value(W):37], f32> -> !tile.t<[time:16, value(W):19], f32>
    %turned = tile.join %high, %low along "W" : !tile.t<[time:16, value(W):19], f32>, !tile.t<[time:16, value(W):18], f32> -> !tile.t<[time:16, value(W):37], f32>
    tile.store %turned, %y : !tile.t<[time:16, value(W):37], f32>, !wide
    %next = tile.reduce max %turned over ["time"] : !tile.t<[time:16, value(W):37], f32> -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %2, %a1 : !state, !tile.tensor<head, [37], f32>
}
tile.kernel forward @join_block of "join" (input "x", output "y") sequences 8 {
^bb0(%x: !a, %y: !tile.tensor<token, [8], f32>):
  tile.chunks size 16 {
    %rows = tile.load %x : !a -> !tile.t<[time:16, seq:8, value(V):4], f64>
    %both = tile.join %rows, %rows along "V" : !tile.t<[time:16, seq:8, value(V):4], f64>, !tile.t<[time:16, seq:8, value(V):4], f64> -> !tile.t<[time:16, seq:8, value(V):8], f64>
    tile.store %both, %y : !tile.t<[time:16, seq:8, value(V):8], f64>, !tile.tensor<token, [8], f32>
  }
}
