// Loops over chunks: of one token, of some, in both directions, without the last, inside each other, one after the other.
!vec = !tile.tensor<token, [5], f32>
!s = !tile.t<[value(V):5], f32>
!mem = !tile.tensor<head, [5], f32>
!v1 = !tile.t<[time:1, value(V):5], f32>
!v7 = !tile.t<[time:7, value(V):5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
tile.kernel forward @chunks_sizes of "chunks" (input "x", initial "S", output "y", output "z", final "S", final "T") {
^bb0(%x: !vec, %first: !mem, %y: !vec, %z: !vec, %last: !mem, %other: !mem):
  %start = tile.init %first : !mem -> !s
  %1 = tile.chunks size 1 iter(%start : !s) {
  ^bb0(%s: !s):
    %rows = tile.load %x : !vec -> !v1
    %sum = tile.map (%rows, %s) : (!v1, !s) -> !v1 {
    ^bb0(%p: f32, %q: f32):
      %half = arith.constant 0.5 : f32
      %2 = arith.mulf %q, %half : f32
      %3 = arith.addf %p, %2 : f32
      tile.yield %3 : f32
    }
    tile.store %sum, %y : !v1, !vec
    %next = tile.row %sum[0] : !v1 -> !s
    tile.yield %next : !s
  } -> !s
  tile.final %1, %last : !s, !mem
  %4 = tile.chunks size 7 reverse iter(%1 : !s) {
  ^bb0(%s: !s):
    %rows = tile.load %x : !vec -> !v7
    %sum = tile.map (%rows, %s) : (!v7, !s) -> !v7 {
    ^bb0(%p: f32, %q: f32):
      %2 = arith.addf %p, %q : f32
      tile.yield %2 : f32
    }
    tile.store %sum, %z : !v7, !vec
    %next = tile.reduce max %rows over ["time"] : !v7 -> !s
    tile.yield %next : !s
  } -> !s
  tile.final %4, %other : !s, !mem
}
tile.kernel forward @chunks_nested of "chunks" (input "x", initial "S", output "y", final "S", final "T") {
^bb0(%x: !vec, %first: !mem, %y: !vec, %last: !mem, %other: !mem):
  %start = tile.init %first : !mem -> !s
  %count = tile.constant 0.0 : !s
  %1:2 = tile.chunks size 32 reverse iter(%start, %count : !s, !s) {
  ^bb0(%s: !s, %n: !s):
    %2 = tile.chunks size 16 leave_last iter(%n : !s) {
    ^bb0(%t: !s):
      %rows = tile.load %x : !vec -> !v
      %sum = tile.reduce add %rows over ["time"] : !v -> !s
      %next = tile.map (%t, %sum) : (!s, !s) -> !s {
      ^bb0(%p: f32, %q: f32):
        %3 = arith.addf %p, %q : f32
        tile.yield %3 : f32
      }
      tile.yield %next : !s
    } -> !s
    %4 = tile.chunks size 16 iter(%s : !s) {
    ^bb0(%t: !s):
      %rows = tile.load %x : !vec -> !v
      %sum = tile.map (%rows, %t) : (!v, !s) -> !v {
      ^bb0(%p: f32, %q: f32):
        %3 = arith.addf %p, %q : f32
        tile.yield %3 : f32
      }
      tile.store %sum, %y : !v, !vec
      %next = tile.row %rows[15] : !v -> !s
      tile.yield %next : !s
    } -> !s
    tile.yield %4, %2 : !s, !s
  } -> !s, !s
  tile.final %1#0, %last : !s, !mem
  tile.final %1#1, %other : !s, !mem
}
!own = !tile.t<[seq:8, value(V):5], f32>
tile.kernel forward @chunks_block of "chunks" (input "x", initial "S", output "y", final "S") sequences 8 {
^bb0(%x: !vec, %first: !mem, %y: !vec, %last: !mem):
  %start = tile.init %first : !mem -> !own
  %1 = tile.chunks size 16 iter(%start : !own) {
  ^bb0(%s: !own):
    %rows = tile.load %x : !vec -> !tile.t<[time:16, seq:8, value(V):5], f32>
    %sum = tile.map (%rows, %s) : (!tile.t<[time:16, seq:8, value(V):5], f32>, !own) -> !tile.t<[time:16, seq:8, value(V):5], f32> {
    ^bb0(%p: f32, %q: f32):
      %2 = arith.addf %p, %q : f32
      tile.yield %2 : f32
    }
    tile.store %sum, %y : !tile.t<[time:16, seq:8, value(V):5], f32>, !vec
    %next = tile.reduce max %sum over ["time"] : !tile.t<[time:16, seq:8, value(V):5], f32> -> !own
    tile.yield %next : !own
  } -> !own
  tile.final %1, %last : !own, !mem
}
