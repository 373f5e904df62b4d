// Which rows are tokens: the last chunk's first few, of a block those of each sequence.
!num = !tile.tensor<token, [], f32>
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!s = !tile.t<[value(V):5], f32>
!mem = !tile.tensor<head, [5], f32>
tile.kernel forward @valid_rows of "valid" (input "x", input "a", initial "S", output "y", output "z", final "S") {
^bb0(%x: !vec, %a: !num, %first: !mem, %y: !vec, %z: !num, %last: !mem):
  %zero = tile.constant 0.0 : !tile.t<[], f32>
  %start = tile.init %first : !mem -> !s
  %end = tile.chunks size 16 iter(%start : !s) {
  ^bb0(%s: !s):
    %valid = tile.valid : !tile.t<[time:16], i1>
    %rows = tile.load %x : !vec -> !v
    %numbers = tile.load %a : !num -> !tile.t<[time:16], f32>
    %there = tile.select %valid, %rows, %zero : !tile.t<[time:16], i1>, !v, !tile.t<[], f32> -> !v
    %sum = tile.reduce add %there over ["time"] : !v -> !s
    %next = tile.map (%s, %sum) : (!s, !s) -> !s {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    %all = tile.map (%rows, %sum) : (!v, !s) -> !v {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.mulf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %all, %y : !v, !vec
    // As a number, of which the lanes are time.
    %count = tile.map (%valid) : (!tile.t<[time:16], i1>) -> !tile.t<[time:16], f32> {
    ^bb0(%p: i1):
      %1 = arith.uitofp %p : i1 to f32
      tile.yield %1 : f32
    }
    %many = tile.reduce add %count over ["time"] : !tile.t<[time:16], f32> -> !tile.t<[], f32>
    %kept = tile.select %valid, %numbers, %zero
        : !tile.t<[time:16], i1>, !tile.t<[time:16], f32>, !tile.t<[], f32> -> !tile.t<[time:16], f32>
    %most = tile.reduce max %kept over ["time"] : !tile.t<[time:16], f32> -> !tile.t<[], f32>
    %both = tile.map (%kept, %many, %most)
        : (!tile.t<[time:16], f32>, !tile.t<[], f32>, !tile.t<[], f32>) -> !tile.t<[time:16], f32> {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = arith.addf %1, %r : f32
      tile.yield %2 : f32
    }
    tile.store %both, %z : !tile.t<[time:16], f32>, !num
    tile.yield %next : !s
  } -> !s
  tile.final %end, %last : !s, !mem
}

!block = !tile.t<[time:16, seq:8, value(V):5], f32>
!own = !tile.t<[seq:8, value(V):5], f32>
tile.kernel forward @valid_block of "valid" (input "x", initial "S", output "y", final "S") sequences 8 {
^bb0(%x: !vec, %first: !mem, %y: !num, %last: !mem):
  %zero = tile.constant 0.0 : !tile.t<[], f32>
  %start = tile.init %first : !mem -> !own
  %end = tile.chunks size 16 iter(%start : !own) {
  ^bb0(%s: !own):
    %valid = tile.valid : !tile.t<[time:16, seq:8], i1>
    %rows = tile.load %x : !vec -> !block
    %there = tile.select %valid, %rows, %zero : !tile.t<[time:16, seq:8], i1>, !block, !tile.t<[], f32> -> !block
    %sum = tile.reduce add %there over ["time"] : !block -> !own
    %next = tile.map (%s, %sum) : (!own, !own) -> !own {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    %count = tile.map (%valid) : (!tile.t<[time:16, seq:8], i1>) -> !tile.t<[time:16, seq:8], f32> {
    ^bb0(%p: i1):
      %1 = arith.uitofp %p : i1 to f32
      tile.yield %1 : f32
    }
    %many = tile.reduce add %count over ["time"] : !tile.t<[time:16, seq:8], f32> -> !tile.t<[seq:8], f32>
    %all = tile.map (%count, %many) : (!tile.t<[time:16, seq:8], f32>, !tile.t<[seq:8], f32>) -> !tile.t<[time:16, seq:8], f32> {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.mulf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %all, %y : !tile.t<[time:16, seq:8], f32>, !num
    tile.yield %next : !own
  } -> !own
  tile.final %end, %last : !own, !mem
}

// Of the present row alone: in steps, and where a chunk is one token.
tile.kernel forward @valid_block_steps of "valid" (input "x", initial "S", output "y", final "S")
    sequences 8 {
^bb0(%x: !vec, %first: !mem, %y: !vec, %last: !mem):
  %start = tile.init %first : !mem -> !own
  %end = tile.chunks size 16 iter(%start : !own) {
  ^bb0(%s: !own):
    %rows = tile.load %x : !vec -> !block
    %after, %all = tile.steps iter(%s : !own) rows(%rows : !block) {
    ^bb0(%h: !own, %row: !own):
      %valid = tile.valid : !tile.t<[seq:8], i1>
      %sum = tile.map (%h, %row) : (!own, !own) -> !own {
      ^bb0(%p: f32, %q: f32):
        %half = arith.constant 0.5 : f32
        %1 = arith.mulf %p, %half : f32
        %2 = arith.addf %1, %q : f32
        tile.yield %2 : f32
      }
      %next = tile.select %valid, %sum, %h : !tile.t<[seq:8], i1>, !own, !own -> !own
      tile.yield %next, %sum : !own, !own
    } -> !own, !block
    tile.store %all, %y : !block, !vec
    tile.yield %after : !own
  } -> !own
  tile.final %end, %last : !own, !mem
}
tile.kernel forward @valid_block_token of "valid" (input "x", initial "S", final "S") sequences 8 {
^bb0(%x: !vec, %first: !mem, %last: !mem):
  %start = tile.init %first : !mem -> !own
  %end = tile.chunks size 1 iter(%start : !own) {
  ^bb0(%s: !own):
    %rows = tile.load %x : !vec -> !tile.t<[time:1, seq:8, value(V):5], f32>
    %row = tile.row %rows[0] : !tile.t<[time:1, seq:8, value(V):5], f32> -> !own
    %valid = tile.valid : !tile.t<[seq:8], i1>
    %sum = tile.map (%s, %row) : (!own, !own) -> !own {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    %next = tile.select %valid, %sum, %s : !tile.t<[seq:8], i1>, !own, !own -> !own
    tile.yield %next : !own
  } -> !own
  tile.final %end, %last : !own, !mem
}
// The lanes are sequences.
tile.kernel forward @valid_block_lanes of "valid" (input "x", initial "S", output "y", final "S")
    sequences 8 {
^bb0(%x: !num, %first: !tile.tensor<head, [], f32>, %y: !num, %last: !tile.tensor<head, [], f32>):
  %zero = tile.constant 0.0 : !tile.t<[], f32>
  %start = tile.init %first : !tile.tensor<head, [], f32> -> !tile.t<[seq:8], f32>
  %end = tile.chunks size 16 iter(%start : !tile.t<[seq:8], f32>) {
  ^bb0(%s: !tile.t<[seq:8], f32>):
    %valid = tile.valid : !tile.t<[time:16, seq:8], i1>
    %rows = tile.load %x : !num -> !tile.t<[time:16, seq:8], f32>
    %there = tile.select %valid, %rows, %zero
        : !tile.t<[time:16, seq:8], i1>, !tile.t<[time:16, seq:8], f32>, !tile.t<[], f32> -> !tile.t<[time:16, seq:8], f32>
    %sum = tile.reduce add %there over ["time"] : !tile.t<[time:16, seq:8], f32> -> !tile.t<[seq:8], f32>
    %next = tile.map (%s, %sum) : (!tile.t<[seq:8], f32>, !tile.t<[seq:8], f32>) -> !tile.t<[seq:8], f32> {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    %all = tile.map (%there, %next) : (!tile.t<[time:16, seq:8], f32>, !tile.t<[seq:8], f32>) -> !tile.t<[time:16, seq:8], f32> {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.subf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %all, %y : !tile.t<[time:16, seq:8], f32>, !num
    tile.yield %next : !tile.t<[seq:8], f32>
  } -> !tile.t<[seq:8], f32>
  tile.final %end, %last : !tile.t<[seq:8], f32>, !tile.tensor<head, [], f32>
}
