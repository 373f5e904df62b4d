#include "dialect/tile/IdleTiles.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mixc::tile;

/// A start says what it reads, so it is no pure op; but not read, it is nothing.
static bool isUnused(Operation &op) { return isOpTriviallyDead(&op) || (isa<InitOp>(op) && op.use_empty()); }

static void eraseUnused(Block &block, RewriterBase &rewriter) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isUnused(op))
      rewriter.eraseOp(&op);
    else if (auto loop = dyn_cast<ChunksOp>(op))
      eraseUnused(loop.getBody().front(), rewriter);
}

void mixc::tile::eraseUnused(Block &block) {
  IRRewriter rewriter(block.getParentOp()->getContext());
  ::eraseUnused(block, rewriter);
}

/// Which carried tiles reach neither memory nor a result that is used.
static BitVector idleTiles(ChunksOp loop) {
  Block &body = loop.getBody().front();
  Operation *yield = body.getTerminator();
  llvm::SetVector<Value> taken;
  auto addOperands = [&](Operation &op) {
    op.walk([&](Operation *inner) { taken.insert(inner->operand_begin(), inner->operand_end()); });
  };
  for (Operation &op : body.without_terminator())
    if (!isMemoryEffectFree(&op))
      addOperands(op);
  BitVector idle(loop.getNumResults());
  for (auto [i, result] : llvm::enumerate(loop.getResults()))
    if (result.use_empty())
      idle.set(i);
    else
      taken.insert(yield->getOperand(i));
  for (size_t next = 0; next < taken.size(); ++next) {
    auto carried = dyn_cast<BlockArgument>(taken[next]);
    Operation *op = taken[next].getDefiningOp();
    if (op && op->getBlock() == &body) {
      addOperands(*op);
    } else if (carried && carried.getOwner() == &body) {
      idle.reset(carried.getArgNumber());
      taken.insert(yield->getOperand(carried.getArgNumber()));
    }
  }
  return idle;
}

ChunksOp mixc::tile::dropIdleTiles(ChunksOp loop, RewriterBase &rewriter) {
  const BitVector idle = idleTiles(loop);
  if (idle.none())
    return loop;
  Block &body = loop.getBody().front();
  Operation *yield = body.getTerminator();
  rewriter.modifyOpInPlace(yield, [&] { yield->eraseOperands(idle); });
  ::eraseUnused(body, rewriter);
  rewriter.modifyOpInPlace(loop, [&] { body.eraseArguments(idle); });
  SmallVector<Value> inits, results;
  for (auto [i, init, result] : llvm::enumerate(loop.getInits(), loop.getResults()))
    if (!idle[i]) {
      inits.push_back(init);
      results.push_back(result);
    }
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(loop);
  auto rest = ChunksOp::create(rewriter, loop.getLoc(), ValueRange(inits).getTypes(), loop.getSizeAttr(),
                               loop.getReverseAttr(), loop.getLeaveLastAttr(), inits);
  rest->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  rewriter.inlineRegionBefore(loop.getBody(), rest.getBody(), rest.getBody().end());
  for (auto [result, same] : llvm::zip(results, rest.getResults()))
    rewriter.replaceAllUsesWith(result, same);
  rewriter.eraseOp(loop);
  return rest;
}

/// Buffers that are written and never read.
static void eraseUnreadBuffers(Block &body) {
  for (auto buffer : llvm::make_early_inc_range(body.getOps<BufferOp>()))
    if (llvm::all_of(buffer->getUsers(), llvm::IsaPred<StoreOp>)) {
      for (Operation *store : llvm::make_early_inc_range(buffer->getUsers()))
        store->erase();
      buffer.erase();
    }
}

void mixc::tile::eraseIdle(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  eraseUnused(body);
  eraseUnreadBuffers(body);
  eraseUnused(body);
  SmallVector<ChunksOp> loops;
  kernel.walk([&](ChunksOp loop) { loops.push_back(loop); }); // those inside another before it
  IRRewriter rewriter(kernel.getContext());
  for (ChunksOp loop : loops)
    dropIdleTiles(loop, rewriter);
  eraseUnused(body);
}

namespace {

struct DropIdleTiles : OpRewritePattern<ChunksOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ChunksOp loop, PatternRewriter &rewriter) const override {
    return success(dropIdleTiles(loop, rewriter) != loop);
  }
};

} // namespace

void ChunksOp::getCanonicalizationPatterns(RewritePatternSet &results, MLIRContext *context) {
  results.add<DropIdleTiles>(context);
}
