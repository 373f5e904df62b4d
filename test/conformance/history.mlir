// The last tokens of an input, for the tokens after it: of one as long as that, of a shorter one, of none; in place; after
// every token; of a block.
!vec = !tile.tensor<token, [5], f32>
!past = !tile.tensor<head, [3, 5], f32>
!long = !tile.tensor<head, [18, 5], f32>
tile.kernel @history_ends of "history" names ["x", "b", "x", "b", "x", "b", "z"]
    roles ["input", "input", "initial", "initial", "final", "final", "final"] {
^bb0(%x: !vec, %b: !tile.tensor<token, [5], bf16>, %p: !past, %q: !tile.tensor<head, [18, 5], bf16>, %y: !past, %z: !long,
     %w: !tile.tensor<head, [3, 5], f16>):
  tile.history %x past %p to %y : !vec, !past, !past
  tile.history %b past %q to %z : !tile.tensor<token, [5], bf16>, !tile.tensor<head, [18, 5], bf16>, !long
  tile.history %x past %p to %w : !vec, !past, !tile.tensor<head, [3, 5], f16>
}
tile.kernel @history_in_place of "history" names ["x", "x", "x", "y"] roles ["input", "state", "kept", "output"] {
^bb0(%x: !vec, %p: !past, %kept: !tile.tensor<token, [3, 5], f32>, %y: !vec):
  tile.chunks size 1 {
    %rows = tile.load %x lag 2 history %p : !past : !vec -> !tile.t<[time:1, value(V):5], f32>
    tile.store %rows, %y : !tile.t<[time:1, value(V):5], f32>, !vec
    tile.history %x past %p to %kept : !vec, !past, !tile.tensor<token, [3, 5], f32>
  }
  tile.history %x past %p to %p : !vec, !past, !past
}
tile.kernel @history_block of "history" names ["x", "x", "x"] roles ["input", "initial", "final"] sequences 8 {
^bb0(%x: !vec, %p: !past, %y: !past):
  tile.history %x past %p to %y : !vec, !past, !past
}
tile.kernel @history_block_kept of "history" names ["x", "x", "x"] roles ["input", "state", "kept"] sequences 8 {
^bb0(%x: !vec, %p: !past, %kept: !tile.tensor<token, [3, 5], f32>):
  tile.chunks size 1 {
    tile.history %x past %p to %kept : !vec, !past, !tile.tensor<token, [3, 5], f32>
  }
  tile.history %x past %p to %p : !vec, !past, !past
}
