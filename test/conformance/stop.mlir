// The number itself: to a forward kernel it is nothing.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
tile.kernel forward @stop_numbers of "stop" (input "x", output "y") {
^bb0(%x: !vec, %y: !vec):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %same = tile.map (%rows) : (!v) -> !v {
    ^bb0(%p: f32):
      %1 = tile.stop %p : f32
      %2 = math.exp %1 : f32
      %3 = tile.stop %2 : f32
      %4 = arith.extf %3 : f32 to f64
      %5 = tile.stop %4 : f64
      %6 = arith.truncf %5 : f64 to f32
      tile.yield %6 : f32
    }
    tile.store %same, %y : !v, !vec
  }
}
