// A state's end, where it is wanted: in every element type, of panels, in place, of params' gradients, saved.
!mem = !tile.tensor<head, [5], f32>
!s = !tile.t<[value(V):5], f32>
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
tile.kernel forward @final_types of "final" (input "x", initial "S", final "A", final "B", final "C", saved "D") {
^bb0(%x: !vec, %first: !mem, %a: !mem, %b: !tile.tensor<head, [5], bf16>, %c: !tile.tensor<head, [5], f16>, %d: !mem):
  %start = tile.init %first : !mem -> !s
  %end = tile.chunks size 16 iter(%start : !s) {
  ^bb0(%s: !s):
    %rows = tile.load %x : !vec -> !v
    %next = tile.reduce max %rows over ["time"] : !v -> !s
    tile.yield %next : !s
  } -> !s
  tile.final %end, %a : !s, !mem
  tile.final %end, %b : !s, !tile.tensor<head, [5], bf16>
  tile.final %end, %c : !s, !tile.tensor<head, [5], f16>
  tile.final %end, %d : !s, !mem
}
tile.kernel forward @final_immediate of "final" (final "A", final "B") {
^bb0(%a: !mem, %b: !tile.tensor<head, [], f32>):
  %count = tile.iota : !s
  %constant = tile.constant 0.1 : !tile.t<[], f64>
  tile.final %count, %a : !s, !mem
  tile.final %constant, %b : !tile.t<[], f64>, !tile.tensor<head, [], f32>
}
// The gradient of a param is a sum over sequences and heads, that of a start is each one's own.
tile.kernel forward @final_gradients of "final" 
    (output_grad "y", final_grad "S", param_grad "A" partial, param_grad "B" partial, initial_grad "S") {
^bb0(%y: !vec, %bar: !mem, %a: !mem, %b: !tile.tensor<head, [], f32>, %first: !mem):
  %zero = tile.constant 0.0 : !s
  %nothing = tile.constant 0.0 : !tile.t<[], f32>
  %start = tile.init %bar : !mem -> !s
  %end = tile.chunks size 16 reverse iter(%zero : !s) {
  ^bb0(%s: !s):
    %valid = tile.valid : !tile.t<[time:16], i1>
    %rows = tile.load %y : !vec -> !v
    %there = tile.select %valid, %rows, %nothing : !tile.t<[time:16], i1>, !v, !tile.t<[], f32> -> !v
    %sum = tile.reduce add %there over ["time"] : !v -> !s
    %next = tile.map (%s, %sum) : (!s, !s) -> !s {
    ^bb0(%p: f32, %q: f32):
      %r = arith.addf %p, %q : f32
      tile.yield %r : f32
    }
    tile.yield %next : !s
  } -> !s
  %total = tile.reduce add %end over ["V"] : !s -> !tile.t<[], f32>
  tile.final %end, %a : !s, !mem
  tile.final %total, %b : !tile.t<[], f32>, !tile.tensor<head, [], f32>
  tile.final %start, %first : !s, !mem
}
!tall = !tile.tensor<head, [37, 3], bf16>
!t = !tile.t<[value(W):37, key(K):3], f32>
tile.kernel forward @final_panels of "final" (initial "S", final "S") {
^bb0(%a: !tile.tensor<head, [37, 3], f32>, %a1: !tall):
  %1 = tile.init %a : !tile.tensor<head, [37, 3], f32> -> !t
  %2 = tile.map (%1) : (!t) -> !t {
  ^bb0(%p: f32):
    %q = arith.addf %p, %p : f32
    tile.yield %q : f32
  }
  tile.final %2, %a1 : !t, !tall
}
!own = !tile.t<[seq:8, value(V):5], f32>
tile.kernel decode @final_block of "final" (state "S", state "T") sequences 8 {
^bb0(%a: !mem, %b: !tile.tensor<head, [5], f16>):
  %1 = tile.init %a : !mem -> !own
  %2 = tile.init %b : !tile.tensor<head, [5], f16> -> !own
  %3 = tile.map (%1, %2) : (!own, !own) -> !own {
  ^bb0(%p: f32, %q: f32):
    %r = arith.addf %p, %q : f32
    tile.yield %r : f32
  }
  tile.final %3, %a : !own, !mem
  tile.final %3, %b : !own, !tile.tensor<head, [5], f16>
}
