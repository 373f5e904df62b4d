// Builds `tile.kernel @NAME_forward_8` beside @NAME_forward, and the same for decode: for 8 sequences at once.
//
//     U h                 N^2 numbers of U read for N^2 multiplications: one sequence
//     U [h_1 ... h_8]     ... for 8 N^2 of them, a matmul: a block of sequences
//
// Done where a state that steps through the chunk meets a matrix that no token changes (LSTM, GRU, sLSTM), so that a
// token cannot start before the one before it, and where no state is itself a matrix: eight of those would not stay in
// L1. All other kernels have their matmuls within a sequence.
//
// Axes have names, so the program stays as it is, op by op; what is loaded for a sequence gains the axis `seq`, and
// with it all that is computed from it:
//
//     load, init      + seq, but for params               contract a, b      a [N, M], b [seq, M] -> [seq, N]
//     valid           [time] -> [time, seq]               map, reduce, ...   + seq if an operand has it
//     steps, chunks   what is carried + seq, and kept as it was past a sequence's end:  S <- select(valid, S', S)
//
// Chunked components select by `valid` already. A `solve` whose triangle differs from sequence to sequence has no such
// form: then there is no kernel for blocks. How many sequences: 8 rows fill the register tile of a matmul (two or four
// vectors by eight or four rows), and a byte of U then meets as many multiplications as L2 can feed; of more, a call
// with few sequences would waste more.
#include "dialect/tile/Visit.h"
#include "lowering/Passes.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDBATCHED
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using tile::TileType;

namespace {

/// Is the tile the same for all tokens and sequences? Then it is computed before the loop over chunks.
bool isOfParams(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto steps = dyn_cast<tile::StepsOp>(argument.getOwner()->getParentOp());
    return steps && argument.getArgNumber() >= steps.getInits().size() && isOfParams(steps.operandOf(argument));
  }
  Operation *op = value.getDefiningOp();
  return isa<tile::KernelOp>(op->getParentOp()) && !isa<tile::InitOp>(op);
}

bool isWorthIt(tile::KernelOp kernel) {
  bool meetsMatrix = false, isMatrix = false;
  kernel.walk([&](tile::ContractOp contract) {
    if (isa<tile::StepsOp>(contract->getParentOp()))
      for (Value operand : {contract.getA(), contract.getB()})
        meetsMatrix |= cast<TileType>(operand.getType()).rank() > 1 && isOfParams(operand);
  });
  kernel.walk([&](tile::InitOp init) { isMatrix |= init.getResult().getType().rank() > 1; });
  return meetsMatrix && !isMatrix;
}

class Batching {
public:
  explicit Batching(tile::KernelOp kernel)
      : kernel(kernel), sequences(static_cast<int64_t>(kernel.getSequences())), builder(kernel.getContext()) {}

  LogicalResult run() { return convert(kernel.getBody().front()); }

private:
  LogicalResult convert(Block &block);

  // A rule for every op: failure where it has no such form.
  LogicalResult extend(tile::ChunksOp op);
  LogicalResult extend(tile::StepsOp op);
  LogicalResult extend(tile::ContractOp op);
  LogicalResult extend(tile::RecurOp op);
  LogicalResult extend(tile::SolveOp op);
  LogicalResult extend(tile::JoinOp op);
  LogicalResult extend(tile::LoadOp op) {
    if (tile::isPerSequence(op.getTensor()))
      grow(op.getResult());
    return success();
  }
  template <tile::OneOf<tile::InitOp, tile::ValidOp> T> LogicalResult extend(T op) {
    return grow(op.getResult()), success();
  }
  template <tile::OneOf<tile::StoreOp, tile::FinalOp> T> LogicalResult extend(T op) {
    return need(op->getOpOperand(0)), success();
  }
  /// Entry by entry of a sequence: the result has the axis where an operand does.
  template <tile::OneOf<tile::ConstantOp, tile::IotaOp, tile::PresentOp, tile::MapOp, tile::SelectOp, tile::CastOp,
                        tile::ReduceOp, tile::RowOp, tile::RenameOp, tile::SplitOp>
                T>
  LogicalResult extend(T op) {
    if (llvm::any_of(op->getOperands(), has))
      grow(op.getResult());
    return success();
  }
  /// Memory of a sequence is found by whoever runs the block.
  template <
      tile::OneOf<tile::KernelOp, tile::YieldOp, tile::StopOp, tile::BufferOp, tile::HistoryOp, tile::HistoryGradOp> T>
  LogicalResult extend(T) {
    return success();
  }

  static bool has(Value value) {
    auto type = dyn_cast_or_null<TileType>(value ? value.getType() : Type());
    return type && type.has("seq");
  }
  Type batched(Type type) const { return tile::withSequences(cast<TileType>(type), sequences); }
  void grow(Value value) { value.setType(batched(value.getType())); }
  /// The operand has the axis.
  void need(OpOperand &operand);
  Value broadcast(Value value);
  /// What is carried on: `after`, or `before` where the token is past the end of its sequence.
  Value heldPastEnd(Value after, Value before);

  tile::KernelOp kernel;
  int64_t sequences;
  OpBuilder builder;
};

Value Batching::broadcast(Value value) {
  auto type = cast<TileType>(value.getType());
  auto map = tile::MapOp::create(builder, value.getLoc(), batched(type), value);
  OpBuilder::InsertionGuard guard(builder);
  Block *body = builder.createBlock(&map.getBody(), {}, {type.getElementType()}, {value.getLoc()});
  tile::YieldOp::create(builder, value.getLoc(), ValueRange{body->getArgument(0)});
  return map.getResult();
}

void Batching::need(OpOperand &operand) {
  if (has(operand.get()))
    return;
  builder.setInsertionPoint(operand.getOwner());
  operand.set(broadcast(operand.get()));
}

Value Batching::heldPastEnd(Value after, Value before) {
  if (after == before)
    return after;
  auto row = TileType::get(builder.getContext(), {}, builder.getI1Type());
  Value valid = tile::ValidOp::create(builder, after.getLoc(), batched(row));
  return tile::SelectOp::create(builder, after.getLoc(), before.getType(), valid, after, before);
}

LogicalResult Batching::extend(tile::ChunksOp op) {
  Block &body = op.getBody().front();
  for (BlockArgument argument : body.getArguments())
    grow(argument);
  if (failed(convert(body)))
    return failure();
  Operation *yield = body.getTerminator();
  for (auto [operand, before] : llvm::zip(yield->getOpOperands(), body.getArguments())) {
    need(operand);
    // A chunk of one token knows no rows past the end, but for those of steps.
    builder.setInsertionPoint(yield);
    if (op.getSize() == 1 && !operand.get().getDefiningOp<tile::StepsOp>())
      operand.set(heldPastEnd(operand.get(), before));
  }
  for (Value result : op.getResults())
    grow(result);
  return success();
}

LogicalResult Batching::extend(tile::StepsOp op) {
  const unsigned carried = op.getInits().size(), rows = op.getRows().size();
  for (unsigned i = 0; i < carried; ++i)
    need(op->getOpOperand(i));
  Block &body = op.getBody().front();
  for (BlockArgument argument : body.getArguments()) {
    Type type = op.operandOf(argument).getType();
    const bool isRow = argument.getArgNumber() >= carried && argument.getArgNumber() < carried + rows;
    argument.setType(isRow ? cast<TileType>(type).without("time") : type);
  }
  if (failed(convert(body)))
    return failure();
  Operation *yield = body.getTerminator();
  for (unsigned i = 0; i < carried; ++i) {
    need(yield->getOpOperand(i));
    builder.setInsertionPoint(yield);
    yield->setOperand(i, heldPastEnd(yield->getOperand(i), body.getArgument(i)));
  }
  for (auto [result, value] : llvm::zip(op.getResults(), yield->getOperands()))
    if (has(value))
      grow(result);
  return success();
}

LogicalResult Batching::extend(tile::ContractOp op) {
  const bool isSum = has(op.getA()) || has(op.getB());
  if (op.getAcc() && has(op.getAcc()) && !isSum)
    need(op.getBMutable());
  if (op.getAcc() && isSum)
    need(*op.getAccMutable().begin());
  if (has(op.getA()) || has(op.getB()))
    grow(op.getResult());
  return success();
}

LogicalResult Batching::extend(tile::RecurOp op) {
  if (has(op.getA()) || has(op.getInit()))
    need(op.getBMutable());
  if (has(op.getB()))
    grow(op.getResult());
  return success();
}

/// One triangle for all.
LogicalResult Batching::extend(tile::SolveOp op) {
  if (has(op.getL()))
    return failure();
  if (has(op.getB()))
    grow(op.getResult());
  return success();
}

LogicalResult Batching::extend(tile::JoinOp op) {
  if (llvm::none_of(op->getOperands(), has))
    return success();
  for (OpOperand &part : op->getOpOperands())
    need(part);
  grow(op.getResult());
  return success();
}

LogicalResult Batching::convert(Block &block) {
  for (Operation &each : llvm::make_early_inc_range(block))
    if (failed(tile::visitOp<LogicalResult>(&each, [&](auto op) { return extend(op); })))
      return failure();
  return success();
}

/// A block saves nothing for the backward pass, which goes sequence by sequence.
void dropSaved(tile::KernelOp kernel) {
  kernel.walk([](Operation *op) {
    auto store = dyn_cast<tile::StoreOp>(op);
    auto final = dyn_cast<tile::FinalOp>(op);
    if ((store && tile::roleOf(store.getTensor()) == tile::Role::Saved) ||
        (final && tile::roleOf(final.getTensor()) == tile::Role::Saved))
      op->erase();
  });
  BitVector saved(kernel.getArguments().size());
  for (auto [i, argument] : llvm::enumerate(kernel.getArguments().getAsRange<tile::ArgumentAttr>()))
    saved[i] = argument.getRole() == tile::Role::Saved;
  kernel.eraseArguments(saved);
}

struct BuildBatched : mixc::impl::BuildBatchedBase<BuildBatched> {
  using BuildBatchedBase::BuildBatchedBase;

  void runOnOperation() override {
    if (sequences < 2)
      return;
    for (auto kernel : llvm::to_vector(getOperation().getOps<tile::KernelOp>())) {
      if (kernel.getSequences() != 1 || !kernel.has(tile::Role::Output) || !(all || isWorthIt(kernel)))
        continue;
      OpBuilder builder(&getContext());
      builder.setInsertionPointAfter(kernel);
      auto batched = cast<tile::KernelOp>(builder.clone(*kernel));
      batched.setSymName((kernel.getSymName() + "_" + std::to_string(sequences)).str());
      dropSaved(batched);
      batched.setSequences(sequences);
      if (failed(Batching(batched).run()))
        batched.erase();
    }
  }
};

} // namespace
