/* Prefill, then decode: a prompt of 96 tokens goes through _forward, 32 more go one by one through _decode, which
   updates the state in place. The outputs must be those of one _forward over all 128. */
#include "example.h"

enum { PROMPT = 96 };
static float y[TOKENS][HEADS][V], expected[TOKENS][HEADS][V], state[HEADS][V][K];

int main(void) {
  fill_inputs();

  gated_delta_net_forward_args whole = forward_args(0, TOKENS);
  whole.y = **expected;
  forward(whole);

  gated_delta_net_forward_args prompt = forward_args(0, PROMPT);
  prompt.y = **y;
  prompt.H_final = **state;
  forward(prompt);
  for (int t = PROMPT; t < TOKENS; ++t) {
    gated_delta_net_decode_args token = decode_args(t, 1);
    token.H = **state;
    token.y = *y[t];
    decode(token);
  }

  double error = error_of(**y, **expected, TOKENS * HEADS * V);
  printf("%d tokens prefilled, %d decoded; against %d at once: %.1e %s\n", PROMPT, TOKENS - PROMPT, TOKENS, error,
         verdict(error));
  return !(error <= 1e-5);
}
