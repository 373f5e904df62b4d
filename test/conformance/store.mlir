// Valid rows alone are written, rounded to the tensor's element type.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!r = !tile.t<[time:16], f32>
!s = !tile.t<[value(V):5], f32>
!wide = !tile.tensor<token, [37], bf16>
!w = !tile.t<[time:16, value(V):37], f32>
!state = !tile.t<[value(V):37], f32>
!mem = !tile.tensor<head, [37], f32>

tile.kernel forward @store_types of "store" (input "x", input "a", output "y", output "b", output "h", output "c") {
^bb0(%x: !vec, %a: !tile.tensor<token, [], f32>, %y: !vec, %b: !tile.tensor<token, [5], bf16>,
     %h: !tile.tensor<token, [5], f16>, %c: !tile.tensor<token, [], f16>):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %numbers = tile.load %a : !tile.tensor<token, [], f32> -> !r
    tile.store %rows, %y : !v, !vec
    tile.store %rows, %b : !v, !tile.tensor<token, [5], bf16>
    tile.store %rows, %h : !v, !tile.tensor<token, [5], f16>
    tile.store %numbers, %c : !r, !tile.tensor<token, [], f16>
  }
}

// A tile of float64, too; and what has no buffer: a constant, a count.
tile.kernel forward @store_double of "store" (input "x", output "y", output "b", output "h") {
^bb0(%x: !vec, %y: !vec, %b: !tile.tensor<token, [5], bf16>, %h: !tile.tensor<token, [5], f16>):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !tile.t<[time:16, value(V):5], f64>
    tile.store %rows, %y : !tile.t<[time:16, value(V):5], f64>, !vec
    tile.store %rows, %b : !tile.t<[time:16, value(V):5], f64>, !tile.tensor<token, [5], bf16>
    tile.store %rows, %h : !tile.t<[time:16, value(V):5], f64>, !tile.tensor<token, [5], f16>
  }
}
tile.kernel forward @store_immediate of "store" (output "y", output "c") {
^bb0(%y: !vec, %c: !tile.tensor<token, [], f32>):
  %constant = tile.constant 2.5 : !v
  %count = tile.iota : !r
  tile.chunks size 16 {
    tile.store %constant, %y : !v, !vec
    tile.store %count, %c : !r, !tile.tensor<token, [], f32>
  }
}

tile.kernel forward @store_panels of "store" (input "x", initial "S", output "y", output "z") {
^bb0(%x: !wide, %first: !mem, %y: !wide, %z: !tile.tensor<token, [37], f32>):
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %rows = tile.load %x : !wide -> !w
    %sum = tile.map (%rows, %s) : (!w, !state) -> !w {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %sum, %y : !w, !wide
    tile.store %sum, %z : !w, !tile.tensor<token, [37], f32>
    tile.yield %s : !state
  } -> !state
}

// A state after every token.
tile.kernel decode @store_kept of "store" (input "x", state "S", kept "S", kept "T") {
^bb0(%x: !vec, %state: !tile.tensor<head, [5], f32>, %kept: !vec, %half: !tile.tensor<token, [5], f16>):
  %start = tile.init %state : !tile.tensor<head, [5], f32> -> !s
  %end = tile.chunks size 1 iter(%start : !s) {
  ^bb0(%s: !s):
    %rows = tile.load %x : !vec -> !tile.t<[time:1, value(V):5], f32>
    %row = tile.row %rows[0] : !tile.t<[time:1, value(V):5], f32> -> !s
    %next = tile.map (%s, %row) : (!s, !s) -> !s {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %next, %kept : !s, !vec
    tile.store %next, %half : !s, !tile.tensor<token, [5], f16>
    tile.yield %next : !s
  } -> !s
  tile.final %end, %state : !s, !tile.tensor<head, [5], f32>
}

// Saved: a row a token, and what begins a segment of two chunks, of one.
tile.kernel forward @store_saved of "store" (input "x", initial "S", saved "t", saved "s" every 32) {
^bb0(%x: !vec, %first: !tile.tensor<head, [5], f32>, %t: !vec, %segments: !tile.tensor<segment, [5], f32>):
  %start = tile.init %first : !tile.tensor<head, [5], f32> -> !s
  %end = tile.chunks size 16 iter(%start : !s) {
  ^bb0(%s: !s):
    tile.store %s, %segments every 32 : !s, !tile.tensor<segment, [5], f32>
    %rows = tile.load %x : !vec -> !v
    tile.store %rows, %t : !v, !vec
    %next = tile.reduce add %rows over ["time"] : !v -> !s
    tile.yield %next : !s
  } -> !s
}
tile.kernel forward @store_saved_chunk of "store" (input "x", saved "s" every 16) {
^bb0(%x: !vec, %segments: !tile.tensor<segment, [5], f32>):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %sum = tile.reduce add %rows over ["time"] : !v -> !s
    tile.store %sum, %segments every 16 : !s, !tile.tensor<segment, [5], f32>
  }
}

// Added to what is there, and to tokens of the past: an adjoint's sums.
tile.kernel forward @store_add of "store" 
    (output_grad "y", input_grad "x" partial, input_grad "z" partial, initial_grad "x" history partial) {
^bb0(%y: !vec, %x: !vec, %z: !vec, %past: !tile.tensor<head, [18, 5], f32>):
  tile.chunks size 16 reverse {
    %rows = tile.load %y : !vec -> !v
    tile.store %rows, %x add : !v, !vec
    tile.store %rows, %x add : !v, !vec
    tile.store %rows, %x lag 3 history %past : !tile.tensor<head, [18, 5], f32> add : !v, !vec
    tile.store %rows, %z lag 18 history %past : !tile.tensor<head, [18, 5], f32> add : !v, !vec
  }
}

!block = !tile.t<[time:16, seq:8, value(V):5], f32>
tile.kernel forward @store_block of "store" (input "x", output "y", output "h") sequences 8 {
^bb0(%x: !vec, %y: !vec, %h: !tile.tensor<token, [5], f16>):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !block
    tile.store %rows, %y : !block, !vec
    tile.store %rows, %h : !block, !tile.tensor<token, [5], f16>
  }
}
tile.kernel forward @store_block_kept of "store" (input "x", kept "y") sequences 8 {
^bb0(%x: !vec, %y: !vec):
  tile.chunks size 1 {
    %rows = tile.load %x : !vec -> !tile.t<[time:1, seq:8, value(V):5], f32>
    %row = tile.row %rows[0] : !tile.t<[time:1, seq:8, value(V):5], f32> -> !tile.t<[seq:8, value(V):5], f32>
    tile.store %row, %y : !tile.t<[seq:8, value(V):5], f32>, !vec
  }
}

// In steps: the present token's row.
tile.kernel forward @store_steps of "store" (input "x", output "y") {
^bb0(%x: !vec, %y: !tile.tensor<token, [5], bf16>):
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    tile.steps rows(%rows : !v) with(%y : !tile.tensor<token, [5], bf16>) reverse {
    ^bb0(%row: !s, %to: !tile.tensor<token, [5], bf16>):
      tile.store %row, %to : !s, !tile.tensor<token, [5], bf16>
    }
  }
}
