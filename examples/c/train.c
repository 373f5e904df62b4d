/* One step of training: _forward, the gradient of a loss, _backward, and a step of q, k and v against their gradients.
   It is so long that the loss should fall by a hundredth; the loss after it shows whether it does. */
#include "example.h"

static float y[TOKENS][HEADS][V], target[TOKENS][HEADS][V], y_grad[TOKENS][HEADS][V];
static float q_grad[TOKENS][GROUPS][K], k_grad[TOKENS][GROUPS][K], v_grad[TOKENS][HEADS][V];

/* The mean of |y - target|^2 / 2 over the tokens, and its gradient. */
static double loss_and_gradient(void) {
  double loss = 0;
  for (int i = 0; i < TOKENS * HEADS * V; ++i) {
    float difference = (**y)[i] - (**target)[i];
    loss += difference * difference / 2 / TOKENS;
    (**y_grad)[i] = difference / TOKENS;
  }
  return loss;
}

static double norm_squared(const float *x, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i)
    sum += x[i] * x[i];
  return sum;
}

static void step(float *x, const float *gradient, size_t count, double rate) {
  for (size_t i = 0; i < count; ++i)
    x[i] -= (float)(rate * gradient[i]);
}

int main(void) {
  fill_inputs();
  fill(target, sizeof target, -1, 1);

  gated_delta_net_forward_args training = forward_args(0, TOKENS);
  training.y = **y;
  training.saved = malloc(gated_delta_net_saved_size(&training)); /* for backward, which else computes it anew */
  forward(training);
  double before = loss_and_gradient();

  gated_delta_net_backward_args reverse = backward_args(0, TOKENS);
  reverse.saved = training.saved;
  reverse.y_grad = **y_grad;
  reverse.q_grad = **q_grad, reverse.k_grad = **k_grad, reverse.v_grad = **v_grad; /* the others are not wanted */
  backward(reverse);
  free(training.saved);

  size_t of_keys = TOKENS * GROUPS * K, of_values = TOKENS * HEADS * V;
  double squares =
      norm_squared(**q_grad, of_keys) + norm_squared(**k_grad, of_keys) + norm_squared(**v_grad, of_values);
  double expected = before / 100, rate = expected / squares; /* a step along g changes the loss by -rate g' g */
  step(**q, **q_grad, of_keys, rate);
  step(**k, **k_grad, of_keys, rate);
  step(**v, **v_grad, of_values, rate);

  gated_delta_net_forward_args after = forward_args(0, TOKENS);
  after.y = **y;
  forward(after);
  double fall = before - loss_and_gradient();
  int right = fabs(fall - expected) <= 0.1 * expected;
  printf("loss %.3f before the step; it fell by %.4f, as gradients predict %.4f: %s\n", before, fall, expected,
         right ? "ok" : "WRONG");
  return !right;
}
