// The last tokens of an input, for the tokens after it: of one as long as that, of a shorter one, of none; in place; after
// every token; of a block.
!vec = !tile.tensor<token, [5], f32>
!past = !tile.tensor<head, [3, 5], f32>
!long = !tile.tensor<head, [18, 5], f32>
tile.kernel forward @history_ends of "history" (input "x", input "b", initial "x", initial "b", final "x", final "b", final "z") {
^bb0(%x: !vec, %b: !tile.tensor<token, [5], bf16>, %p: !past, %q: !tile.tensor<head, [18, 5], bf16>, %y: !past, %z: !long,
     %w: !tile.tensor<head, [3, 5], f16>):
  tile.history %x past %p to %y : !vec, !past, !past
  tile.history %b past %q to %z : !tile.tensor<token, [5], bf16>, !tile.tensor<head, [18, 5], bf16>, !long
  tile.history %x past %p to %w : !vec, !past, !tile.tensor<head, [3, 5], f16>
}
tile.kernel decode @history_in_place of "history" (input "x", state "x", kept "x", output "y") {
^bb0(%x: !vec, %p: !past, %kept: !tile.tensor<token, [3, 5], f32>, %y: !vec):
  tile.chunks size 1 {
    %rows = tile.load %x lag 2 history %p : !past : !vec -> !tile.t<[time:1, value(V):5], f32>
    tile.store %rows, %y : !tile.t<[time:1, value(V):5], f32>, !vec
    tile.history %x past %p to %kept : !vec, !past, !tile.tensor<token, [3, 5], f32>
  }
  tile.history %x past %p to %p : !vec, !past, !past
}
tile.kernel forward @history_block of "history" (input "x", initial "x", final "x") sequences 8 {
^bb0(%x: !vec, %p: !past, %y: !past):
  tile.history %x past %p to %y : !vec, !past, !past
}
tile.kernel decode @history_block_kept of "history" (input "x", state "x", kept "x") sequences 8 {
^bb0(%x: !vec, %p: !past, %kept: !tile.tensor<token, [3, 5], f32>):
  tile.chunks size 1 {
    tile.history %x past %p to %kept : !vec, !past, !tile.tensor<token, [3, 5], f32>
  }
  tile.history %x past %p to %p : !vec, !past, !past
}
