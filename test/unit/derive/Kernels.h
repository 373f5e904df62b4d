// Builds the kernels of mixers written as equations, and holds them, interpreted, against the interpreter of the
// equations.
#ifndef MIXC_TEST_UNIT_DERIVE_KERNELS_H
#define MIXC_TEST_UNIT_DERIVE_KERNELS_H

#include "dialect/mix/Interpreter.h"
#include "dialect/mix/Sample.h"
#include "dialect/tile/Tile.h"
#include "mlir/IR/OwningOpRef.h"
#include "gtest/gtest.h"

namespace mixc::test {

class Kernels {
public:
  using Dims = std::map<std::string, int64_t>;

  /// `mixer` is .mix text. Normalises, binds, builds both kernels, and (if `precise`) cleans up and runs
  /// mix-infer-precision.
  Kernels(const std::string &mixer, const Dims &dims, int64_t chunk = 0, bool precise = true);

  /// The mixer with its components.
  mix::MixerOp mixer();
  /// The kernel @NAME_suffix.
  tile::KernelOp kernel(llvm::StringRef suffix);
  /// "chunked" or "recurrent": what the forward kernel is.
  std::string form();
  std::string text();
  /// Ops of a kind in a kernel.
  template <typename Op> unsigned count(llvm::StringRef suffix) {
    unsigned number = 0;
    kernel(suffix).walk([&](Op) { ++number; });
    return number;
  }

  /// Numbers in `mixer` that float32 rounds are rounded in the kernel's regions too: tests use numbers that it does
  /// not. Both kernels against the equations, at lengths around the chunk, with and without initial states.
  void expectAgreement(mix::Decay decay = mix::Decay::Uniform, double tolerance = 1e-11);
  mix::Call sample(int64_t length, const mix::SampleOptions &options = {});
  /// One kernel on one call.
  void expectAgreement(llvm::StringRef suffix, const mix::Call &call, double tolerance);

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> equations, module;
  Dims dims;
};

} // namespace mixc::test

#endif
