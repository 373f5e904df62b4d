// Memory of the work item: states of an inner loop, read again in the other direction; slots that are used again.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!s = !tile.t<[value(V):5], f32>
!store = !tile.tensor<segment, [5], f32>
tile.kernel forward @buffer_states of "buffer" (output_grad "y", final_grad "S", input_grad "x", initial_grad "S") {
^bb0(%y: !vec, %bar: !tile.tensor<head, [5], f32>, %x: !vec, %first: !tile.tensor<head, [5], f32>):
  %states = tile.buffer 4 : !store
  %zero = tile.constant 0.25 : !s
  %start = tile.init %bar : !tile.tensor<head, [5], f32> -> !s
  %end = tile.chunks size 64 reverse iter(%start : !s) {
  ^bb0(%g: !s):
    tile.store %zero, %states every 16 : !s, !store
    %1 = tile.chunks size 16 leave_last iter(%zero : !s) {
    ^bb0(%s: !s):
      %rows = tile.load %y : !vec -> !v
      %next = tile.reduce add %rows over ["time"] : !v -> !s
      tile.store %next, %states every 16 next : !s, !store
      tile.yield %next : !s
    } -> !s
    %2 = tile.chunks size 16 reverse iter(%g : !s) {
    ^bb0(%h: !s):
      %before = tile.load %states every 16 : !store -> !s
      %rows = tile.load %y : !vec -> !v
      %all = tile.map (%rows, %before, %h) : (!v, !s, !s) -> !v {
      ^bb0(%p: f32, %q: f32, %r: f32):
        %3 = arith.mulf %p, %q : f32
        %4 = arith.addf %3, %r : f32
        tile.yield %4 : f32
      }
      tile.store %all, %x : !v, !vec
      %row = tile.row %all[0] : !v -> !s
      tile.yield %row : !s
    } -> !s
    tile.yield %2 : !s
  } -> !s
  tile.final %end, %first : !s, !tile.tensor<head, [5], f32>
}
// Panels, and more slots than one loop over all tokens.
!wide = !tile.tensor<token, [37], f32>
!w = !tile.t<[time:16, value(W):37], f32>
!m = !tile.t<[value(W):37, key(K):3], f32>
tile.kernel forward @buffer_panels of "buffer" (input "x", initial "S", output "y") {
^bb0(%x: !wide, %first: !tile.tensor<head, [37, 3], f32>, %y: !wide):
  %states = tile.buffer 2 : !tile.tensor<segment, [37, 3], f32>
  %start = tile.init %first : !tile.tensor<head, [37, 3], f32> -> !m
  %end = tile.chunks size 16 iter(%start : !m) {
  ^bb0(%s: !m):
    tile.store %s, %states every 16 : !m, !tile.tensor<segment, [37, 3], f32>
    %rows = tile.load %x : !wide -> !w
    %again = tile.load %states every 16 : !tile.tensor<segment, [37, 3], f32> -> !m
    %sum = tile.reduce add %again over ["K"] : !m -> !tile.t<[value(W):37], f32>
    %all = tile.map (%rows, %sum) : (!w, !tile.t<[value(W):37], f32>) -> !w {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %all, %y : !w, !wide
    %column = tile.reduce max %rows over ["time"] : !w -> !tile.t<[value(W):37], f32>
    %next = tile.map (%s, %column) : (!m, !tile.t<[value(W):37], f32>) -> !m {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.mulf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.yield %next : !m
  } -> !m
}
