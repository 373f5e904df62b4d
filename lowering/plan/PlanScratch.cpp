// Where in scratch memory each tile lies that is in no other's. Tiles of a loop's body share: each has the first place
// that fits, in order of first use,
//
//     from(x) = min { a : [a, a + bytes(x)) meets [from(y), to(y)) for no y with last(y) >= first(x) }
//
// and those that are needed between loops, or have padding, have places of their own before: padding is 0, always, so
// what has some shares with no one. Loops run one after the other, so their bodies' tiles share, too.
#include "lowering/Passes.h"
#include "lowering/plan/Plan.h"
#include "llvm/Support/MathExtras.h"

namespace mixc {
#define GEN_PASS_DEF_PLANSCRATCH
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::plan;
using tile::Memory;
using tile::PlaceAttr;
using tile::PlanAttr;
using tile::TileType;

namespace {

class Scratch {
public:
  explicit Scratch(tile::KernelOp kernel) : kernel(kernel), plan(KernelPlan::of(kernel)) {}

  void run() {
    const SmallVector<Block *> blocks = blocksOf(kernel);
    for (Block *block : blocks)
      for (Operation *op : plannedOps(*block))
        place(op, isInnermost(block));
    const int64_t base = plan.scratch;
    for (Block *block : blocks)
      if (isInnermost(block))
        pack(*block, base);
    plan.setOn(kernel);
  }

private:
  void place(Operation *op, bool mayShare);
  void placeSteps(tile::StepsOp steps);
  void pack(Block &block, int64_t base);
  std::pair<int64_t, int64_t> lifetimeOf(Operation *op, const DenseMap<Operation *, int64_t> &positions) const;

  /// So many bytes that nothing else has.
  int64_t take(int64_t bytes) { return std::exchange(plan.scratch, plan.scratch + bytes); }

  tile::KernelOp kernel;
  KernelPlan plan;
  DenseMap<Operation *, int64_t> shared; // bytes of a tile whose place is found once all others have theirs
};

Layout layoutOf(Value tile, PlaceAttr place) { return Layout::of(cast<TileType>(tile.getType()), place); }

void Scratch::place(Operation *op, bool mayShare) {
  if (auto steps = dyn_cast<tile::StepsOp>(op))
    return placeSteps(steps);
  const PlanAttr known = tile::planOf(op);
  if (!known.isIn(Memory::Undecided))
    return;
  int64_t bytes;
  if (auto buffer = dyn_cast<tile::BufferOp>(op)) {
    const int64_t numbers = ShapedType::getNumElements(buffer.getResult().getType().getShape());
    bytes = llvm::alignTo(4 * numbers * static_cast<int64_t>(buffer.getSlots()), 64);
  } else {
    const Layout layout = layoutOf(op->getResult(0), known.getPlace());
    bytes = layout.bytes(plan);
    if (mayShare && !layout.padded(plan)) {
      shared[op] = bytes;
      return;
    }
  }
  setPlan(op, known.withPlaces(known.getPlace().in(Memory::Scratch, take(bytes))));
}

void Scratch::placeSteps(tile::StepsOp steps) {
  Block &body = steps.getBody().front();
  const PlanAttr known = tile::planOf(steps);
  SmallVector<PlaceAttr> places(known.getPlaces());
  for (auto [i, place] : llvm::enumerate(places)) {
    const int64_t bytes = layoutOf(steps.getResult(i), place).bytes(plan);
    if (place.isIn(Memory::Undecided))
      place = place.in(Memory::Scratch, take(bytes));
    auto handedOn = dyn_cast<BlockArgument>(body.getTerminator()->getOperand(i));
    if (i < steps.getInits().size() && handedOn && handedOn != body.getArgument(i))
      place = place.passingThrough(take(bytes));
  }
  setPlan(steps, known.withPlaces(places));
  for (Operation *op : plannedOps(body))
    place(op, /*mayShare=*/false);
}

/// The positions between which a tile of a loop's body is needed. A renamed or selected tile may be the tile itself.
std::pair<int64_t, int64_t> Scratch::lifetimeOf(Operation *op, const DenseMap<Operation *, int64_t> &positions) const {
  int64_t first = positions.lookup(op), last = first;
  for (Operation *user : op->getUsers()) {
    while (user->getBlock() != op->getBlock())
      user = user->getParentOp();
    last = std::max(last, positions.lookup(user));
    if (isa<tile::RenameOp, tile::SelectOp>(user) || whereComputed(user) != user)
      last = std::max(last, lifetimeOf(user, positions).second);
  }
  return {first, last};
}

void Scratch::pack(Block &block, int64_t base) {
  // Ops of an odd stage take turns panel by panel: their positions count as one.
  DenseMap<Operation *, int64_t> positions;
  int64_t position = 0, stage = 0;
  for (Operation &op : block) {
    const PlanAttr own = tile::planOf(&op); // none of what ends the block
    position += !own || own.getStage() != stage || stage % 2 == 0;
    stage = own ? own.getStage() : 0;
    positions[&op] = position;
  }
  struct Used {
    int64_t from, to, last;
  };
  SmallVector<Used> used; // in order of places
  for (Operation *op : plannedOps(block)) {
    auto found = shared.find(op);
    if (found == shared.end())
      continue;
    const int64_t bytes = found->second;
    auto [first, last] = lifetimeOf(op, positions);
    llvm::erase_if(used, [first = first](const Used &other) { return other.last < first; });
    int64_t from = base;
    auto next = used.begin();
    for (; next != used.end() && next->from < from + bytes; ++next)
      from = std::max(from, next->to);
    used.insert(next, {from, from + bytes, last});
    plan.scratch = std::max(plan.scratch, from + bytes);
    const PlanAttr known = tile::planOf(op);
    setPlan(op, known.withPlaces(known.getPlace().in(Memory::Scratch, from)));
  }
}

struct PlanScratch : mixc::impl::PlanScratchBase<PlanScratch> {
  using PlanScratchBase::PlanScratchBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      Scratch(kernel).run();
  }
};

} // namespace
