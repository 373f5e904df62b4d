// Counts along time, sources, keys and values; in a panel from where it begins; in float64; as an operand of every kind.
!num = !tile.tensor<token, [], f32>
!wide = !tile.tensor<token, [37], f32>
!w = !tile.t<[time:16, value(W):37], f32>
!state = !tile.t<[value(W):37], f32>
!r = !tile.t<[time:16], f32>
tile.kernel forward @iota_axes of "iota" (input "x", output "y", output "z") {
^bb0(%x: !tile.tensor<token, [5], f32>, %y: !tile.tensor<token, [5], f32>, %z: !num):
  %row = tile.iota : !r
  %source = tile.iota : !tile.t<[source:16], f32>
  %value = tile.iota : !tile.t<[value(V):5], f64>
  tile.chunks size 16 {
    %rows = tile.load %x : !tile.tensor<token, [5], f32> -> !tile.t<[time:16, value(V):5], f32>
    %all = tile.map (%row, %value, %rows)
        : (!r, !tile.t<[value(V):5], f64>, !tile.t<[time:16, value(V):5], f32>) -> !tile.t<[time:16, value(V):5], f32> {
    ^bb0(%p: f32, %q: f64, %r: f32):
      %1 = arith.truncf %q : f64 to f32
      %2 = arith.mulf %p, %1 : f32
      %3 = arith.addf %2, %r : f32
      tile.yield %3 : f32
    }
    tile.store %all, %y : !tile.t<[time:16, value(V):5], f32>, !tile.tensor<token, [5], f32>
    %pairs = tile.map (%row, %source) : (!r, !tile.t<[source:16], f32>) -> !tile.t<[time:16, source:16], f32> {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.subf %p, %q : f32
      tile.yield %1 : f32
    }
    %sum = tile.contract %pairs, %source over ["source"] mask lower
        : !tile.t<[time:16, source:16], f32>, !tile.t<[source:16], f32> -> !r
    %named = tile.rename %row "time" to "source" : !r -> !tile.t<[source:16], f32>
    %total = tile.reduce max %named over ["source"] : !tile.t<[source:16], f32> -> !tile.t<[], f32>
    %scan = tile.recur %total, %row : !tile.t<[], f32>, !r -> !r
    %bounded = tile.map (%sum, %scan) : (!r, !r) -> !r {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.divf %p, %q : f32
      %zero = arith.constant 0.0 : f32
      %2 = arith.cmpf ogt, %q, %zero : f32
      %3 = arith.select %2, %1, %p : f32
      tile.yield %3 : f32
    }
    tile.store %bounded, %z : !r, !num
  }
}
tile.kernel forward @iota_panels of "iota" (input "x", initial "S", output "y", final "S") {
^bb0(%x: !wide, %first: !tile.tensor<head, [37], f32>, %y: !wide, %last: !tile.tensor<head, [37], f32>):
  %start = tile.init %first : !tile.tensor<head, [37], f32> -> !state
  %count = tile.iota : !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !w
    %all = tile.map (%rows, %s, %count) : (!w, !state, !state) -> !w {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.mulf %q, %r : f32
      %2 = arith.addf %p, %1 : f32
      tile.yield %2 : f32
    }
    tile.store %all, %y : !w, !wide
    tile.yield %count : !state
  } -> !state
  tile.final %end, %last : !state, !tile.tensor<head, [37], f32>
}
