/* Prefill, then decode, in C: a prompt of 96 tokens goes through _forward, 32 more go one by one through _decode, which
   updates the state in place. The outputs must be those of one _forward over all 128. The README beside this file says
   how to build it. */
#include "libgated_delta_net.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROMPT = 96, ALL = 128, HEADS = 4, GROUPS = 2, K = 128, V = 128 };

static float q[ALL][GROUPS][K], k[ALL][GROUPS][K], v[ALL][HEADS][V], alpha[ALL][HEADS], beta[ALL][HEADS];
static float y[ALL][HEADS][V], expected[ALL][HEADS][V], state[HEADS][V][K];

static void fill(void *array, size_t bytes, float low, float high) {
  float *x = array;
  for (size_t i = 0; i < bytes / sizeof *x; ++i)
    x[i] = low + (high - low) * (float)rand() / (float)RAND_MAX;
}
#define FILL(array, low, high) fill(array, sizeof array, low, high)

static void must(mix_status status) {
  if (status) {
    fprintf(stderr, "%s\n", mix_status_message(status));
    exit(1);
  }
}

static void forward(int64_t time, float *output, float *final_state) {
  gated_delta_net_forward_args args = {
      .size = sizeof args,
      .batch = 1,
      .time = time,
      .heads = HEADS,
      .groups = GROUPS,
      .q = **q,
      .k = **k,
      .v = **v,
      .alpha = *alpha,
      .beta = *beta,
      .y = output,
      .H_final = final_state, // what is not named is null: H starts at zero
  };
  args.workspace = malloc(gated_delta_net_workspace_size(&args));
  must(gated_delta_net_forward(&args));
  free(args.workspace);
}

static void decode(int t) {
  gated_delta_net_decode_args args = {
      .size = sizeof args,
      .batch = 1,
      .time = 1,
      .heads = HEADS,
      .groups = GROUPS,
      .q = *q[t],
      .k = *k[t],
      .v = *v[t],
      .alpha = alpha[t],
      .beta = beta[t],
      .y = *y[t],
      .H = **state,
  };
  args.workspace = malloc(gated_delta_net_decode_workspace_size(&args));
  must(gated_delta_net_decode(&args));
  free(args.workspace);
}

int main(void) {
  FILL(q, -0.1f, 0.1f);
  FILL(k, -1, 1);
  FILL(v, -1, 1);
  FILL(alpha, 0.9f, 1);
  FILL(beta, 0, 1);
  forward(ALL, **expected, NULL);
  forward(PROMPT, **y, **state);
  for (int t = PROMPT; t < ALL; ++t)
    decode(t);
  double error = 0, norm = 0;
  for (int i = 0; i < ALL * HEADS * V; ++i) {
    error += pow((&y[0][0][0])[i] - (double)(&expected[0][0][0])[i], 2);
    norm += pow((&expected[0][0][0])[i], 2);
  }
  error = sqrt(error / norm);
  printf("%d tokens prefilled, %d decoded; against %d at once: %.1e %s\n", PROMPT, ALL - PROMPT, ALL, error,
         error <= 1e-5 ? "ok" : "WRONG");
  return !(error <= 1e-5);
}
