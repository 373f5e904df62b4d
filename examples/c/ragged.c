/* Sequences of different lengths in one call: packed one after the other, with cu_seqlens saying where each starts. An
   empty one is legal, and its state stays what it was. Each must be what a call of its own gives. */
#include "example.h"

enum { SEQUENCES = 5 };
static const int64_t starts[SEQUENCES + 1] = {0, 1, 40, 40, 105, TOKENS}; /* the third has no tokens */
static float y[TOKENS][HEADS][V], expected[TOKENS][HEADS][V];
static float first[SEQUENCES][HEADS][V][K], last[SEQUENCES][HEADS][V][K], expected_last[SEQUENCES][HEADS][V][K];

int main(void) {
  fill_inputs();
  fill(first, sizeof first, -0.1f, 0.1f);

  gated_delta_net_forward_args packed = forward_args(0, TOKENS);
  packed.sequences = SEQUENCES;
  packed.cu_seqlens = starts;
  packed.H_initial = ***first;
  packed.H_final = ***last;
  packed.y = **y;
  forward(packed);

  for (int s = 0; s < SEQUENCES; ++s) {
    gated_delta_net_forward_args alone = forward_args((int)starts[s], (int)(starts[s + 1] - starts[s]));
    alone.H_initial = **first[s];
    alone.H_final = **expected_last[s];
    alone.y = *expected[starts[s]];
    forward(alone);
  }

  double error = error_of(**y, **expected, TOKENS * HEADS * V);
  double of_states = error_of(***last, ***expected_last, SEQUENCES * HEADS * V * K);
  printf("%d sequences in one call; against one by one: %.1e %s, final states %.1e %s\n", SEQUENCES, error,
         verdict(error), of_states, verdict(of_states));
  return !(error <= 1e-5 && of_states <= 1e-5);
}
