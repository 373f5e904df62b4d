/* What the programs of this folder share: random numbers, an end where a call fails, and a comparison. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "libgated_delta_net.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The dims that the library was compiled for, and the counts that a call may choose. */
enum { K = 128, V = 128, HEADS = 4, GROUPS = 2 };

/* The inputs of so many tokens: one sequence, or several packed one after the other. */
#define TOKENS 128
static float q[TOKENS][GROUPS][K], k[TOKENS][GROUPS][K], v[TOKENS][HEADS][V];
static float alpha[TOKENS][HEADS], beta[TOKENS][HEADS];

static inline void fill(void *array, size_t bytes, float low, float high) {
  float *x = array;
  for (size_t i = 0; i < bytes / sizeof *x; ++i)
    x[i] = low + (high - low) * (float)rand() / (float)RAND_MAX;
}

static inline void fill_inputs(void) {
  fill(q, sizeof q, -0.1f, 0.1f);
  fill(k, sizeof k, -1, 1);
  fill(v, sizeof v, -1, 1);
  fill(alpha, sizeof alpha, 0.9f, 1);
  fill(beta, sizeof beta, 0, 1);
}

static inline void must(mix_status status) {
  if (status) {
    fprintf(stderr, "%s\n", mix_status_message(status));
    exit(1);
  }
}

/* The arguments of _forward for tokens [from, from + time) as one sequence; what is not named is NULL or 0. */
static inline gated_delta_net_forward_args forward_args(int from, int time) {
  gated_delta_net_forward_args args = {.size = sizeof args, .batch = 1, .time = time, .heads = HEADS, .groups = GROUPS};
  args.q = *q[from], args.k = *k[from], args.v = *v[from], args.alpha = alpha[from], args.beta = beta[from];
  return args;
}

static inline void forward(gated_delta_net_forward_args args) {
  args.workspace = malloc(gated_delta_net_workspace_size(&args));
  must(gated_delta_net_forward(&args));
  free(args.workspace);
}

/* The same of _backward. */
static inline gated_delta_net_backward_args backward_args(int from, int time) {
  gated_delta_net_backward_args args = {
      .size = sizeof args, .batch = 1, .time = time, .heads = HEADS, .groups = GROUPS};
  args.q = *q[from], args.k = *k[from], args.v = *v[from], args.alpha = alpha[from], args.beta = beta[from];
  return args;
}

static inline void backward(gated_delta_net_backward_args args) {
  args.workspace = malloc(gated_delta_net_backward_workspace_size(&args));
  must(gated_delta_net_backward(&args));
  free(args.workspace);
}

/* The same of _decode. */
static inline gated_delta_net_decode_args decode_args(int from, int time) {
  gated_delta_net_decode_args args = {.size = sizeof args, .batch = 1, .time = time, .heads = HEADS, .groups = GROUPS};
  args.q = *q[from], args.k = *k[from], args.v = *v[from], args.alpha = alpha[from], args.beta = beta[from];
  return args;
}

static inline void decode(gated_delta_net_decode_args args) {
  args.workspace = malloc(gated_delta_net_decode_workspace_size(&args));
  must(gated_delta_net_decode(&args));
  free(args.workspace);
}

/* |y - expected| / |expected|, and whether that is float32's rounding. */
static inline double error_of(const float *y, const float *expected, size_t count) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < count; ++i) {
    error += pow(y[i] - (double)expected[i], 2);
    norm += pow(expected[i], 2);
  }
  return sqrt(error / norm);
}
static inline const char *verdict(double error) { return error <= 1e-5 ? "ok" : "WRONG"; }

#endif
