// A call cut into work items, for backends that have no runtime around their kernels.
#ifndef MIXC_TEST_CONFORMANCE_ITEMS_H
#define MIXC_TEST_CONFORMANCE_ITEMS_H

#include "dialect/tile/Interpreter.h"
#include "test/conformance/Backend.h"

namespace mixc::conformance {

class ItemKernels : public Kernels {
public:
  explicit ItemKernels(mlir::ModuleOp module) : module(module) {}
  llvm::Error run(llvm::StringRef kernel, const Call &call) override;

protected:
  /// One work item; `tensors` as for tile::interpret.
  virtual llvm::Error runItem(tile::KernelOp kernel, llvm::ArrayRef<int64_t> lengths,
                              std::vector<tile::Buffer> &tensors) = 0;

private:
  mlir::ModuleOp module;
};

} // namespace mixc::conformance

#endif
