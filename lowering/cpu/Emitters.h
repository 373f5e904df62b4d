// Writes one op each, at the builder's place: a loop nest over the buffers that the plan gave its tiles. The speed is
// in the order of these loops and in what stays in registers (docs/architecture.md).
#ifndef MIXC_LOWERING_CPU_EMITTERS_H
#define MIXC_LOWERING_CPU_EMITTERS_H

#include "lowering/cpu/Access.h"

namespace mixc::cpu {

/// Any of the ops below, its result where the plan says.
void emitOp(const Scope &scope, Tiles &tiles, mlir::Operation *op);

// EmitLoad.cpp, EmitStore.cpp, EmitStates.cpp, EmitHistory.cpp: the caller's tensors
void emitLoad(const Scope &scope, Tiles &tiles, tile::LoadOp op);
void emitStore(const Scope &scope, Tiles &tiles, tile::StoreOp op);
void emitInit(const Scope &scope, Tiles &tiles, tile::InitOp op);
void emitFinal(const Scope &scope, Tiles &tiles, tile::FinalOp op);
void emitBuffer(const Scope &scope, Tiles &tiles, tile::BufferOp op);
void emitHistory(const Scope &scope, Tiles &tiles, tile::HistoryOp op);
void emitHistoryGrad(const Scope &scope, Tiles &tiles, tile::HistoryGradOp op);

// EmitMap.cpp, EmitSelect.cpp, EmitParts.cpp: entry by entry
void emitMap(const Scope &scope, Tiles &tiles, tile::MapOp op);
void emitSelect(const Scope &scope, Tiles &tiles, tile::SelectOp op);
void emitCast(const Scope &scope, Tiles &tiles, tile::CastOp op);
void emitRow(const Scope &scope, Tiles &tiles, tile::RowOp op);
void emitRename(const Scope &scope, Tiles &tiles, tile::RenameOp op);
void emitSplit(const Scope &scope, Tiles &tiles, tile::SplitOp op);
void emitJoin(const Scope &scope, Tiles &tiles, tile::JoinOp op);
/// The region of a map on vectors of n entries along `lane`.
mlir::Value applyRegion(const Access &in, tile::MapOp op, const Point &point, llvm::StringRef lane, int64_t n);

// EmitReduce.cpp, EmitContract.cpp, EmitLanes.cpp, EmitDots.cpp: sums
void emitReduce(const Scope &scope, Tiles &tiles, tile::ReduceOp op);
void emitContract(const Scope &scope, Tiles &tiles, tile::ContractOp op);
void emitLanes(const Scope &scope, Tiles &tiles, tile::ContractOp op);
void emitDots(const Scope &scope, Tiles &tiles, tile::ContractOp op);
/// What a sum over panels starts from, before the first one.
void emitStart(const Scope &scope, Tiles &tiles, mlir::Operation *sum);
/// What the accumulators start from: 0, `acc`, or the map that the plan has fused in.
mlir::Value startOf(const Access &in, tile::ContractOp op, const Point &point, llvm::StringRef lane, int64_t n);
mlir::Value startEntryOf(const Access &in, tile::ContractOp op, const Point &point);
/// One or the other, as the pair of time and source counts under the mask or does not.
mlir::Value selectPair(const Access &in, tile::Mask mask, const Point &at, mlir::Value counts, mlir::Value otherwise);

// EmitRecur.cpp, EmitSolve.cpp, EmitSteps.cpp: along time
void emitRecur(const Scope &scope, Tiles &tiles, tile::RecurOp op);
void emitSolve(const Scope &scope, Tiles &tiles, tile::SolveOp op);
void emitSteps(const Scope &scope, Tiles &tiles, tile::StepsOp op);
/// Results lie where the plan says.
void defineSteps(const Scope &scope, Tiles &tiles, tile::StepsOp op);

} // namespace mixc::cpu

#endif
