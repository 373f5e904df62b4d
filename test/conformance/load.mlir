// Rows of tokens, in every element type and to both that tiles have; rows past the end repeat the last one, which the
// sums over time show.
!num = !tile.tensor<token, [], f32>
!vec = !tile.tensor<token, [5], f32>
!half = !tile.tensor<token, [5], f16>
!brain = !tile.tensor<token, [5], bf16>
!wide = !tile.tensor<token, [37], f32>
!mat = !tile.tensor<token, [5, 3], f32>
!r = !tile.t<[time:16], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!d = !tile.t<[time:16, value(V):5], f64>
!m = !tile.t<[time:16, value(V):5, key(K):3], f32>
!w = !tile.t<[time:16, value(W):37], f32>
!state = !tile.t<[value(W):37], f32>

tile.kernel forward @load_rows of "load" (input "x", input "a", input "m", output "y", output "b", output "n") {
^bb0(%x: !vec, %a: !num, %m: !mat, %y: !vec, %b: !num, %n: !mat):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %sum = tile.reduce add %rows over ["time"] : !v -> !tile.t<[value(V):5], f32>
    %both = tile.map (%rows, %sum) : (!v, !tile.t<[value(V):5], f32>) -> !v {
    ^bb0(%p: f32, %q: f32):
      %s = arith.addf %p, %q : f32
      tile.yield %s : f32
    }
    tile.store %both, %y : !v, !vec
    %numbers = tile.load %a : !num -> !r
    tile.store %numbers, %b : !r, !num
    %matrices = tile.load %m : !mat -> !m
    tile.store %matrices, %n : !m, !mat
  }
}

tile.kernel forward @load_types of "load" (input "h", input "b", input "x", output "y", output "z", output "u") {
^bb0(%h: !half, %b: !brain, %x: !vec, %y: !vec, %z: !brain, %u: !half):
  tile.chunks size 16 {
    %half = tile.load %h : !half -> !v
    %brain = tile.load %b : !brain -> !v
    tile.store %half, %u : !v, !half
    tile.store %brain, %z : !v, !brain
    // 10^9 leaves nothing of a float32.
    %halves = tile.load %h : !half -> !d
    %brains = tile.load %b : !brain -> !d
    %floats = tile.load %x : !vec -> !d
    %sum = tile.map (%halves, %brains, %floats) : (!d, !d, !d) -> !d {
    ^bb0(%p: f64, %q: f64, %r: f64):
      %large = arith.constant 1.0e9 : f64
      %1 = arith.addf %p, %large : f64
      %2 = arith.addf %1, %q : f64
      %3 = arith.addf %2, %r : f64
      %4 = arith.subf %3, %large : f64
      tile.yield %4 : f64
    }
    %narrow = tile.cast %sum : !d -> !v
    tile.store %narrow, %y : !v, !vec
  }
}

tile.kernel forward @load_panels of "load" (input "x", param "A", initial "S", output "y", final "S") {
^bb0(%x: !wide, %a: !tile.tensor<head, [37], bf16>, %first: !tile.tensor<head, [37], f32>, %y: !wide,
     %last: !tile.tensor<head, [37], f32>):
  %param = tile.load %a : !tile.tensor<head, [37], bf16> -> !state
  %start = tile.init %first : !tile.tensor<head, [37], f32> -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !w
    %sum = tile.map (%rows, %s, %param) : (!w, !state, !state) -> !w {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.mulf %p, %r : f32
      %2 = arith.addf %1, %q : f32
      tile.yield %2 : f32
    }
    tile.store %sum, %y : !w, !wide
    %next = tile.reduce max %rows over ["time"] : !w -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %end, %last : !state, !tile.tensor<head, [37], f32>
}

// Params: of no axis, of one, of two, inside the loop and outside.
tile.kernel forward @load_params of "load" (param "c", param "A", param "B", output "y") {
^bb0(%c: !tile.tensor<head, [], f32>, %a: !tile.tensor<head, [5], f16>, %b: !tile.tensor<head, [5, 3], f32>, %y: !mat):
  %number = tile.load %c : !tile.tensor<head, [], f32> -> !tile.t<[], f32>
  tile.chunks size 16 {
    %vector = tile.load %a : !tile.tensor<head, [5], f16> -> !tile.t<[value(V):5], f32>
    %matrix = tile.load %b : !tile.tensor<head, [5, 3], f32> -> !tile.t<[value(V):5, key(K):3], f32>
    %all = tile.map (%number, %vector, %matrix)
        : (!tile.t<[], f32>, !tile.t<[value(V):5], f32>, !tile.t<[value(V):5, key(K):3], f32>) -> !m {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = arith.addf %1, %r : f32
      tile.yield %2 : f32
    }
    tile.store %all, %y : !m, !mat
  }
}

// Tokens of the past: of the history's last rows, before the first token.
tile.kernel forward @load_lag of "load" (input "x", initial "x" history, output "y", output "z") {
^bb0(%x: !vec, %past: !tile.tensor<head, [18, 5], f32>, %y: !vec, %z: !vec):
  tile.chunks size 16 {
    %one = tile.load %x lag 1 history %past : !tile.tensor<head, [18, 5], f32> : !vec -> !v
    %all = tile.load %x lag 18 history %past : !tile.tensor<head, [18, 5], f32> : !vec -> !v
    tile.store %one, %y : !v, !vec
    tile.store %all, %z : !v, !vec
  }
}
tile.kernel forward @load_lag_types of "load" (input "x", initial "x" history, output "y") {
^bb0(%x: !half, %past: !tile.tensor<head, [2, 5], bf16>, %y: !vec):
  tile.chunks size 16 {
    %two = tile.load %x lag 2 history %past : !tile.tensor<head, [2, 5], bf16> : !half -> !d
    %narrow = tile.cast %two : !d -> !v
    tile.store %narrow, %y : !v, !vec
  }
}

// What was saved: a row a token, a segment shorter than a chunk's half, of one, of several; one a sequence.
tile.kernel forward @load_saved of "load" (output_grad "dy", saved "t", saved "s" every 32, input_grad "dx") {
^bb0(%dy: !vec, %t: !vec, %s: !tile.tensor<segment, [5], f32>, %dx: !vec):
  tile.chunks size 16 reverse {
    %bar = tile.load %dy : !vec -> !v
    %token = tile.load %t : !vec -> !v
    %segment = tile.load %s every 32 : !tile.tensor<segment, [5], f32> -> !tile.t<[value(V):5], f32>
    %sum = tile.map (%bar, %token, %segment) : (!v, !v, !tile.t<[value(V):5], f32>) -> !v {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = arith.addf %1, %r : f32
      tile.yield %2 : f32
    }
    tile.store %sum, %dx : !v, !vec
  }
}

// Of a block of sequences, one that ends repeats its last token; one of no tokens holds zeros.
!block = !tile.t<[time:16, seq:8, value(V):5], f32>
tile.kernel forward @load_block of "load" (input "x", initial "x" history, param "A", output "y", output "z") sequences 8 {
^bb0(%x: !brain, %past: !tile.tensor<head, [3, 5], bf16>, %a: !tile.tensor<head, [5], f32>, %y: !vec, %z: !vec):
  tile.chunks size 16 {
    %param = tile.load %a : !tile.tensor<head, [5], f32> -> !tile.t<[value(V):5], f32>
    %rows = tile.load %x : !brain -> !block
    %lagged = tile.load %x lag 3 history %past : !tile.tensor<head, [3, 5], bf16> : !brain -> !block
    %sum = tile.reduce add %rows over ["time"] : !block -> !tile.t<[seq:8, value(V):5], f32>
    %all = tile.map (%rows, %sum, %param)
        : (!block, !tile.t<[seq:8, value(V):5], f32>, !tile.t<[value(V):5], f32>) -> !block {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.mulf %p, %r : f32
      %2 = arith.addf %1, %q : f32
      tile.yield %2 : f32
    }
    tile.store %all, %y : !block, !vec
    tile.store %lagged, %z : !block, !vec
  }
}

// In steps: the present token.
tile.kernel forward @load_steps of "load" (input "x", input "b", param "A", output "y", output "z") {
^bb0(%x: !vec, %b: !brain, %a: !tile.tensor<head, [5], f32>, %y: !vec, %z: !vec):
  tile.chunks size 16 {
    %rows = tile.steps with(%x, %b, %a : !vec, !brain, !tile.tensor<head, [5], f32>) {
    ^bb0(%tokens: !vec, %brains: !brain, %param: !tile.tensor<head, [5], f32>):
      %p = tile.load %tokens : !vec -> !tile.t<[value(V):5], f32>
      %q = tile.load %brains : !brain -> !tile.t<[value(V):5], f32>
      %r = tile.load %param : !tile.tensor<head, [5], f32> -> !tile.t<[value(V):5], f32>
      %sum = tile.map (%p, %q, %r)
          : (!tile.t<[value(V):5], f32>, !tile.t<[value(V):5], f32>, !tile.t<[value(V):5], f32>)
          -> !tile.t<[value(V):5], f32> {
      ^bb0(%1: f32, %2: f32, %3: f32):
        %4 = arith.mulf %1, %2 : f32
        %5 = arith.addf %4, %3 : f32
        tile.yield %5 : f32
      }
      tile.yield %sum : !tile.t<[value(V):5], f32>
    } -> !v
    tile.store %rows, %y : !v, !vec
    %sum = tile.reduce add %rows over ["time"] : !v -> !tile.t<[value(V):5], f32>
    %all = tile.map (%sum) : (!tile.t<[value(V):5], f32>) -> !v {
    ^bb0(%1: f32):
      tile.yield %1 : f32
    }
    tile.store %all, %z : !v, !vec
  }
}
