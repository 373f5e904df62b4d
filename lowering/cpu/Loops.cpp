//     for chunks:   stage 0: ops    stage 1: for panels: ops    stage 2: ops    ...    carried tiles <- what is yielded
//
// A body is written twice where some chunks have fewer rows than others: in a block of sequences the chunks that are
// full for all come first. Of one sequence only the last chunk may be short; there ops have two forms (forEachForm).
#include "lowering/cpu/Loops.h"
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

static int64_t stageOf(Operation *op) { return planOf(op).getStage(); }

/// Does the op run panel by panel?
static bool isPanelOp(const KernelPlan &plan, Operation *op) {
  tile::PlanAttr attr = planOf(op);
  if (attr && attr.isIn(tile::Memory::Caller))
    return false;
  if (isa<tile::FinalOp, tile::InitOp>(op)) {
    Value tile = isa<tile::InitOp>(op) ? op->getResult(0) : op->getOperand(0);
    return !plan.panel.empty() && cast<TileType>(tile.getType()).has(plan.panel);
  }
  return attr && stageOf(op) % 2;
}

/// One loop over panels around ops of the same odd stage.
static void emitPanels(const Scope &scope, Tiles &tiles, ArrayRef<Operation *> ops) {
  // Sums over the panel axis start before it.
  for (Operation *op : ops)
    if (plan::isOverPanel(op, scope.plan()))
      emitStart(scope, tiles, op);
  // Places are named before it: later stages use them too.
  for (Operation *op : ops)
    if (auto steps = dyn_cast<tile::StepsOp>(op))
      defineSteps(scope, tiles, steps);
    else if (op->getNumResults() == 1)
      Access(scope, tiles, op->getLoc()).define(op->getResult(0));
  Code(scope.frame->b, ops.front()->getLoc()).loop(0, scope.plan().panels(), 1, [&](Value panel) {
    for (Operation *op : ops)
      emitOp(scope.inPanel(panel), tiles, op);
  });
}

/// What could not be updated in place moves into the carried tile now.
static void yieldCarried(const Scope &scope, Tiles &tiles, tile::ChunksOp chunks) {
  Block &body = chunks.getBody().front();
  Access access(scope, tiles, chunks.getLoc());
  for (auto [value, argument] : llvm::zip(body.getTerminator()->getOperands(), body.getArguments()))
    if (value != argument && !(tiles.contains(value) && access.place(value).buffer == access.place(argument).buffer))
      access.copy(access.place(argument), {}, value);
}

/// A chunk, stage by stage.
static void emitBody(const Scope &scope, const Tiles &around, tile::ChunksOp chunks) {
  Tiles tiles = around;
  SmallVector<Operation *> panelOps;
  auto emitPanelOps = [&] {
    if (!panelOps.empty())
      emitPanels(scope, tiles, panelOps);
    panelOps.clear();
  };
  for (Operation &op : chunks.getBody().front().without_terminator()) {
    if (!panelOps.empty() && stageOf(panelOps.front()) != stageOf(&op))
      emitPanelOps();
    if (isPanelOp(scope.plan(), &op))
      panelOps.push_back(&op);
    else
      emitOp(scope, tiles, &op);
  }
  emitPanelOps();
  yieldCarried(scope, tiles, chunks);
}

/// The first row, within the loop, of the chunk that comes i-th of `count`.
static Value rowOf(const Code &code, const Scope &scope, Value count, Value i) {
  if (scope.isReversed)
    i = arith::SubIOp::create(code.b, code.loc, code.add(count, -1), i);
  return code.mul(i, scope.chunk);
}

/// Tokens of the chunk that begins at `first` of `count`.
static Value tokensOf(const Code &code, const Scope &scope, Value count, Value first) {
  Value left = arith::SubIOp::create(code.b, code.loc, count, first);
  return arith::MinUIOp::create(code.b, code.loc, left, code.index(scope.chunk));
}

/// A loop whose body has loops of its own, over the tokens of each of its chunks.
static void emitOuter(const Scope &scope, const Tiles &around, tile::ChunksOp chunks, Value start) {
  Code code(scope.frame->b, chunks.getLoc());
  Value whole = arith::CeilDivUIOp::create(code.b, code.loc, scope.tokens, code.index(scope.chunk));
  if (chunks.getLeaveLast())
    whole = code.add(whole, -1);
  code.loop(code.index(0), whole, 1, [&](Value i) {
    Value first = rowOf(code, scope, whole, i);
    Scope inner = scope.inChunk(code.add(start, first), scope.rows);
    inner.tokens = tokensOf(code, scope, scope.tokens, first);
    Tiles tiles = around;
    emitStraight(inner, tiles, chunks.getBody().front());
    yieldCarried(inner, tiles, chunks);
  });
}

/// An innermost loop of a block of sequences: chunks that are full for all, then those where some sequence has ended.
static void emitBlock(const Scope &scope, const Tiles &tiles, tile::ChunksOp chunks, Value start) {
  Code code(scope.frame->b, chunks.getLoc());
  Value shortest =
      code.loop(0, scope.frame->sequences, 1, {scope.tokens}, [&](Value s, ValueRange least) -> Code::Values {
        return {arith::MinUIOp::create(code.b, code.loc, least[0], code.indexIn(scope.frame->lengths, s))};
      })[0];
  Value full = arith::DivUIOp::create(code.b, code.loc, shortest, code.index(scope.chunk));
  code.loop(code.index(0), full, 1, [&](Value i) {
    emitBody(scope.inChunk(code.add(start, rowOf(code, scope, full, i)), Rows::all()), tiles, chunks);
  });
  code.loop(code.mul(full, scope.chunk), scope.length, scope.chunk, [&](Value first) {
    emitBody(scope.inChunk(first, Rows::first(tokensOf(code, scope, scope.length, first))), tiles, chunks);
  });
}

static void emitInner(const Scope &scope, const Tiles &tiles, tile::ChunksOp chunks, Value start) {
  if (scope.hasBlock())
    return emitBlock(scope, tiles, chunks, start);
  Code code(scope.frame->b, chunks.getLoc());
  Value count = arith::CeilDivUIOp::create(code.b, code.loc, scope.tokens, code.index(scope.chunk));
  if (chunks.getLeaveLast())
    count = code.add(count, -1);
  const bool areFull = chunks.getLeaveLast() || scope.chunk == 1;
  code.loop(code.index(0), count, 1, [&](Value i) {
    Value first = rowOf(code, scope, count, i), row = code.add(start, first);
    Rows rows = areFull ? Rows::all() : Rows::first(tokensOf(code, scope, scope.tokens, first));
    emitBody(scope.inChunk(row, rows), tiles, chunks);
  });
}

static void emitChunks(const Scope &scope, Tiles &tiles, tile::ChunksOp chunks) {
  Block &body = chunks.getBody().front();
  for (auto [init, argument, result] : llvm::zip(chunks.getInits(), body.getArguments(), chunks.getResults())) {
    tiles.set(argument, Place(tiles.place(init)));
    tiles.set(result, Place(tiles.place(init)));
  }
  const bool isWithin = isa<tile::ChunksOp>(chunks->getParentOp());
  Value start = isWithin ? scope.firstRow : Code(scope.frame->b, chunks.getLoc()).index(0);
  Scope around = scope;
  around.chunk = static_cast<int64_t>(chunks.getSize());
  around.isReversed = chunks.getReverse();
  if (body.getOps<tile::ChunksOp>().empty())
    emitInner(around, tiles, chunks, start);
  else
    emitOuter(around, tiles, chunks, start);
}

void mixc::cpu::emitStraight(const Scope &scope, Tiles &tiles, Block &block) {
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      continue;
    if (auto chunks = dyn_cast<tile::ChunksOp>(op))
      emitChunks(scope, tiles, chunks);
    else if (isPanelOp(scope.plan(), &op))
      emitPanels(scope, tiles, {&op});
    else
      emitOp(scope, tiles, &op);
  }
}
