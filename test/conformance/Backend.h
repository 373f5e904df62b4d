// The one thing that the suite asks of a machine: to make tile kernels something that can be called. A backend is one
// more entry of backends(); everything else here knows of none.
#ifndef MIXC_TEST_CONFORMANCE_BACKEND_H
#define MIXC_TEST_CONFORMANCE_BACKEND_H

#include "dialect/tile/Tile.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mixc::conformance {

/// A tensor of a kernel as the caller of a library has it, row-major; `columns` are heads, or groups of them:
///
///     input, output, kept and their gradients       [tokens, columns, elements]
///     param                                         [columns, elements]
///     initial, final, state and their gradients     [sequences, columns, elements]
///     saved                                         [tokens, or segments, or sequences, columns, elements]
///
/// The first segment of sequence s is firstToken(s) / every + s.
struct Argument {
  std::string name;
  tile::Role role = tile::Role::Input;
  std::string elementType; // f32, bf16, f16
  int64_t elements = 0;
  bool isPerGroup = false;
  bool isPartial = false; // the result is the sum of what the work items leave
  int64_t every = 0;      // of what is saved: 0: a row a token; wholeSequence: a row a sequence; else tokens a segment
  char *data = nullptr;   // null: the caller does not pass it
  int64_t bytes = 0;

  static constexpr int64_t wholeSequence = -1;
};

/// What a caller says beside the tensors.
struct Call {
  std::vector<int64_t> lengths; // of the sequences
  bool isPacked = false;        // one behind the other, by their starts; else all have one length
  int64_t heads = 1, groups = 1;
  std::vector<Argument> arguments; // those of the kernel, in its order

  int64_t tokens() const { return firstToken(static_cast<int64_t>(lengths.size())); }
  int64_t firstToken(int64_t sequence) const {
    int64_t first = 0;
    for (int64_t s = 0; s < sequence; ++s)
      first += lengths[s];
    return first;
  }
};

/// Compiled kernels, by the names that they had.
class Kernels {
public:
  virtual ~Kernels() = default;
  /// Everything that the call is for: all work items, and the sums of what they leave.
  virtual llvm::Error run(llvm::StringRef kernel, const Call &call) = 0;
};

class Backend {
public:
  virtual ~Backend() = default;
  /// `cpu:x86-64-v3`, as --target has it.
  virtual std::string name() const = 0;
  /// Why this machine cannot run what is compiled; empty if it can.
  virtual std::string whyNot() const = 0;
  /// Of a module at stage `tile`, which it may change.
  virtual llvm::Expected<std::unique_ptr<Kernels>> compile(mlir::ModuleOp module) const = 0;
};

/// The toy of ToyBackend.cpp.
std::unique_ptr<Backend> toyBackend();
/// All of them, whether this machine has them or not.
const std::vector<std::unique_ptr<Backend>> &backends();

} // namespace mixc::conformance

#endif
