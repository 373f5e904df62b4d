// Running products and sums, in both directions, with and without the row itself, in blocks, bounded, in float64.
!vt = !tile.tensor<token, [5], f32>
!num = !tile.tensor<token, [], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!r = !tile.t<[time:16], f32>
!s = !tile.t<[value(V):5], f32>
tile.kernel forward @recur_directions of "recur" (input "x", input "a", input "g", output "b", output "c", output "d", output "e", output "f") {
^bb0(%x: !vt, %a: !vt, %g: !num, %b: !vt, %c: !vt, %d: !vt, %e: !vt, %f: !num):
  %start = tile.constant 0.5 : !tile.t<[], f32>
  tile.chunks size 16 {
    %rows = tile.load %x : !vt -> !v
    %gates = tile.load %a : !vt -> !v
    %numbers = tile.load %g : !num -> !r
    %1 = tile.recur %gates, %rows : !v, !v -> !v
    %2 = tile.recur %numbers, %rows init %start : !tile.t<[], f32> exclusive : !r, !v -> !v
    %3 = tile.recur %numbers, %rows reverse : !r, !v -> !v
    %row = tile.row %rows[3] : !v -> !s
    %4 = tile.recur %gates, %rows init %row : !s reverse exclusive : !v, !v -> !v
    %5 = tile.recur %numbers, %numbers init %start : !tile.t<[], f32> : !r, !r -> !r
    tile.store %1, %b : !v, !vt
    tile.store %2, %c : !v, !vt
    tile.store %3, %d : !v, !vt
    tile.store %4, %e : !v, !vt
    tile.store %5, %f : !r, !num
  }
}
tile.kernel forward @recur_blocks of "recur" (input "x", input "g", output "b", output "c", output "d", output "e") {
^bb0(%x: !vt, %g: !num, %b: !vt, %c: !vt, %d: !num, %e: !vt):
  %start = tile.constant 0.5 : !tile.t<[], f32>
  tile.chunks size 16 {
    %rows = tile.load %x : !vt -> !v
    %numbers = tile.load %g : !num -> !r
    // One block of infinity and NaN is no other's.
    %count = tile.iota : !r
    %wild = tile.map (%numbers, %count) : (!r, !r) -> !r {
    ^bb0(%p: f32, %q: f32):
      %five = arith.constant 5.0 : f32
      %1 = arith.subf %q, %five : f32
      %2 = arith.divf %p, %1 : f32
      tile.yield %2 : f32
    }
    %1 = tile.recur %numbers, %rows blocks 4 : !r, !v -> !v
    %2 = tile.recur %wild, %rows init %start : !tile.t<[], f32> reverse blocks 4 : !r, !v -> !v
    %3 = tile.recur %numbers, %numbers init %start : !tile.t<[], f32> exclusive blocks 5 : !r, !r -> !r
    %4 = tile.recur %numbers, %rows init %start : !tile.t<[], f32> reverse exclusive blocks 6 : !r, !v -> !v
    tile.store %1, %b : !v, !vt
    tile.store %2, %c : !v, !vt
    tile.store %3, %d : !r, !num
    tile.store %4, %e : !v, !vt
  }
}
tile.kernel forward @recur_bounds of "recur" (input "x", input "g", output "b", output "c", output "d") {
^bb0(%x: !vt, %g: !num, %b: !vt, %c: !num, %d: !vt):
  tile.chunks size 16 {
    %rows = tile.load %x : !vt -> !v
    %numbers = tile.load %g : !num -> !r
    %large = tile.map (%rows) : (!v) -> !v {
    ^bb0(%p: f32):
      %c1 = arith.constant 8.0 : f32
      %1 = arith.mulf %p, %c1 : f32
      tile.yield %1 : f32
    }
    %1 = tile.recur %large, %rows most 2.0 : !v, !v -> !v
    %2 = tile.recur %numbers, %numbers reverse exclusive blocks 8 most 0.75 : !r, !r -> !r
    tile.store %1, %b : !v, !vt
    tile.store %2, %c : !r, !num
    %wide = tile.load %x : !vt -> !tile.t<[time:16, value(V):5], f64>
    %gates = tile.load %g : !num -> !tile.t<[time:16], f64>
    %far = tile.constant 1.0e9 : !tile.t<[], f64>
    %ones = tile.constant 1.0 : !tile.t<[], f64>
    %3 = tile.recur %ones, %wide init %far : !tile.t<[], f64> : !tile.t<[], f64>, !tile.t<[time:16, value(V):5], f64> -> !tile.t<[time:16, value(V):5], f64>
    %4 = tile.map (%3, %far) : (!tile.t<[time:16, value(V):5], f64>, !tile.t<[], f64>) -> !v {
    ^bb0(%p: f64, %q: f64):
      %5 = arith.subf %p, %q : f64
      %6 = arith.truncf %5 : f64 to f32
      tile.yield %6 : f32
    }
    tile.store %4, %d : !v, !vt
  }
}
// Pairs: D(s,t]; panels; a block.
!wide = !tile.tensor<token, [37], f32>
!y = !tile.t<[time:16, value(W):37], f32>
!state = !tile.t<[value(W):37], f32>
tile.kernel forward @recur_panels of "recur" (input "x", input "g", initial "S", output "y", output "b", final "S") {
^bb0(%x: !wide, %g: !num, %first: !tile.tensor<head, [37], f32>, %out: !wide, %b: !num, %last: !tile.tensor<head, [37], f32>):
  %start = tile.init %first : !tile.tensor<head, [37], f32> -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !y
    %numbers = tile.load %g : !num -> !r
    %1 = tile.recur %rows, %rows init %s : !state : !y, !y -> !y
    tile.store %1, %out : !y, !wide
    %row = tile.iota : !r
    %column = tile.iota : !tile.t<[source:16], f32>
    %diagonal = tile.map (%row, %column) : (!r, !tile.t<[source:16], f32>) -> !tile.t<[time:16, source:16], f32> {
    ^bb0(%p: f32, %q: f32):
      %2 = arith.cmpf oeq, %p, %q : f32
      %3 = arith.uitofp %2 : i1 to f32
      tile.yield %3 : f32
    }
    %between = tile.recur %numbers, %diagonal exclusive : !r, !tile.t<[time:16, source:16], f32> -> !tile.t<[time:16, source:16], f32>
    %sum = tile.reduce add %between over ["source"] : !tile.t<[time:16, source:16], f32> -> !r
    tile.store %sum, %b : !r, !num
    %next = tile.row %1[15] : !y -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %end, %last : !state, !tile.tensor<head, [37], f32>
}
!block = !tile.t<[time:16, seq:8, value(V):5], f32>
tile.kernel forward @recur_block of "recur" (input "x", input "g", output "y") sequences 8 {
^bb0(%x: !vt, %g: !num, %y: !vt):
  tile.chunks size 16 {
    %rows = tile.load %x : !vt -> !block
    %numbers = tile.load %g : !num -> !tile.t<[time:16, seq:8], f32>
    %1 = tile.recur %numbers, %rows blocks 8 : !tile.t<[time:16, seq:8], f32>, !block -> !block
    tile.store %1, %y : !block, !vt
  }
}
