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

void mixToComponent(OpPassManager &passes, const PipelineOptions &, const Target &) {
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createBuildComponents());
  passes.addPass(createClassifyComponents());
}

void addBackward(OpPassManager &passes, const PipelineOptions &options, const Target &target) {
  passes.addPass(createBuildAgain({options.chunk, target.backwardRows, target.cheapBackwardRows, target.smallState}));
  passes.addNestedPass<tile::KernelOp>(createCSEPass());
  passes.addPass(createPlanSaved({target.segmentTokens, options.keep}));
  passes.addPass(createBuildAdjoint());
  passes.addPass(createBuildSaved());
  passes.addPass(createBuildReplay());
}

void componentToTile(OpPassManager &passes, const PipelineOptions &options, const Target &target) {
  BindDimsOptions bind;
  for (const auto &[dim, number] : options.dims)
    bind.bindings.push_back(dim + "=" + std::to_string(number));
  passes.addPass(createBindDims(bind));
  passes.addPass(createBuildChunked({options.chunk, target.chunkRows}));
  if (options.backward)
    addBackward(passes, options, target);
  passes.addPass(createBuildRecurrent());
  passes.addPass(createInferPrecision()); // before constants are inlined as float32
  addCleanup(passes);
}

void tileToCpuPlan(OpPassManager &passes, const PipelineOptions &options, const Target &target) {
  passes.addPass(createBuildBatched({target.blockSequences}));
  passes.addPass(createBuildCopies());
  passes.addPass(createPlanPanels({options.cpu}));
  passes.addPass(createBuildTurned());
  passes.addPass(createPlanStages());
  passes.addPass(createPlanInPlace());
  passes.addPass(createPlanSlices());
  passes.addPass(createPlanLayouts());
  passes.addPass(createPlanScratch());
}

void cpuPlanToVector(OpPassManager &passes, const PipelineOptions &, const Target &target) {
  passes.addPass(createTileToVector());
  passes.addPass(createBuildShared({target.sharedOps}));
  addCleanup(passes);
}

/// The plainest pipeline keeps 88 % of the FMA peak: the speed is in the plan.
void vectorToLlvm(OpPassManager &passes, const PipelineOptions &options, const Target &) {
  passes.addPass(createLowerMixers());
  passes.addPass(createLowerConversions({options.cpu}));
  passes.addPass(createLowerMath());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createVectorToLlvm());
  passes.addPass(createCSEPass());
}

constexpr Stage table[] = {
    {"ast", "the checked program"},
    {"mix", "one op per mixer, symbolic dims"},
    {"component", "strata, normal form, class"},
    {"tile", "logical chunk programs: forward, backward, decode"},
    {"plan", "panels, buffers, vector shapes for the target"},
    {"vector", "upstream dialects"},
    {"llvm", "LLVM dialect"},
    {"asm", "assembly"},
};

/// What makes a stage: for any target, or for targets of one kind.
struct Row {
  StringRef stage;
  std::optional<TargetKind> kind;
  BuildStage build;
};

constexpr Row rows[] = {
    {"component", std::nullopt, mixToComponent}, {"tile", std::nullopt, componentToTile},
    {"plan", TargetKind::Cpu, tileToCpuPlan},    {"vector", TargetKind::Cpu, cpuPlanToVector},
    {"llvm", TargetKind::Cpu, vectorToLlvm},
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

BuildStage findPasses(const Stage &stage, TargetKind kind) {
  const Row *row =
      llvm::find_if(rows, [&](const Row &row) { return row.stage == stage.name && (!row.kind || row.kind == kind); });
  return row == std::end(rows) ? nullptr : row->build;
}

void buildPipeline(OpPassManager &passes, const Stage &from, const Stage &to, const PipelineOptions &options) {
  const Target target = describe(options.cpu);
  for (const Stage *stage = &from + 1; stage <= &to; ++stage)
    if (BuildStage build = findPasses(*stage, target.kind))
      build(passes, options, target);
}

void registerDialects(DialectRegistry &registry) {
  registry.insert<mix::MixDialect, tile::TileDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect,
                  scf::SCFDialect, cf::ControlFlowDialect, memref::MemRefDialect, vector::VectorDialect, ub::UBDialect,
                  LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

} // namespace mixc
