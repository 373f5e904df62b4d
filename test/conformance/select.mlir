// By the mask of valid rows, by whether a tensor is there, by masks of masks; what is not chosen counts for nothing, be it
// infinite or no number.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!b = !tile.t<[time:16], i1>
!s = !tile.t<[value(V):5], f32>
!mem = !tile.tensor<head, [5], f32>
!one = !tile.t<[], f32>
tile.kernel forward @select_valid of "select" (input "x", input "z", output "y", final "S") {
^bb0(%x: !vec, %z: !vec, %y: !vec, %last: !mem):
  %zero = tile.constant 0.0 : !one
  %start = tile.constant 0.0 : !s
  %end = tile.chunks size 16 iter(%start : !s) {
  ^bb0(%s: !s):
    %valid = tile.valid : !b
    %rows = tile.load %x : !vec -> !v
    %others = tile.load %z : !vec -> !v
    %both = tile.select %valid, %rows, %others : !b, !v, !v -> !v
    %none = tile.select %valid, %zero, %rows : !b, !one, !v -> !v
    %narrow = tile.select %valid, %s, %zero : !b, !s, !one -> !v
    // 1 / 0 past the end, and only there.
    %count = tile.iota : !tile.t<[time:16], f32>
    %ones = tile.constant 1.0 : !tile.t<[time:16], f32>
    %present = tile.select %valid, %ones, %zero : !b, !tile.t<[time:16], f32>, !one -> !tile.t<[time:16], f32>
    %wild = tile.map (%rows, %present) : (!v, !tile.t<[time:16], f32>) -> !v {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.divf %p, %q : f32
      tile.yield %1 : f32
    }
    %tame = tile.select %valid, %wild, %zero : !b, !v, !one -> !v
    %sum = tile.reduce add %tame over ["time"] : !v -> !s
    %all = tile.map (%both, %none, %narrow, %sum) : (!v, !v, !v, !s) -> !v {
    ^bb0(%p: f32, %q: f32, %r: f32, %t: f32):
      %1 = arith.addf %p, %q : f32
      %2 = arith.addf %1, %r : f32
      %3 = arith.addf %2, %t : f32
      tile.yield %3 : f32
    }
    tile.store %all, %y : !v, !vec
    // What is selected, and what it was selected of, are both used afterwards.
    %last_row = tile.row %both[15] : !v -> !s
    %first_row = tile.row %none[15] : !v -> !s
    %next = tile.map (%sum, %last_row, %first_row) : (!s, !s, !s) -> !s {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.addf %p, %q : f32
      %2 = arith.mulf %1, %r : f32
      %3 = arith.subf %2, %p : f32
      tile.yield %3 : f32
    }
    tile.yield %next : !s
  } -> !s
  tile.final %end, %last : !s, !mem
}

tile.kernel forward @select_present of "select" (input "x", initial "S", initial "T", output "y") {
^bb0(%x: !vec, %first: !mem, %other: !mem, %y: !vec):
  %here = tile.present %first : !mem -> !tile.t<[], i1>
  %there = tile.present %other : !mem -> !tile.t<[], i1>
  %s = tile.init %first start 3.0 : !mem -> !s
  %t = tile.init %other start 4.0 : !mem -> !s
  %either = tile.select %here, %there, %here : !tile.t<[], i1>, !tile.t<[], i1>, !tile.t<[], i1> -> !tile.t<[], i1>
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %one = tile.select %here, %rows, %s : !tile.t<[], i1>, !v, !s -> !v
    %two = tile.select %there, %t, %one : !tile.t<[], i1>, !s, !v -> !v
    %three = tile.select %either, %two, %rows : !tile.t<[], i1>, !v, !v -> !v
    tile.store %three, %y : !v, !vec
  }
}

// In float64, and over panels.
!wide = !tile.tensor<token, [37], f32>
!w = !tile.t<[time:16, value(W):37], f64>
!state = !tile.t<[value(W):37], f32>
tile.kernel forward @select_panels of "select" (input "x", initial "S", output "y", final "S") {
^bb0(%x: !wide, %first: !tile.tensor<head, [37], f32>, %y: !wide, %last: !tile.tensor<head, [37], f32>):
  %start = tile.init %first : !tile.tensor<head, [37], f32> -> !state
  %zero = tile.constant 0.0 : !tile.t<[], f64>
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %valid = tile.valid : !b
    %rows = tile.load %x : !wide -> !w
    %there = tile.select %valid, %rows, %zero : !b, !w, !tile.t<[], f64> -> !w
    %sum = tile.reduce add %there over ["time"] : !w -> !tile.t<[value(W):37], f64>
    %narrow = tile.cast %sum : !tile.t<[value(W):37], f64> -> !state
    %next = tile.map (%s, %narrow) : (!state, !state) -> !state {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    %out = tile.cast %there : !w -> !tile.t<[time:16, value(W):37], f32>
    tile.store %out, %y : !tile.t<[time:16, value(W):37], f32>, !wide
    tile.yield %next : !state
  } -> !state
  tile.final %end, %last : !state, !tile.tensor<head, [37], f32>
}
