// From float32 to float64 and back, where one of them has more lanes than the other has entries left.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!d = !tile.t<[time:16, value(V):5], f64>
tile.kernel forward @cast_rows of "cast" (input "x", output "y") {
^bb0(%x: !vec, %y: !vec):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %wide = tile.cast %rows : !v -> !d
    %large = tile.map (%wide) : (!d) -> !d {
    ^bb0(%p: f64):
      %1 = arith.constant 1.0e9 : f64
      %2 = arith.addf %p, %1 : f64
      tile.yield %2 : f64
    }
    %small = tile.map (%large) : (!d) -> !d {
    ^bb0(%p: f64):
      %1 = arith.constant 1.0e9 : f64
      %2 = arith.subf %p, %1 : f64
      tile.yield %2 : f64
    }
    %again = tile.cast %small : !d -> !v
    tile.store %again, %y : !v, !vec
  }
}
// Immediate values, numbers without axes, the same type.
tile.kernel forward @cast_immediate of "cast" (param "a", output "y", output "z") {
^bb0(%a: !tile.tensor<head, [], f32>, %y: !tile.tensor<token, [], f32>, %z: !vec):
  %number = tile.load %a : !tile.tensor<head, [], f32> -> !tile.t<[], f64>
  %single = tile.cast %number : !tile.t<[], f64> -> !tile.t<[], f32>
  %constant = tile.constant 0.1 : !tile.t<[value(V):5], f64>
  %rounded = tile.cast %constant : !tile.t<[value(V):5], f64> -> !tile.t<[value(V):5], f32>
  %same = tile.cast %rounded : !tile.t<[value(V):5], f32> -> !tile.t<[value(V):5], f32>
  tile.chunks size 16 {
    %count = tile.iota : !tile.t<[time:16], f32>
    %wide = tile.cast %count : !tile.t<[time:16], f32> -> !tile.t<[time:16], f64>
    %sum = tile.map (%wide, %single) : (!tile.t<[time:16], f64>, !tile.t<[], f32>) -> !tile.t<[time:16], f32> {
    ^bb0(%p: f64, %q: f32):
      %1 = arith.truncf %p : f64 to f32
      %2 = arith.addf %1, %q : f32
      tile.yield %2 : f32
    }
    tile.store %sum, %y : !tile.t<[time:16], f32>, !tile.tensor<token, [], f32>
    %rows = tile.map (%same) : (!tile.t<[value(V):5], f32>) -> !v {
    ^bb0(%p: f32):
      tile.yield %p : f32
    }
    tile.store %rows, %z : !v, !vec
  }
}
// Over panels, and of a block.
!wide = !tile.tensor<token, [37], f32>
!state = !tile.t<[value(W):37], f32>
tile.kernel forward @cast_panels of "cast" (input "x", initial "S", output "y", final "S") {
^bb0(%x: !wide, %first: !tile.tensor<head, [37], f32>, %y: !wide, %last: !tile.tensor<head, [37], f32>):
  %start = tile.init %first : !tile.tensor<head, [37], f32> -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !tile.t<[time:16, value(W):37], f64>
    %again = tile.cast %rows : !tile.t<[time:16, value(W):37], f64> -> !tile.t<[time:16, value(W):37], f32>
    tile.store %again, %y : !tile.t<[time:16, value(W):37], f32>, !wide
    %wide = tile.cast %s : !state -> !tile.t<[value(W):37], f64>
    %half = tile.map (%wide) : (!tile.t<[value(W):37], f64>) -> !tile.t<[value(W):37], f64> {
    ^bb0(%p: f64):
      %1 = arith.constant 0.5 : f64
      %2 = arith.mulf %p, %1 : f64
      tile.yield %2 : f64
    }
    %next = tile.cast %half : !tile.t<[value(W):37], f64> -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %end, %last : !state, !tile.tensor<head, [37], f32>
}
tile.kernel forward @cast_block of "cast" (input "x", output "y") sequences 8 {
^bb0(%x: !vec, %y: !vec):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !tile.t<[time:16, seq:8, value(V):5], f64>
    %again = tile.cast %rows : !tile.t<[time:16, seq:8, value(V):5], f64> -> !tile.t<[time:16, seq:8, value(V):5], f32>
    tile.store %again, %y : !tile.t<[time:16, seq:8, value(V):5], f32>, !vec
  }
}
