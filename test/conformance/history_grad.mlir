// A history's cotangent goes to the tokens, or the rows of the past, that it is made of; each may be unwanted, or absent.
!vec = !tile.tensor<token, [5], f32>
!past = !tile.tensor<head, [3, 5], f32>
!long = !tile.tensor<head, [18, 5], f32>
tile.kernel forward @history_grad_rows of "history_grad" 
    (final_grad "x" history, final_grad "z" history, output_grad "y", input_grad "x" partial,
     initial_grad "x" history partial, input_grad "z" partial, initial_grad "z" history partial) {
^bb0(%a: !past, %b: !tile.tensor<head, [18, 5], bf16>, %y: !vec, %x: !vec, %p: !past, %z: !vec, %q: !long):
  tile.history_grad %a tokens %x past %p : !past, !vec, !past
  tile.history_grad %b tokens %z past %q : !tile.tensor<head, [18, 5], bf16>, !vec, !long
  tile.history_grad %a tokens %x past %p : !past, !vec, !past
}
