// A history's cotangent goes to the tokens, or the rows of the past, that it is made of; each may be unwanted, or absent.
!vec = !tile.tensor<token, [5], f32>
!past = !tile.tensor<head, [3, 5], f32>
!long = !tile.tensor<head, [18, 5], f32>
tile.kernel @history_grad_rows of "history_grad" names ["x", "z", "y", "x", "x", "z", "z"]
    roles ["final_grad", "final_grad", "output_grad", "input_grad", "initial_grad", "input_grad", "initial_grad"]
    attributes {partials = [0, 0, 0, 1, 1, 1, 1]} {
^bb0(%a: !past, %b: !tile.tensor<head, [18, 5], bf16>, %y: !vec, %x: !vec, %p: !past, %z: !vec, %q: !long):
  tile.history_grad %a tokens %x past %p : !past, !vec, !past
  tile.history_grad %b tokens %z past %q : !tile.tensor<head, [18, 5], bf16>, !vec, !long
  tile.history_grad %a tokens %x past %p : !past, !vec, !past
}
