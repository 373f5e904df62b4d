// Other names for the same numbers: a token as a source, a key as a value, an axis of the panels as another and back.
!vec = !tile.tensor<token, [6], f32>
!k = !tile.t<[time:16, key(K):6], f32>
!v = !tile.t<[time:16, value(V):6], f32>
!w = !tile.t<[source:16, key(K):6], f32>
!r = !tile.t<[time:16], f32>
tile.kernel forward @rename_tokens of "rename" (input "x", input "z", output "y", output "b") {
^bb0(%x: !vec, %z: !vec, %y: !vec, %b: !tile.tensor<token, [], f32>):
  tile.chunks size 16 {
    %q = tile.load %x : !vec -> !k
    %k = tile.load %z : !vec -> !k
    %s = tile.rename %k "time" to "source" : !k -> !w
    %pairs = tile.contract %q, %s over ["K"] mask lower : !k, !w -> !tile.t<[time:16, source:16], f32>
    %u = tile.rename %k "K" to "V" : !k -> !v
    %su = tile.rename %u "time" to "source" : !v -> !tile.t<[source:16, value(V):6], f32>
    %out = tile.contract %pairs, %su over ["source"] mask lower
        : !tile.t<[time:16, source:16], f32>, !tile.t<[source:16, value(V):6], f32> -> !v
    tile.store %out, %y : !v, !vec
    %back = tile.rename %s "source" to "time" : !w -> !k
    %same = tile.rename %back "K" to "K" : !k -> !k
    %sum = tile.reduce add %same over ["K"] : !k -> !r
    tile.store %sum, %b : !r, !tile.tensor<token, [], f32>
  }
}
!wide = !tile.tensor<token, [40], f32>
!state = !tile.t<[value(W):40, key(L):40], f32>
tile.kernel forward @rename_panels of "rename" (input "x", input "z", initial "S", output "y", final "S") {
^bb0(%x: !wide, %z: !wide, %a: !tile.tensor<head, [40, 40], f32>, %y: !wide, %a1: !tile.tensor<head, [40, 40], f32>):
  %1 = tile.init %a : !tile.tensor<head, [40, 40], f32> -> !state
  %2 = tile.chunks size 16 iter(%1 : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !tile.t<[time:16, value(W):40], f32>
    %keys = tile.load %z : !wide -> !tile.t<[time:16, key(L):40], f32>
    %turned = tile.rename %rows "W" to "L" : !tile.t<[time:16, value(W):40], f32> -> !tile.t<[time:16, key(L):40], f32>
    %read = tile.contract %s, %turned over ["L"] : !state, !tile.t<[time:16, key(L):40], f32> -> !tile.t<[time:16, value(W):40], f32>
    tile.store %read, %y : !tile.t<[time:16, value(W):40], f32>, !wide
    %values = tile.rename %keys "L" to "W" : !tile.t<[time:16, key(L):40], f32> -> !tile.t<[time:16, value(W):40], f32>
    %next = tile.contract %values, %keys over ["time"] : !tile.t<[time:16, value(W):40], f32>, !tile.t<[time:16, key(L):40], f32> -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %2, %a1 : !state, !tile.tensor<head, [40, 40], f32>
}
tile.kernel forward @rename_block of "rename" (input "x", output "y") sequences 8 {
^bb0(%x: !vec, %y: !vec):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !tile.t<[time:16, seq:8, value(V):6], f32>
    %keys = tile.rename %rows "V" to "K" : !tile.t<[time:16, seq:8, value(V):6], f32> -> !tile.t<[time:16, seq:8, key(K):6], f32>
    tile.store %keys, %y : !tile.t<[time:16, seq:8, key(K):6], f32>, !vec
  }
}
