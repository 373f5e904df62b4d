// One number everywhere: used as an operand of every kind, carried, yielded, written.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!s = !tile.t<[value(V):5], f32>
!mem = !tile.tensor<head, [5], f32>
tile.kernel forward @constant_uses of "constant" (input "x", output "y", output "z", final "S") {
^bb0(%x: !vec, %y: !vec, %z: !tile.tensor<token, [], f32>, %last: !mem):
  %ones = tile.constant 1.0 : !v
  %third = tile.constant 0.33 : !s
  %half = tile.constant 0.5 : !tile.t<[], f32>
  %pairs = tile.constant 0.25 : !tile.t<[time:16, source:16], f32>
  %end = tile.chunks size 16 iter(%third : !s) {
  ^bb0(%s: !s):
    %rows = tile.load %x : !vec -> !v
    %sum = tile.contract %rows, %ones over ["V"] : !v, !v -> !tile.t<[time:16], f32>
    %mixed = tile.rename %rows "time" to "source" : !v -> !tile.t<[source:16, value(V):5], f32>
    %before = tile.contract %pairs, %mixed acc %ones : !v over ["source"] mask strict
        : !tile.t<[time:16, source:16], f32>, !tile.t<[source:16, value(V):5], f32> -> !v
    %scan = tile.recur %half, %before init %third : !s : !tile.t<[], f32>, !v -> !v
    %column = tile.rename %ones "time" to "source" : !v -> !tile.t<[source:16, value(V):5], f32>
    %total = tile.reduce add %ones over ["time"] : !v -> !s
    %more = tile.map (%scan, %total) : (!v, !s) -> !v {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %more, %y : !v, !vec
    tile.store %sum, %z : !tile.t<[time:16], f32>, !tile.tensor<token, [], f32>
    %next = tile.constant -2.5 : !s
    tile.yield %next : !s
  } -> !s
  tile.final %end, %last : !s, !mem
}

// In float64, which no float32 is near to.
tile.kernel forward @constant_double of "constant" (input "x", output "y") {
^bb0(%x: !vec, %y: !vec):
  %large = tile.constant 1.0e9 : !tile.t<[time:16, value(V):5], f64>
  %tenth = tile.constant 1000000000.1 : !tile.t<[], f64>
  tile.chunks size 16 {
    %difference = tile.map (%large, %tenth)
        : (!tile.t<[time:16, value(V):5], f64>, !tile.t<[], f64>) -> !tile.t<[time:16, value(V):5], f64> {
    ^bb0(%p: f64, %q: f64):
      %1 = arith.subf %q, %p : f64
      tile.yield %1 : f64
    }
    %narrow = tile.cast %difference : !tile.t<[time:16, value(V):5], f64> -> !v
    tile.store %narrow, %y : !v, !vec
  }
}
