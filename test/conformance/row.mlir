// One row of a chunk: the first, a middle one, the last; of tokens, of pairs, of panels, of a block.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!s = !tile.t<[value(V):5], f32>
tile.kernel forward @row_rows of "row" (input "x", input "a", output "y") {
^bb0(%x: !vec, %a: !tile.tensor<token, [], f32>, %y: !vec):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %numbers = tile.load %a : !tile.tensor<token, [], f32> -> !tile.t<[time:16], f32>
    %0 = tile.row %rows[0] : !v -> !s
    %1 = tile.row %rows[7] : !v -> !s
    %2 = tile.row %rows[15] : !v -> !s
    %3 = tile.row %numbers[5] : !tile.t<[time:16], f32> -> !tile.t<[], f32>
    %count = tile.iota : !tile.t<[time:16], f32>
    %4 = tile.row %count[9] : !tile.t<[time:16], f32> -> !tile.t<[], f32>
    %all = tile.map (%rows, %0, %1, %2, %3, %4) : (!v, !s, !s, !s, !tile.t<[], f32>, !tile.t<[], f32>) -> !v {
    ^bb0(%p: f32, %q: f32, %r: f32, %s: f32, %t: f32, %u: f32):
      %5 = arith.mulf %p, %q : f32
      %6 = arith.mulf %r, %s : f32
      %7 = arith.addf %5, %6 : f32
      %8 = arith.mulf %t, %u : f32
      %9 = arith.addf %7, %8 : f32
      tile.yield %9 : f32
    }
    tile.store %all, %y : !v, !vec
  }
}
!wide = !tile.tensor<token, [37], f32>
!state = !tile.t<[value(W):37], f32>
tile.kernel forward @row_panels of "row" (input "x", initial "S", final "S") {
^bb0(%x: !wide, %a: !tile.tensor<head, [37], f32>, %a1: !tile.tensor<head, [37], f32>):
  %1 = tile.init %a : !tile.tensor<head, [37], f32> -> !state
  %2 = tile.chunks size 16 iter(%1 : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !tile.t<[time:16, value(W):37], f64>
    %row = tile.row %rows[3] : !tile.t<[time:16, value(W):37], f64> -> !tile.t<[value(W):37], f64>
    %next = tile.cast %row : !tile.t<[value(W):37], f64> -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %2, %a1 : !state, !tile.tensor<head, [37], f32>
}
!own = !tile.t<[seq:8, value(V):5], f32>
tile.kernel forward @row_block of "row" (input "x", final "S") sequences 8 {
^bb0(%x: !vec, %a1: !tile.tensor<head, [5], f32>):
  %1 = tile.constant 0.0 : !own
  %2 = tile.chunks size 16 iter(%1 : !own) {
  ^bb0(%s: !own):
    %rows = tile.load %x : !vec -> !tile.t<[time:16, seq:8, value(V):5], f32>
    %row = tile.row %rows[15] : !tile.t<[time:16, seq:8, value(V):5], f32> -> !own
    tile.yield %row : !own
  } -> !own
  tile.final %2, %a1 : !own, !tile.tensor<head, [5], f32>
}
