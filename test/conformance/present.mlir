// Did the caller pass it? Asked of what he may leave out, and of what he may not.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!mem = !tile.tensor<head, [5], f32>
!bit = !tile.t<[], i1>
tile.kernel forward @present_states of "present" (input "x", initial "S", initial "T", output "y") {
^bb0(%x: !vec, %first: !mem, %other: !mem, %y: !vec):
  %sure = tile.present %x : !vec -> !bit
  %here = tile.present %first : !mem -> !bit
  %there = tile.present %other : !mem -> !bit
  %number = tile.map (%sure, %here, %there) : (!bit, !bit, !bit) -> !tile.t<[], f32> {
  ^bb0(%p: i1, %q: i1, %r: i1):
    %1 = arith.uitofp %p : i1 to f32
    %2 = arith.xori %q, %r : i1
    %3 = arith.uitofp %2 : i1 to f32
    %4 = arith.uitofp %q : i1 to f32
    %5 = arith.addf %1, %3 : f32
    %6 = arith.addf %5, %5 : f32
    %7 = arith.addf %6, %4 : f32
    tile.yield %7 : f32
  }
  tile.chunks size 16 {
    %rows = tile.load %x : !vec -> !v
    %all = tile.map (%rows, %number) : (!v, !tile.t<[], f32>) -> !v {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      tile.yield %1 : f32
    }
    tile.store %all, %y : !v, !vec
  }
}
tile.kernel forward @present_gradients of "present" (output_grad "y", final_grad "S", input_grad "x", initial_grad "S") {
^bb0(%y: !vec, %bar: !mem, %x: !vec, %first: !mem):
  %here = tile.present %bar : !mem -> !bit
  %wanted = tile.present %first : !mem -> !bit
  %one = tile.constant 1.0 : !tile.t<[], f32>
  %two = tile.constant 2.0 : !tile.t<[], f32>
  %number = tile.select %here, %one, %two : !bit, !tile.t<[], f32>, !tile.t<[], f32> -> !tile.t<[], f32>
  tile.chunks size 16 {
    %rows = tile.load %y : !vec -> !v
    %some = tile.select %wanted, %number, %rows : !bit, !tile.t<[], f32>, !v -> !v
    tile.store %some, %x : !v, !vec
  }
  %start = tile.init %bar start 5.0 : !mem -> !tile.t<[value(V):5], f32>
  tile.final %start, %first : !tile.t<[value(V):5], f32>, !mem
}
