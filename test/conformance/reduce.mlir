// Sums, maxima and products: over lanes and over rows, over panels, of a block; products in float64, and bounded.
!vec = !tile.tensor<token, [5, 6], f32>
!m = !tile.t<[time:16, value(V):5, key(K):6], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!k = !tile.t<[time:16, key(K):6], f32>
!r = !tile.t<[time:16], f32>
!num = !tile.tensor<token, [], f32>
tile.kernel forward @reduce_sums of "reduce" (input "x", output "a", output "b", output "c", output "d") {
^bb0(%x: !vec, %a: !tile.tensor<token, [5], f32>, %b: !tile.tensor<token, [6], f32>, %c: !num, %d: !num):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !m
    %1 = tile.reduce add %rows over ["K"] : !m -> !v
    %2 = tile.reduce max %rows over ["V"] : !m -> !k
    %3 = tile.reduce max %rows over ["K", "V"] : !m -> !r
    %4 = tile.reduce add %rows over ["time", "V", "K"] : !m -> !tile.t<[], f32>
    %5 = tile.map (%3, %4) : (!r, !tile.t<[], f32>) -> !r {
    ^bb0(%p: f32, %q: f32):
      %s = arith.addf %p, %q : f32
      tile.yield %s : f32
    }
    %none = tile.reduce max %3 over [] : !r -> !r
    tile.store %1, %a : !v, !tile.tensor<token, [5], f32>
    tile.store %2, %b : !k, !tile.tensor<token, [6], f32>
    tile.store %5, %c : !r, !num
    tile.store %none, %d : !r, !num
  }
}
tile.kernel forward @reduce_products of "reduce" (input "x", input "y", final "A", final "B", final "C", final "D", final "E") {
^bb0(%x: !tile.tensor<token, [5], f32>, %y: !num, %a: !tile.tensor<head, [5], f32>, %b: !tile.tensor<head, [5], f32>,
     %c: !tile.tensor<head, [5], f32>, %d: !tile.tensor<head, [], f32>, %e: !tile.tensor<head, [], f32>):
  %one = tile.constant 1.0 : !tile.t<[value(V):5], f32>
  %unit = tile.constant 1.0 : !tile.t<[], f32>
  %end:5 = tile.chunks size 16 iter(%one, %one, %one, %unit, %unit
      : !tile.t<[value(V):5], f32>, !tile.t<[value(V):5], f32>, !tile.t<[value(V):5], f32>, !tile.t<[], f32>, !tile.t<[], f32>) {
  ^bb0(%s: !tile.t<[value(V):5], f32>, %t: !tile.t<[value(V):5], f32>, %u: !tile.t<[value(V):5], f32>,
       %w: !tile.t<[], f32>, %z: !tile.t<[], f32>):
    %rows = tile.load %x : !tile.tensor<token, [5], f32> -> !v
    %numbers = tile.load %y : !num -> !r
    %near = tile.map (%rows) : (!v) -> !v {
    ^bb0(%p: f32):
      // 1 + n / 2^16, which float32 holds.
      %c1 = arith.constant 1.0 : f32
      %c2 = arith.constant 64.0 : f32
      %c3 = arith.constant 0x37800000 : f32
      %1 = arith.mulf %p, %c2 : f32
      %2 = math.floor %1 : f32
      %3 = arith.mulf %2, %c3 : f32
      %4 = arith.addf %3, %c1 : f32
      tile.yield %4 : f32
    }
    %large = tile.map (%rows) : (!v) -> !v {
    ^bb0(%p: f32):
      %c1 = arith.constant 9.0 : f32
      %1 = arith.mulf %p, %c1 : f32
      tile.yield %1 : f32
    }
    %much = tile.map (%numbers) : (!r) -> !r {
    ^bb0(%p: f32):
      %c1 = arith.constant 9.0 : f32
      %1 = arith.mulf %p, %c1 : f32
      tile.yield %1 : f32
    }
    %1 = tile.reduce mul %near over ["time"] : !v -> !tile.t<[value(V):5], f32>
    %2 = tile.reduce mul %near over ["time"] : !v -> !tile.t<[value(V):5], f64>
    %3 = tile.reduce mul %large over ["time"] most 5.0 : !v -> !tile.t<[value(V):5], f32>
    %4 = tile.reduce mul %much over ["time"] most 5.0 : !r -> !tile.t<[], f32>
    %5 = tile.reduce mul %numbers over ["time"] most 5.0 : !r -> !tile.t<[], f64>
    // What float32 would lose of a product near 1.
    %rest = tile.map (%2) : (!tile.t<[value(V):5], f64>) -> !tile.t<[value(V):5], f32> {
    ^bb0(%p: f64):
      %c1 = arith.constant 1.0 : f64
      %6 = arith.subf %p, %c1 : f64
      %7 = arith.truncf %6 : f64 to f32
      tile.yield %7 : f32
    }
    %6 = tile.cast %5 : !tile.t<[], f64> -> !tile.t<[], f32>
    tile.yield %1, %rest, %3, %4, %6 : !tile.t<[value(V):5], f32>, !tile.t<[value(V):5], f32>, !tile.t<[value(V):5], f32>, !tile.t<[], f32>, !tile.t<[], f32>
  } -> !tile.t<[value(V):5], f32>, !tile.t<[value(V):5], f32>, !tile.t<[value(V):5], f32>, !tile.t<[], f32>, !tile.t<[], f32>
  tile.final %end#0, %a : !tile.t<[value(V):5], f32>, !tile.tensor<head, [5], f32>
  tile.final %end#1, %b : !tile.t<[value(V):5], f32>, !tile.tensor<head, [5], f32>
  tile.final %end#2, %c : !tile.t<[value(V):5], f32>, !tile.tensor<head, [5], f32>
  tile.final %end#3, %d : !tile.t<[], f32>, !tile.tensor<head, [], f32>
  tile.final %end#4, %e : !tile.t<[], f32>, !tile.tensor<head, [], f32>
}
// Over the axis of the panels, and along it.
!wide = !tile.tensor<token, [37], f32>
!state = !tile.t<[value(W):37, key(K):3], f32>
tile.kernel forward @reduce_panels of "reduce" (input "x", initial "S", output "y", output "z", final "S") {
^bb0(%x: !wide, %a: !tile.tensor<head, [37, 3], f32>, %y: !num, %z: !num, %a1: !tile.tensor<head, [37, 3], f32>):
  %1 = tile.init %a : !tile.tensor<head, [37, 3], f32> -> !state
  %2 = tile.chunks size 16 iter(%1 : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !tile.t<[time:16, value(W):37], f32>
    %sum = tile.reduce add %rows over ["W"] : !tile.t<[time:16, value(W):37], f32> -> !r
    %most = tile.reduce max %s over ["W"] : !state -> !tile.t<[key(K):3], f32>
    %all = tile.reduce max %most over ["K"] : !tile.t<[key(K):3], f32> -> !tile.t<[], f32>
    %shifted = tile.map (%sum, %all) : (!r, !tile.t<[], f32>) -> !r {
    ^bb0(%p: f32, %q: f32):
      %3 = arith.addf %p, %q : f32
      tile.yield %3 : f32
    }
    tile.store %shifted, %y : !r, !num
    %least = tile.reduce max %rows over ["W"] : !tile.t<[time:16, value(W):37], f32> -> !r
    tile.store %least, %z : !r, !num
    %product = tile.reduce mul %rows over ["time"] most 2.0 : !tile.t<[time:16, value(W):37], f32> -> !tile.t<[value(W):37], f32>
    %next = tile.map (%s, %product, %most) : (!state, !tile.t<[value(W):37], f32>, !tile.t<[key(K):3], f32>) -> !state {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %3 = arith.mulf %p, %r : f32
      %4 = arith.addf %3, %q : f32
      tile.yield %4 : f32
    }
    tile.yield %next : !state
  } -> !state
  tile.final %2, %a1 : !state, !tile.tensor<head, [37, 3], f32>
}
tile.kernel forward @reduce_block of "reduce" (input "x", output "y", final "S") sequences 8 {
^bb0(%x: !tile.tensor<token, [5], f32>, %y: !num, %a1: !tile.tensor<head, [5], f32>):
  %1 = tile.constant 0.0 : !tile.t<[seq:8, value(V):5], f32>
  %2 = tile.chunks size 16 iter(%1 : !tile.t<[seq:8, value(V):5], f32>) {
  ^bb0(%s: !tile.t<[seq:8, value(V):5], f32>):
    %rows = tile.load %x : !tile.tensor<token, [5], f32> -> !tile.t<[time:16, seq:8, value(V):5], f32>
    %sum = tile.reduce add %rows over ["V"] : !tile.t<[time:16, seq:8, value(V):5], f32> -> !tile.t<[time:16, seq:8], f32>
    tile.store %sum, %y : !tile.t<[time:16, seq:8], f32>, !num
    %next = tile.reduce mul %rows over ["time"] : !tile.t<[time:16, seq:8, value(V):5], f32> -> !tile.t<[seq:8, value(V):5], f32>
    tile.yield %next : !tile.t<[seq:8, value(V):5], f32>
  } -> !tile.t<[seq:8, value(V):5], f32>
  tile.final %2, %a1 : !tile.t<[seq:8, value(V):5], f32>, !tile.tensor<head, [5], f32>
}
