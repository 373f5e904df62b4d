// What is carried on: swapped, turned round, unchanged, a number of its own, the same tile twice; of chunks, steps and maps.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!s = !tile.t<[value(V):5], f32>
!mem = !tile.tensor<head, [5], f32>
tile.kernel forward @yield_chunks of "yield" (input "x", initial "S", initial "T", initial "U", final "S", final "T", final "U", final "W") {
^bb0(%x: !vec, %a: !mem, %b: !mem, %c: !mem, %p: !mem, %q: !mem, %r: !mem, %t: !mem):
  %1 = tile.init %a : !mem -> !s
  %2 = tile.init %b start 2.0 : !mem -> !s
  %3 = tile.init %c start 3.0 : !mem -> !s
  %4:4 = tile.chunks size 16 iter(%1, %2, %3, %1 : !s, !s, !s, !s) {
  ^bb0(%s: !s, %u: !s, %w: !s, %z: !s):
    %rows = tile.load %x : !vec -> !v
    %sum = tile.reduce add %rows over ["time"] : !v -> !s
    %next = tile.map (%s, %sum) : (!s, !s) -> !s {
    ^bb0(%i: f32, %j: f32):
      %k = arith.addf %i, %j : f32
      tile.yield %k : f32
    }
    tile.yield %u, %next, %w, %sum : !s, !s, !s, !s
  } -> !s, !s, !s, !s
  tile.final %4#0, %p : !s, !mem
  tile.final %4#1, %q : !s, !mem
  tile.final %4#2, %r : !s, !mem
  tile.final %4#3, %t : !s, !mem
}
tile.kernel forward @yield_same of "yield" (initial "S", final "S", final "T") {
^bb0(%a: !mem, %p: !mem, %q: !mem):
  %1 = tile.init %a : !mem -> !s
  %zero = tile.constant 7.0 : !s
  %2:2 = tile.chunks size 16 iter(%1, %zero : !s, !s) {
  ^bb0(%s: !s, %u: !s):
    %next = tile.map (%s, %u) : (!s, !s) -> !s {
    ^bb0(%i: f32, %j: f32):
      %k = arith.subf %j, %i : f32
      tile.yield %k : f32
    }
    tile.yield %next, %next : !s, !s
  } -> !s, !s
  tile.final %2#0, %p : !s, !mem
  tile.final %2#1, %q : !s, !mem
}
tile.kernel forward @yield_steps of "yield" (input "x", initial "S", initial "T", output "y", output "z", final "S", final "T") {
^bb0(%x: !vec, %a: !mem, %b: !mem, %y: !vec, %z: !vec, %p: !mem, %q: !mem):
  %1 = tile.init %a : !mem -> !s
  %2 = tile.init %b start 2.0 : !mem -> !s
  %3:2 = tile.chunks size 16 iter(%1, %2 : !s, !s) {
  ^bb0(%s: !s, %u: !s):
    %rows = tile.load %x : !vec -> !v
    %4:4 = tile.steps iter(%s, %u : !s, !s) rows(%rows : !v) {
    ^bb0(%g: !s, %h: !s, %row: !s):
      %next = tile.map (%g, %row) : (!s, !s) -> !s {
      ^bb0(%i: f32, %j: f32):
        %half = arith.constant 0.5 : f32
        %k = arith.mulf %i, %half : f32
        %l = arith.addf %k, %j : f32
        tile.yield %l : f32
      }
      tile.yield %h, %next, %row, %g : !s, !s, !s, !s
    } -> !s, !s, !v, !v
    tile.store %4#2, %y : !v, !vec
    tile.store %4#3, %z : !v, !vec
    tile.yield %4#0, %4#1 : !s, !s
  } -> !s, !s
  tile.final %3#0, %p : !s, !mem
  tile.final %3#1, %q : !s, !mem
}
