// Token by token: in both directions, with panels of a carried matrix and with sums over them, of a block; rows past the
// end repeat the last one.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!s = !tile.t<[value(V):5], f32>
!mem = !tile.tensor<head, [5], f32>
tile.kernel forward @steps_directions of "steps" (input "x", input "a", initial "S", output "y", output "z", final "S", final "T") {
^bb0(%x: !vec, %a: !tile.tensor<token, [], f32>, %first: !mem, %y: !vec, %z: !vec, %last: !mem, %other: !mem):
  %start = tile.init %first : !mem -> !s
  %zero = tile.constant 0.0 : !s
  %end:2 = tile.chunks size 16 iter(%start, %zero : !s, !s) {
  ^bb0(%s: !s, %u: !s):
    %rows = tile.load %x : !vec -> !v
    %gates = tile.load %a : !tile.tensor<token, [], f32> -> !tile.t<[time:16], f32>
    %1, %2 = tile.steps iter(%s : !s) rows(%rows, %gates : !v, !tile.t<[time:16], f32>) {
    ^bb0(%h: !s, %row: !s, %gate: !tile.t<[], f32>):
      %next = tile.map (%h, %row, %gate) : (!s, !s, !tile.t<[], f32>) -> !s {
      ^bb0(%p: f32, %q: f32, %r: f32):
        %3 = arith.mulf %p, %r : f32
        %4 = arith.addf %3, %q : f32
        tile.yield %4 : f32
      }
      tile.yield %next, %next : !s, !s
    } -> !s, !v
    %5, %6 = tile.steps iter(%u : !s) rows(%rows : !v) with(%1 : !s) reverse {
    ^bb0(%h: !s, %row: !s, %whole: !s):
      %next = tile.map (%h, %row, %whole) : (!s, !s, !s) -> !s {
      ^bb0(%p: f32, %q: f32, %r: f32):
        %half = arith.constant 0.5 : f32
        %3 = arith.mulf %p, %half : f32
        %4 = arith.addf %3, %q : f32
        %7 = arith.subf %4, %r : f32
        tile.yield %7 : f32
      }
      tile.yield %next, %h : !s, !s
    } -> !s, !v
    tile.store %2, %y : !v, !vec
    tile.store %6, %z : !v, !vec
    %sum = tile.reduce add %2 over ["time"] : !v -> !s
    tile.yield %1, %sum : !s, !s
  } -> !s, !s
  tile.final %end#0, %last : !s, !mem
  tile.final %end#1, %other : !s, !mem
}
!wide = !tile.tensor<token, [37], f32>
!kt = !tile.tensor<token, [6], f32>
!w = !tile.t<[time:16, value(W):37], f32>
!k = !tile.t<[time:16, key(K):6], f32>
!row = !tile.t<[value(W):37], f32>
!key = !tile.t<[key(K):6], f32>
!state = !tile.t<[value(W):37, key(K):6], f32>
!tall = !tile.tensor<head, [37, 6], f32>
tile.kernel forward @steps_panels of "steps" (input "x", input "k", initial "S", output "y", final "S") {
^bb0(%x: !wide, %kt: !kt, %first: !tall, %y: !wide, %last: !tall):
  %start = tile.init %first : !tall -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %values = tile.load %x : !wide -> !w
    %keys = tile.load %kt : !kt -> !k
    %1, %2 = tile.steps iter(%s : !state) rows(%values, %keys : !w, !k) {
    ^bb0(%h: !state, %value: !row, %key: !key):
      %read = tile.contract %h, %key over ["K"] : !state, !key -> !row
      %error = tile.map (%value, %read) : (!row, !row) -> !row {
      ^bb0(%p: f32, %q: f32):
        %fifth = arith.constant 0.2 : f32
        %3 = arith.subf %p, %q : f32
        %4 = arith.mulf %3, %fifth : f32
        tile.yield %4 : f32
      }
      %next = tile.contract %error, %key acc %h : !state over [] : !row, !key -> !state
      tile.yield %next, %read : !state, !row
    } -> !state, !w
    tile.store %2, %y : !w, !wide
    tile.yield %1 : !state
  } -> !state
  tile.final %end, %last : !state, !tall
}
tile.kernel forward @steps_across of "steps" (input "x", input "k", initial "S", output "y", final "S") {
^bb0(%x: !wide, %kt: !kt, %first: !tall, %y: !kt, %last: !tall):
  %start = tile.init %first : !tall -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %values = tile.load %x : !wide -> !w
    %keys = tile.load %kt : !kt -> !k
    %1, %2 = tile.steps iter(%s : !state) rows(%values, %keys : !w, !k) {
    ^bb0(%h: !state, %value: !row, %key: !key):
      %read = tile.contract %h, %value over ["W"] : !state, !row -> !key
      %norm = tile.reduce max %value over ["W"] : !row -> !tile.t<[], f32>
      %next = tile.map (%h, %value, %read, %key, %norm) : (!state, !row, !key, !key, !tile.t<[], f32>) -> !state {
      ^bb0(%p: f32, %q: f32, %r: f32, %t: f32, %n: f32):
        %small = arith.constant 0.02 : f32
        %3 = arith.subf %t, %r : f32
        %4 = arith.mulf %3, %q : f32
        %5 = arith.mulf %4, %small : f32
        %6 = arith.mulf %5, %n : f32
        %7 = arith.addf %p, %6 : f32
        tile.yield %7 : f32
      }
      tile.yield %next, %read : !state, !key
    } -> !state, !k
    tile.store %2, %y : !k, !kt
    tile.yield %1 : !state
  } -> !state
  tile.final %end, %last : !state, !tall
}
// Where every chunk is a token; nothing carried; nothing but stored.
tile.kernel decode @steps_token of "steps" (input "x", state "S", kept "S", output "y") {
^bb0(%x: !vec, %state: !mem, %kept: !vec, %y: !vec):
  %start = tile.init %state : !mem -> !s
  %end = tile.chunks size 1 iter(%start : !s) {
  ^bb0(%s: !s):
    %rows = tile.load %x : !vec -> !tile.t<[time:1, value(V):5], f32>
    %1, %2 = tile.steps iter(%s : !s) rows(%rows : !tile.t<[time:1, value(V):5], f32>) {
    ^bb0(%h: !s, %row: !s):
      %next = tile.map (%h, %row) : (!s, !s) -> !s {
      ^bb0(%p: f32, %q: f32):
        %3 = arith.subf %q, %p : f32
        tile.yield %3 : f32
      }
      tile.yield %next, %h : !s, !s
    } -> !s, !tile.t<[time:1, value(V):5], f32>
    tile.store %1, %kept : !s, !vec
    tile.store %2, %y : !tile.t<[time:1, value(V):5], f32>, !vec
    tile.yield %1 : !s
  } -> !s
  tile.final %end, %state : !s, !mem
}

// What a state was before the steps that take it over is read after them, too.
tile.kernel forward @steps_before of "steps" (input "x", initial "S", output "y", final "S") {
^bb0(%x: !vec, %first: !mem, %y: !vec, %last: !mem):
  %start = tile.init %first : !mem -> !s
  %end = tile.chunks size 16 iter(%start : !s) {
  ^bb0(%s: !s):
    %rows = tile.load %x : !vec -> !v
    %next = tile.steps iter(%s : !s) rows(%rows : !v) {
    ^bb0(%u: !s, %row: !s):
      %sum = tile.map (%u, %row) : (!s, !s) -> !s {
      ^bb0(%p: f32, %q: f32):
        %1 = arith.addf %p, %q : f32
        tile.yield %1 : f32
      }
      tile.yield %sum : !s
    } -> !s
    %both = tile.map (%rows, %s) : (!v, !s) -> !v {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.mulf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %both, %y : !v, !vec
    tile.yield %next : !s
  } -> !s
  tile.final %end, %last : !s, !mem
}
