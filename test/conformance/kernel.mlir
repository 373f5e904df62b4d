// The program of a work item: of no loop, of no token, of every role; its own part of a sum; of a block.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!s = !tile.t<[value(V):5], f32>
!mem = !tile.tensor<head, [5], f32>
tile.kernel forward @kernel_forward of "kernel" (input "x", param "A", initial "S", output "y", final "S", saved "s") {
^bb0(%x: !vec, %a: !mem, %first: !mem, %y: !vec, %last: !mem, %saved: !vec):
  %param = tile.load %a : !mem -> !s
  %start = tile.init %first start 1.0 : !mem -> !s
  %end = tile.chunks size 16 iter(%start : !s) {
  ^bb0(%s: !s):
    %rows = tile.load %x : !vec -> !v
    %all = tile.map (%rows, %s, %param) : (!v, !s, !s) -> !v {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.mulf %q, %r : f32
      %2 = arith.addf %p, %1 : f32
      tile.yield %2 : f32
    }
    tile.store %all, %y : !v, !vec
    tile.store %rows, %saved : !v, !vec
    %next = tile.row %all[15] : !v -> !s
    tile.yield %next : !s
  } -> !s
  tile.final %end, %last : !s, !mem
}
tile.kernel forward @kernel_no_loop of "kernel" (initial "S", final "S") {
^bb0(%first: !mem, %last: !mem):
  %start = tile.init %first start 1.0 : !mem -> !s
  tile.final %start, %last : !s, !mem
}
tile.kernel backward @kernel_backward of "kernel" 
    (input "x", param "A", output_grad "y", final_grad "S", saved "t", input_grad "x" partial,
     param_grad "A" partial, initial_grad "S" partial) {
^bb0(%x: !vec, %a: !mem, %y: !tile.tensor<token, [5], bf16>, %bar: !mem, %t: !vec, %dx: !vec, %da: !mem, %ds: !mem):
  %param = tile.load %a : !mem -> !s
  %start = tile.init %bar : !mem -> !s
  %zero = tile.constant 0.0 : !s
  %end:2 = tile.chunks size 16 reverse iter(%start, %zero : !s, !s) {
  ^bb0(%s: !s, %u: !s):
    %rows = tile.load %x : !vec -> !v
    %bars = tile.load %y : !tile.tensor<token, [5], bf16> -> !v
    %kept = tile.load %t : !vec -> !v
    %all = tile.map (%rows, %bars, %kept, %param, %s) : (!v, !v, !v, !s, !s) -> !v {
    ^bb0(%p: f32, %q: f32, %r: f32, %t0: f32, %u0: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = arith.mulf %r, %t0 : f32
      %3 = arith.addf %1, %2 : f32
      %4 = arith.addf %3, %u0 : f32
      tile.yield %4 : f32
    }
    tile.store %all, %dx add : !v, !vec
    %next = tile.row %all[0] : !v -> !s
    %sum = tile.map (%u, %next) : (!s, !s) -> !s {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.yield %next, %sum : !s, !s
  } -> !s, !s
  tile.final %end#1, %da : !s, !mem
  tile.final %end#0, %ds : !s, !mem
}
!own = !tile.t<[seq:8, value(V):5], f32>
!block = !tile.t<[time:1, seq:8, value(V):5], f32>
tile.kernel decode @kernel_block of "kernel" (input "x", param "A", state "S", output "y", kept "S")
    sequences 8 {
^bb0(%x: !vec, %a: !mem, %state: !mem, %y: !vec, %kept: !vec):
  %param = tile.load %a : !mem -> !s
  %start = tile.init %state : !mem -> !own
  %end = tile.chunks size 1 iter(%start : !own) {
  ^bb0(%s: !own):
    %rows = tile.load %x : !vec -> !block
    %all = tile.map (%rows, %s, %param) : (!block, !own, !s) -> !block {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %1 = arith.mulf %q, %r : f32
      %2 = arith.addf %p, %1 : f32
      tile.yield %2 : f32
    }
    tile.store %all, %y : !block, !vec
    %next = tile.row %all[0] : !block -> !own
    tile.store %next, %kept : !own, !vec
    tile.yield %next : !own
  } -> !own
  tile.final %end, %state : !own, !mem
}
