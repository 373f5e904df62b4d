// A small mixer with a kernel written by hand, so that what surrounds kernels is tested without the lowering that makes
// them:
//
//     H[t] = a * H[t-1] + g .* x        y[t] = H[t]        z[t] = sum(H[t-1])
//
// x : vector<4>, g : vector<4> per group, a : param, H : vector<4>. The kernels keep H in scratch memory, as real ones
// do.
#ifndef MIXC_TEST_UNIT_EMIT_LEAKY_H
#define MIXC_TEST_UNIT_EMIT_LEAKY_H

#include "lowering/object/Library.h"
#include <cstdint>
#include <string>
#include <vector>

namespace mixc::test {

typedef void (*ParallelFor)(void *context, int64_t count, void (*body)(void *argument, int64_t index), void *argument);

// As the generated header has them (HeaderTest checks that).
struct ForwardArgs {
  size_t size = sizeof(ForwardArgs);
  int64_t batch = 1, time = 0, heads = 1, groups = 1;
  int64_t sequences = 0;
  const int64_t *cu_seqlens = nullptr;
  const float *x = nullptr, *g = nullptr, *a = nullptr, *H_initial = nullptr;
  float *y = nullptr, *z = nullptr, *H_final = nullptr;
  const void *strides = nullptr, *initial_slots = nullptr, *final_slots = nullptr;
  int64_t slot_count = 0, slot_bits = 0, cu_seqlens_bits = 0;
  void *workspace = nullptr, *saved = nullptr;
  int64_t threads = 1;
  ParallelFor parallel_for = nullptr;
  void *parallel_for_context = nullptr;
};

struct DecodeArgs {
  size_t size = sizeof(DecodeArgs);
  int64_t batch = 1, time = 1, heads = 1, groups = 1;
  const float *x = nullptr, *g = nullptr, *a = nullptr;
  float *H = nullptr, *y = nullptr, *z = nullptr, *H_kept = nullptr;
  const void *strides = nullptr, *slots = nullptr;
  int64_t slot_count = 0, slot_bits = 0;
  void *workspace = nullptr;
  int64_t threads = 1;
  ParallelFor parallel_for = nullptr;
  void *parallel_for_context = nullptr;
};

struct Status {
  int32_t code;
  char message[252];
};

/// The module at stage `vector`.
mlir::OwningOpRef<mlir::ModuleOp> parseLeaky(mlir::MLIRContext &context);
void registerLeaky(mlir::MLIRContext &context);
/// Stage `vector` to stage `llvm`.
bool lowerLeaky(mlir::ModuleOp module);

/// The compiled library, built once in a folder of its own and loaded.
struct LeakyLibrary {
  static const LeakyLibrary &get();

  std::string path, header;
  std::vector<MixerInterface> mixers;
  void *handle = nullptr;
  const Status *(*forward)(const ForwardArgs *) = nullptr;
  const Status *(*decode)(const DecodeArgs *) = nullptr;
  size_t (*workspaceSize)(const ForwardArgs *) = nullptr;
  size_t (*decodeWorkspaceSize)(const DecodeArgs *) = nullptr;
  size_t (*savedSize)(const ForwardArgs *) = nullptr;
  const char *(*describe)() = nullptr;
  const char *(*message)(const Status *) = nullptr;
};

/// Arrays for a call, outputs poisoned with NaN.
struct Arrays {
  Arrays(int64_t batch, int64_t time, int64_t heads, int64_t groups, int64_t sequences = -1);
  /// The arguments of a call that should succeed; the workspace is as large as the library asks for.
  ForwardArgs forward();
  DecodeArgs decode();
  /// Runs the equations in float64 from `initial` (or zero) and compares y, z and the state; cu: sequence starts, or
  /// empty.
  void check(bool useInitial, const std::vector<int64_t> &cu = {}) const;
  bool untouched() const;

  int64_t batch, time, heads, groups, sequences;
  std::vector<float> x, g, a, initial, y, z, final;
  std::vector<char> workspace;
};

} // namespace mixc::test

#endif
