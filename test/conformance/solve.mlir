// Unit triangular systems, from the first row and from the last; what L holds on and above the diagonal is not read.
!kt = !tile.tensor<token, [6], f32>
!vt = !tile.tensor<token, [5], f32>
!num = !tile.tensor<token, [], f32>
!k = !tile.t<[time:16, key(K):6], f32>
!u = !tile.t<[source:16, key(K):6], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!p = !tile.t<[time:16, source:16], f32>
!r = !tile.t<[time:16], f32>
tile.kernel forward @solve_plain of "solve" (input "k", input "v", input "a", output "y", output "z", output "b") {
^bb0(%kt: !kt, %vt: !vt, %at: !num, %y: !vt, %z: !vt, %b: !num):
  tile.chunks size 16 {
    %k = tile.load %kt : !kt -> !k
    %v = tile.load %vt : !vt -> !v
    %a = tile.load %at : !num -> !r
    %s = tile.rename %k "time" to "source" : !k -> !u
    %pairs = tile.contract %k, %s over ["K"] mask strict : !k, !u -> !p
    %row = tile.iota : !r
    %column = tile.iota : !tile.t<[source:16], f32>
    %wild = tile.map (%pairs, %row, %column) : (!p, !r, !tile.t<[source:16], f32>) -> !p {
    ^bb0(%x: f32, %t: f32, %n: f32):
      %1 = arith.cmpf ole, %t, %n : f32
      %nan = arith.constant 0x7FC00000 : f32
      %fifth = arith.constant 0.2 : f32
      %2 = arith.mulf %x, %fifth : f32
      %3 = arith.select %1, %nan, %2 : f32
      tile.yield %3 : f32
    }
    %1 = tile.solve %wild, %v : !p, !v -> !v
    %2 = tile.solve %wild, %v transpose : !p, !v -> !v
    %3 = tile.solve %wild, %a : !p, !r -> !r
    tile.store %1, %y : !v, !vt
    tile.store %2, %z : !v, !vt
    tile.store %3, %b : !r, !num
  }
}
// Several unknowns a token, few and more than there are registers.
!l = !tile.t<[time:4, source:4, mix(m):3, mix(n):3], f32>
!b = !tile.t<[time:4, mix(m):3, value(V):5], f32>
!bt = !tile.tensor<token, [3, 5], f32>
!g = !tile.t<[time:4, mix(m):3], f32>
!h = !tile.t<[source:4, mix(n):3], f32>
tile.kernel forward @solve_mixing of "solve" (input "g", input "x", output "y", output "z") {
^bb0(%gt: !tile.tensor<token, [3], f32>, %x: !bt, %y: !bt, %z: !bt):
  tile.chunks size 4 {
    %g = tile.load %gt : !tile.tensor<token, [3], f32> -> !g
    %rows = tile.load %x : !bt -> !b
    %1 = tile.rename %g "time" to "source" : !g -> !tile.t<[source:4, mix(m):3], f32>
    %2 = tile.rename %1 "m" to "n" : !tile.t<[source:4, mix(m):3], f32> -> !h
    %l = tile.map (%g, %2) : (!g, !h) -> !l {
    ^bb0(%p: f32, %q: f32):
      %half = arith.constant 0.5 : f32
      %3 = arith.mulf %p, %half : f32
      %4 = arith.subf %3, %q : f32
      tile.yield %4 : f32
    }
    %3 = tile.solve %l, %rows mixing "m" from "n" : !l, !b -> !b
    %4 = tile.solve %l, %rows mixing "m" from "n" transpose : !l, !b -> !b
    tile.store %3, %y : !b, !bt
    tile.store %4, %z : !b, !bt
  }
}
!lm = !tile.t<[time:2, source:2, mix(m):19, mix(n):19], f32>
!bm = !tile.t<[time:2, mix(m):19], f32>
tile.kernel forward @solve_many of "solve" (input "g", input "x", output "y", output "z") {
^bb0(%gt: !tile.tensor<token, [19], f32>, %x: !tile.tensor<token, [19], f32>, %y: !tile.tensor<token, [19], f32>,
     %z: !tile.tensor<token, [19], f32>):
  tile.chunks size 2 {
    %g = tile.load %gt : !tile.tensor<token, [19], f32> -> !bm
    %rows = tile.load %x : !tile.tensor<token, [19], f32> -> !bm
    %1 = tile.rename %g "time" to "source" : !bm -> !tile.t<[source:2, mix(m):19], f32>
    %2 = tile.rename %1 "m" to "n" : !tile.t<[source:2, mix(m):19], f32> -> !tile.t<[source:2, mix(n):19], f32>
    %l = tile.map (%g, %2) : (!bm, !tile.t<[source:2, mix(n):19], f32>) -> !lm {
    ^bb0(%p: f32, %q: f32):
      %small = arith.constant 0.1 : f32
      %3 = arith.mulf %p, %q : f32
      %4 = arith.mulf %3, %small : f32
      tile.yield %4 : f32
    }
    %3 = tile.solve %l, %rows mixing "m" from "n" : !lm, !bm -> !bm
    %4 = tile.solve %l, %rows mixing "m" from "n" transpose : !lm, !bm -> !bm
    tile.store %3, %y : !bm, !tile.tensor<token, [19], f32>
    tile.store %4, %z : !bm, !tile.tensor<token, [19], f32>
  }
}
// Panels, and a triangle that a block of sequences shares.
!wide = !tile.tensor<token, [37], f32>
!y = !tile.t<[time:16, value(W):37], f32>
!state = !tile.t<[value(W):37], f32>
tile.kernel forward @solve_panels of "solve" (input "k", input "v", initial "S", output "y", final "S") {
^bb0(%kt: !kt, %vt: !wide, %first: !tile.tensor<head, [37], f32>, %out: !wide, %last: !tile.tensor<head, [37], f32>):
  %start = tile.init %first : !tile.tensor<head, [37], f32> -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %k = tile.load %kt : !kt -> !k
    %v = tile.load %vt : !wide -> !y
    %u = tile.rename %k "time" to "source" : !k -> !u
    %pairs = tile.contract %k, %u over ["K"] mask lower : !k, !u -> !p
    %l = tile.map (%pairs) : (!p) -> !p {
    ^bb0(%x: f32):
      %fifth = arith.constant 0.2 : f32
      %1 = arith.mulf %x, %fifth : f32
      tile.yield %1 : f32
    }
    %b = tile.map (%v, %s) : (!y, !state) -> !y {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.subf %p, %q : f32
      tile.yield %1 : f32
    }
    %1 = tile.solve %l, %b : !p, !y -> !y
    tile.store %1, %out : !y, !wide
    %next = tile.row %1[15] : !y -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %end, %last : !state, !tile.tensor<head, [37], f32>
}
!block = !tile.t<[time:16, seq:8, value(V):5], f32>
tile.kernel forward @solve_block of "solve" (input "v", param "A", output "y") sequences 8 {
^bb0(%vt: !vt, %at: !tile.tensor<head, [16, 16], f32>, %out: !vt):
  %pairs = tile.load %at : !tile.tensor<head, [16, 16], f32> -> !tile.t<[key(i):16, key(j):16], f32>
  %1 = tile.rename %pairs "i" to "time" : !tile.t<[key(i):16, key(j):16], f32> -> !tile.t<[time:16, key(j):16], f32>
  %l = tile.rename %1 "j" to "source" : !tile.t<[time:16, key(j):16], f32> -> !p
  tile.chunks size 16 {
    %v = tile.load %vt : !vt -> !block
    %2 = tile.solve %l, %v : !p, !block -> !block
    tile.store %2, %out : !block, !vt
  }
}
