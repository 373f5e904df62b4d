// The stage table, and the passes that lead from each stage to the next.
#include "lowering/Pipelines.h"
#include "lowering/Passes.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace mixc {
namespace {

void addCleanup(OpPassManager &passes) {
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
}

void mixToComponent(OpPassManager &passes, const PipelineOptions &) {
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createBuildComponents());
  passes.addPass(createClassifyComponents());
}

void componentToTile(OpPassManager &passes, const PipelineOptions &options) {
  BindDimsOptions bind;
  for (const auto &[dim, number] : options.dims)
    bind.bindings.push_back(dim + "=" + std::to_string(number));
  passes.addPass(createBindDims(bind));
  passes.addPass(createBuildChunked({options.chunk}));
  if (options.backward)
    passes.addPass(createBuildBackward({options.chunk, options.keep}));
  passes.addPass(createBuildRecurrent());
  passes.addPass(createInferPrecision()); // before constants are inlined as float32
  addCleanup(passes);
}

void tileToPlan(OpPassManager &passes, const PipelineOptions &options) {
  passes.addPass(createBuildBatched());
  passes.addPass(createBuildCopies());
  passes.addPass(createPlanPanels({options.cpu}));
  passes.addPass(createBuildTurned());
  passes.addPass(createPlanStages());
  passes.addPass(createPlanInPlace());
  passes.addPass(createPlanSlices());
  passes.addPass(createPlanLayouts());
  passes.addPass(createPlanScratch());
}

void planToVector(OpPassManager &passes, const PipelineOptions &) {
  passes.addPass(createTileToVector());
  passes.addPass(createBuildShared());
  addCleanup(passes);
}

/// The plainest pipeline keeps 88 % of the FMA peak: the speed is in the plan.
void vectorToLlvm(OpPassManager &passes, const PipelineOptions &options) {
  passes.addPass(createLowerMixers());
  passes.addPass(createLowerConversions({options.cpu}));
  passes.addPass(createLowerMath());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createVectorToLlvm());
  passes.addPass(createCSEPass());
}

constexpr Stage table[] = {
    {"ast", "the checked program", nullptr},
    {"mix", "one op per mixer, symbolic dims", nullptr},
    {"component", "strata, normal form, class", mixToComponent},
    {"tile", "logical chunk programs: forward, backward, decode", componentToTile},
    {"plan", "panels, buffers, vector shapes for the target", tileToPlan},
    {"vector", "upstream dialects", planToVector},
    {"llvm", "LLVM dialect", vectorToLlvm},
    {"asm", "assembly", nullptr},
};

} // namespace

StringRef spelling(Keep keep) { return keep == Keep::Writes ? "writes" : "states"; }

std::optional<Keep> keepSpelt(StringRef word) {
  for (Keep keep : {Keep::Writes, Keep::States})
    if (word == spelling(keep))
      return keep;
  return std::nullopt;
}

ArrayRef<Stage> stages() { return table; }

const Stage *findStage(StringRef name) {
  const Stage *stage = llvm::find_if(table, [&](const Stage &row) { return row.name == name; });
  return stage == std::end(table) ? nullptr : stage;
}

void buildPipeline(OpPassManager &passes, const Stage &from, const Stage &to, const PipelineOptions &options) {
  for (const Stage *stage = &from + 1; stage <= &to; ++stage)
    if (stage->build)
      stage->build(passes, options);
}

void registerDialects(DialectRegistry &registry) {
  registry.insert<mix::MixDialect, tile::TileDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect,
                  scf::SCFDialect, cf::ControlFlowDialect, memref::MemRefDialect, vector::VectorDialect, ub::UBDialect,
                  LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

} // namespace mixc
