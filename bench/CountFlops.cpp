#include "bench/CountFlops.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mixc::bench {

static int64_t lanesOf(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector.getNumElements() : 1;
}

static int64_t flopsOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case<LLVM::FMAOp, LLVM::FMulAddOp>([](Operation *op) { return 2 * lanesOf(op->getResult(0).getType()); })
      .Case<LLVM::FAddOp, LLVM::FSubOp, LLVM::FMulOp, LLVM::FDivOp, LLVM::SqrtOp>(
          [](Operation *op) { return lanesOf(op->getResult(0).getType()); })
      .Case([](LLVM::vector_reduce_fadd op) { return lanesOf(op.getInput().getType()) - 1; })
      .Default([](Operation *) { return 0; });
}

void countFlops(ModuleOp module) {
  OpBuilder builder(module.getBodyRegion());
  Type i64 = builder.getI64Type();
  auto counter = LLVM::GlobalOp::create(builder, module.getLoc(), i64, /*isConstant=*/false, LLVM::Linkage::External,
                                        flopCounter, builder.getI64IntegerAttr(0));
  counter.setExternallyInitialized(true); // and so exported
  module.walk([&](LLVM::LLVMFuncOp function) {
    for (Block &block : function.getBody()) {
      int64_t flops = 0;
      for (Operation &op : block)
        flops += flopsOf(&op);
      if (flops == 0)
        continue;
      builder.setInsertionPoint(block.getTerminator());
      Location loc = function.getLoc();
      Value at = LLVM::AddressOfOp::create(builder, loc, counter);
      Value before = LLVM::LoadOp::create(builder, loc, i64, at);
      Value own = LLVM::ConstantOp::create(builder, loc, i64, builder.getI64IntegerAttr(flops));
      LLVM::StoreOp::create(builder, loc, LLVM::AddOp::create(builder, loc, before, own), at);
    }
  });
}

} // namespace mixc::bench
