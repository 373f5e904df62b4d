// Where a state starts: where the caller says; or at 0, at a number, at the identity, at a param.
!mem = !tile.tensor<head, [5], f32>
!half = !tile.tensor<head, [5], f16>
!square = !tile.tensor<head, [6, 6], f32>
!s = !tile.t<[value(V):5], f32>
!m = !tile.t<[value(U):6, key(K):6], f32>
tile.kernel forward @init_starts of "init" (initial "A", initial "B", initial "C", initial "I", param "W", initial "E", initial "F", final "A", final "B", final "C", final "I", final "E", final "F") {
^bb0(%a: !mem, %b: !half, %c: !mem, %i: !square, %w: !half, %e: !tile.tensor<head, [], f32>, %f: !square,
     %a1: !mem, %b1: !mem, %c1: !half, %i1: !square, %e1: !tile.tensor<head, [], f32>, %f1: !square):
  %1 = tile.init %a : !mem -> !s
  %2 = tile.init %b start -2.5 : !half -> !s
  %3 = tile.init %c or %w : !half : !mem -> !s
  %4 = tile.init %i {identity} : !square -> !m
  %5 = tile.init %e start 1.5 : !tile.tensor<head, [], f32> -> !tile.t<[], f32>
  %6 = tile.init %f {identity} : !square -> !m
  tile.final %1, %a1 : !s, !mem
  tile.final %2, %b1 : !s, !mem
  tile.final %3, %c1 : !s, !half
  tile.final %4, %i1 : !m, !square
  tile.final %5, %e1 : !tile.t<[], f32>, !tile.tensor<head, [], f32>
  tile.final %6, %f1 : !m, !square
}
// In float64.
tile.kernel forward @init_double of "init" (initial "S", initial "I", final "S", final "I") {
^bb0(%a: !half, %i: !square, %a1: !mem, %i1: !square):
  %1 = tile.init %a start 0.1 : !half -> !tile.t<[value(V):5], f64>
  %2 = tile.init %i {identity} : !square -> !tile.t<[value(U):6, key(K):6], f64>
  tile.final %1, %a1 : !tile.t<[value(V):5], f64>, !mem
  tile.final %2, %i1 : !tile.t<[value(U):6, key(K):6], f64>, !square
}
// Panels; a state in place, which the caller has always, and may lie in his memory.
!tall = !tile.tensor<head, [37, 3], f32>
!t = !tile.t<[value(W):37, key(K):3], f32>
tile.kernel forward @init_panels of "init" (initial "S", param "W", initial "T", final "S", final "T") {
^bb0(%a: !tall, %w: !tall, %b: !tile.tensor<head, [37, 37], f32>, %a1: !tall, %b1: !tile.tensor<head, [37, 37], f32>):
  %1 = tile.init %a or %w : !tall : !tall -> !t
  %2 = tile.init %b {identity} : !tile.tensor<head, [37, 37], f32> -> !tile.t<[value(W):37, key(L):37], f32>
  tile.final %1, %a1 : !t, !tall
  tile.final %2, %b1 : !tile.t<[value(W):37, key(L):37], f32>, !tile.tensor<head, [37, 37], f32>
}
tile.kernel decode @init_state of "init" (state "S", state "T") {
^bb0(%a: !tile.tensor<head, [8, 16], f32>, %b: !half):
  %1 = tile.init %a : !tile.tensor<head, [8, 16], f32> -> !tile.t<[value(V):8, key(K):16], f32>
  %2 = tile.init %b : !half -> !tile.t<[value(U):5], f32>
  %3:2 = tile.chunks size 1 iter(%1, %2 : !tile.t<[value(V):8, key(K):16], f32>, !tile.t<[value(U):5], f32>) {
  ^bb0(%s: !tile.t<[value(V):8, key(K):16], f32>, %u: !tile.t<[value(U):5], f32>):
    %next = tile.map (%s) : (!tile.t<[value(V):8, key(K):16], f32>) -> !tile.t<[value(V):8, key(K):16], f32> {
    ^bb0(%p: f32):
      %half = arith.constant 0.9 : f32
      %q = arith.mulf %p, %half : f32
      tile.yield %q : f32
    }
    %other = tile.map (%u) : (!tile.t<[value(U):5], f32>) -> !tile.t<[value(U):5], f32> {
    ^bb0(%p: f32):
      %half = arith.constant 0.5 : f32
      %q = arith.addf %p, %half : f32
      tile.yield %q : f32
    }
    tile.yield %next, %other : !tile.t<[value(V):8, key(K):16], f32>, !tile.t<[value(U):5], f32>
  } -> !tile.t<[value(V):8, key(K):16], f32>, !tile.t<[value(U):5], f32>
  tile.final %3#0, %a : !tile.t<[value(V):8, key(K):16], f32>, !tile.tensor<head, [8, 16], f32>
  tile.final %3#1, %b : !tile.t<[value(U):5], f32>, !half
}
// What was saved of a sequence, and a cotangent that may be absent.
tile.kernel forward @init_saved of "init" (output_grad "y", saved "s", final_grad "S", initial_grad "S") {
^bb0(%y: !tile.tensor<token, [], f32>, %a: !mem, %b: !mem, %c: !mem):
  %1 = tile.init %a : !mem -> !s
  %2 = tile.init %b : !mem -> !s
  %3 = tile.map (%1, %2) : (!s, !s) -> !s {
  ^bb0(%p: f32, %q: f32):
    %r = arith.addf %p, %q : f32
    tile.yield %r : f32
  }
  tile.final %3, %c : !s, !mem
}
!own = !tile.t<[seq:8, value(V):5], f32>
tile.kernel forward @init_block of "init" (initial "A", initial "B", param "W", final "A", final "B") sequences 8 {
^bb0(%a: !mem, %b: !half, %w: !mem, %a1: !mem, %b1: !mem):
  %1 = tile.init %a start 2.0 : !mem -> !own
  %2 = tile.init %b or %w : !mem : !half -> !own
  tile.final %1, %a1 : !own, !mem
  tile.final %2, %b1 : !own, !mem
}
