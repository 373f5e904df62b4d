/* Speculative decoding: a draft of 8 tokens is decoded in one call that keeps the state after each token. Where a token
   is refused, the state goes back to the one before it, and the next draft starts there. */
#include "example.h"

enum { DRAFT = 8, ALL = 64 };
static float y[TOKENS][HEADS][V], expected[TOKENS][HEADS][V], state[HEADS][V][K], kept[DRAFT][HEADS][V][K];

int main(void) {
  fill_inputs();
  gated_delta_net_forward_args whole = forward_args(0, ALL);
  whole.y = **expected;
  forward(whole);

  int calls = 0;
  for (int t = 0; t < ALL; ++calls) { /* state: zero at first, as it is declared */
    int drafted = ALL - t < DRAFT ? ALL - t : DRAFT, taken = 1 + rand() % drafted;
    /* The tokens behind the last that will be taken are wrong guesses. */
    gated_delta_net_decode_args draft = decode_args(t, drafted);
    static float guessed[DRAFT][HEADS][V];
    memcpy(guessed, v[t], (size_t)drafted * sizeof v[t]);
    for (int i = taken; i < drafted; ++i)
      fill(guessed[i], sizeof guessed[i], -1, 1);
    draft.v = **guessed;
    draft.y = *y[t];
    draft.H = **state;
    draft.H_kept = ***kept;
    decode(draft);
    memcpy(state, kept[taken - 1], sizeof state); /* back to the last token that was taken */
    t += taken;
  }

  double error = error_of(**y, **expected, ALL * HEADS * V);
  printf("%d tokens in %d drafts; against %d at once: %.1e %s\n", ALL, calls, ALL, error, verdict(error));
  return !(error <= 1e-5);
}
