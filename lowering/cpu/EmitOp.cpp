// Which file writes which op; what all of them have in common.
#include "lowering/cpu/Emitters.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;

void mixc::cpu::emitOp(const Scope &scope, Tiles &tiles, Operation *op) {
  if (tile::PlanAttr plan = planOf(op); plan && plan.getFused())
    return;
  OpBuilder &b = scope.frame->b;
  if (op->getNumResults() == 1 && !isa<tile::StepsOp>(op))
    Access(scope, tiles, op->getLoc()).define(op->getResult(0));
  // What works on buffers alone stands by itself, for mix-build-shared; cleanup undoes it.
  OpBuilder::InsertionGuard guard(b);
  if (isa<tile::MapOp, tile::ReduceOp, tile::ContractOp, tile::RecurOp, tile::SolveOp>(op)) {
    auto own = scf::ExecuteRegionOp::create(b, op->getLoc(), TypeRange());
    b.createBlock(&own.getRegion());
    b.setInsertionPoint(scf::YieldOp::create(b, op->getLoc()));
  }
  TypeSwitch<Operation *>(op)
      .Case([&](tile::LoadOp op) { emitLoad(scope, tiles, op); })
      .Case([&](tile::StoreOp op) { emitStore(scope, tiles, op); })
      .Case([&](tile::InitOp op) { emitInit(scope, tiles, op); })
      .Case([&](tile::FinalOp op) { emitFinal(scope, tiles, op); })
      .Case([&](tile::HistoryOp op) { emitHistory(scope, tiles, op); })
      .Case([&](tile::HistoryGradOp op) { emitHistoryGrad(scope, tiles, op); })
      .Case([&](tile::BufferOp op) { emitBuffer(scope, tiles, op); })
      .Case([&](tile::MapOp op) { emitMap(scope, tiles, op); })
      .Case([&](tile::SelectOp op) { emitSelect(scope, tiles, op); })
      .Case([&](tile::CastOp op) { emitCast(scope, tiles, op); })
      .Case([&](tile::ReduceOp op) { emitReduce(scope, tiles, op); })
      .Case([&](tile::RowOp op) { emitRow(scope, tiles, op); })
      .Case([&](tile::RenameOp op) { emitRename(scope, tiles, op); })
      .Case([&](tile::SplitOp op) { emitSplit(scope, tiles, op); })
      .Case([&](tile::JoinOp op) { emitJoin(scope, tiles, op); })
      .Case([&](tile::ContractOp op) { emitContract(scope, tiles, op); })
      .Case([&](tile::RecurOp op) { emitRecur(scope, tiles, op); })
      .Case([&](tile::SolveOp op) { emitSolve(scope, tiles, op); })
      .Case([&](tile::StepsOp op) { emitSteps(scope, tiles, op); })
      .Default([](Operation *op) { assert(isImmediate(op) && "an op that is not lowered"); });
}
