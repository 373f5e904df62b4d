/* Compiled once for every size, with FORWARD the name of the mixer's entry (and struct) and RUN that of the function
   here: what forward gives for a fixed input, or -1. */
#include HEADER
#include <math.h>
#include <stdlib.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

float RUN(void) {
  enum { T = 40, H = 2 };
  float *x = malloc(T * H * K * sizeof *x), *y = malloc(T * H * K * sizeof *y), sum = 0;
  for (int i = 0; i < T * H * K; ++i)
    x[i] = sinf((float)i), y[i] = NAN;
  JOIN(MIXER, _forward_args) args = {.size = sizeof args, .batch = 1, .time = T, .heads = H};
  args.q = x, args.k = x, args.v = x, args.y = y;
  args.workspace = malloc(JOIN(MIXER, _workspace_size)(&args));
  mix_status status = JOIN(MIXER, _forward)(&args);
  for (int i = 0; i < T * H * K; ++i)
    sum += y[i] * y[i];
  free(args.workspace), free(x), free(y);
  return status ? -1 : sum;
}
