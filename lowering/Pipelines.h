// The stage table. One row feeds --emit, --from, mix-opt, the docs and the stage verifier.
#ifndef MIXC_LOWERING_PIPELINES_H
#define MIXC_LOWERING_PIPELINES_H

#include "lowering/Keep.h"
#include "lowering/Target.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <map>
#include <string>

namespace mixc {

/// What may be chosen of a compilation: here once, for mixc, mix-opt and whoever calls the compiler.
struct PipelineOptions {
  std::map<std::string, int64_t> dims; // -D
  std::string cpu = "native";          // --target=cpu:NAME
  int64_t chunk = 0;                   // --chunk, 0: chosen
  bool backward = false;               // gradients, too
  Keep keep = Keep::Writes;            // --keep: what forward saves for backward
};

/// `writes`, `states`: as options spell it.
llvm::StringRef spelling(Keep keep);
std::optional<Keep> keepSpelt(llvm::StringRef word);

struct Stage {
  llvm::StringRef name; // `tile`
  llvm::StringRef what; // `logical chunk programs: forward, backward, decode`
};

/// Adds the passes that lead to a stage from the one before, for this target.
using BuildStage = void (*)(mlir::OpPassManager &passes, const PipelineOptions &options, const Target &target);

/// ast, mix, component, tile, plan, vector, llvm, asm: in order.
llvm::ArrayRef<Stage> stages();
const Stage *findStage(llvm::StringRef name);
/// Null for text and assembly.
BuildStage findPasses(const Stage &stage, TargetKind kind);
/// Adds the passes that lead from one stage to a later one.
void buildPipeline(mlir::OpPassManager &passes, const Stage &from, const Stage &to, const PipelineOptions &options);
/// Registers every dialect, interface and translation that the stages use.
void registerDialects(mlir::DialectRegistry &registry);
/// Registers our passes, and the stages as pass pipelines: `mix-to-STAGE{dims=K=16,V=16 chunk=16 cpu=znver4}` from
/// stage `mix`, and `mix-stages{from=tile to=plan ...}` between any two.
void registerPasses();

} // namespace mixc

#endif
