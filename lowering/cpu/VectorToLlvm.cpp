// Lowers what is left, functions over vectors and buffers, to the LLVM dialect in one conversion: each op is visited
// once, and a value changes its type (index -> i64, memref -> descriptor) in one step, so that no casts between the
// dialects are left to be reconciled.
#include "lowering/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Transforms/FoldUtils.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mixc {
#define GEN_PASS_DEF_VECTORTOLLVM
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;

namespace {

/// A kernel makes its buffers' descriptors itself: once memrefs are descriptors, the cast is nothing.
struct ForgetCast : ConvertOpToLLVMPattern<UnrealizedConversionCastOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(UnrealizedConversionCastOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || op->getNumOperands() != 1 ||
        getTypeConverter()->convertType(op.getType(0)) != adaptor.getInputs()[0].getType())
      return failure();
    rewriter.replaceOp(op, adaptor.getInputs());
    return success();
  }
};

void addPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns) {
  vector::populateVectorMaskOpLoweringPatterns(patterns);
  vector::populateVectorMaskMaterializationPatterns(patterns, /*force32BitVectorIndices=*/true);
  vector::populateVectorStepLoweringPatterns(patterns);
  populateVectorToLLVMConversionPatterns(types, patterns, /*reassociateFPReductions=*/false,
                                         /*force32BitVectorIndices=*/true);
  populateFinalizeMemRefToLLVMConversionPatterns(types, patterns);
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  arith::populateArithToLLVMConversionPatterns(types, patterns);
  populateMathToLLVMConversionPatterns(types, patterns);
  populateFuncToLLVMConversionPatterns(types, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
  ub::populateUBToLLVMConversionPatterns(types, patterns);
  patterns.add<ForgetCast>(types);
}

/// Of branches that do the same, one block is left.
void mergeBlocks(ModuleOp module) {
  IRRewriter rewriter(module.getContext());
  for (auto function : module.getOps<func::FuncOp>())
    (void)simplifyRegions(rewriter, function->getRegions(), /*mergeBlocks=*/true);
}

/// Folds what the conversion left, extracts from descriptors just made above all, and erases what nobody reads then.
void fold(ModuleOp module) {
  OperationFolder folder(module.getContext());
  module.walk([&](Operation *op) { (void)folder.tryToFold(op); });
  module.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

struct VectorToLlvm : mixc::impl::VectorToLlvmBase<VectorToLlvm> {
  void runOnOperation() override {
    mergeBlocks(getOperation());
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true;
    LLVMTypeConverter types(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    addPatterns(types, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    target.addIllegalOp<UnrealizedConversionCastOp>();
    ConversionConfig config;
    config.allowPatternRollback = false; // every pattern that matches is final: nothing to remember
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns), config)))
      return signalPassFailure();
    fold(getOperation());
  }
};

} // namespace
