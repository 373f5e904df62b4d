// The new value of a carried tile overwrites the old one where nothing reads the old one afterwards:
//
//     chunks iter(S) { r = f(S);  S' = S + g(r);  yield S' }  ->  S' in place of S
//
// An op that reads it entry by entry may do so while it is overwritten; a rename is the same memory under other names,
// for as long as it is read. So in a loop over chunks, whose ops are in order of their stages, and in the body of
// steps. Steps take over a carried tile as a whole: it then changes token by token where it lies.
#include "lowering/Passes.h"
#include "lowering/plan/Plan.h"

namespace mixc {
#define GEN_PASS_DEF_PLANINPLACE
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::plan;
using tile::Memory;
using tile::PlaceAttr;

namespace {

/// Is `old` read by `writer` entry by entry at most, and by others before it? What the end of steps hands on of it was
/// copied before.
bool isReadBefore(Value old, Operation *writer, bool isRenamed = false) {
  return llvm::all_of(old.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (user->hasTrait<OpTrait::IsTerminator>())
      return isa<tile::StepsOp>(user->getParentOp()) && !isRenamed;
    if (isa<tile::RenameOp>(user))
      return isReadBefore(user->getResult(0), writer, true);
    const bool entrywise = isa<tile::MapOp>(user) || (isa<tile::ContractOp>(user) && use.getOperandNumber() == 2);
    Operation *at = whereComputed(user);
    return at == writer ? entrywise && !isRenamed : at->isBeforeInBlock(writer);
  });
}

/// Are steps, which carry `old` on, the last to read it?
bool isTakenOver(BlockArgument old, OpResult result) {
  auto steps = cast<tile::StepsOp>(result.getOwner());
  const unsigned i = result.getResultNumber();
  return i < steps.getInits().size() && steps.getInits()[i] == old &&
         llvm::all_of(
             old.getUses(),
             [&](OpOperand &use) {
               Operation *at = whereComputed(use.getOwner());
               return use.getOwner() == steps ? use.getOperandNumber() == i
                                              : !isa<tile::RenameOp>(at) && at->isBeforeInBlock(steps);
             });
}

void put(OpResult result, unsigned carried) {
  tile::PlanAttr plan = tile::planOf(result.getOwner());
  SmallVector<PlaceAttr> places(plan.getPlaces());
  places[result.getResultNumber()] = places[result.getResultNumber()].in(Memory::Carried, carried);
  setPlan(result.getOwner(), plan.withPlaces(places));
}

/// The first `carried` values that end a body are the next ones of its first arguments.
void planBody(Block &body, unsigned carried) {
  for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands().take_front(carried))) {
    auto result = dyn_cast<OpResult>(value);
    if (!result || result.getOwner()->getBlock() != &body)
      continue;
    Operation *def = result.getOwner();
    BlockArgument old = body.getArgument(i);
    const bool isLegal = isa<tile::StepsOp>(def) ? isTakenOver(old, result)
                                                 : isa<tile::ContractOp, tile::MapOp>(def) && isReadBefore(old, def);
    // A value that is handed on twice is one buffer.
    if (isLegal && !tile::planOf(def).getPlaces()[result.getResultNumber()].isIn(Memory::Carried))
      put(result, i);
  }
}

struct PlanInPlace : mixc::impl::PlanInPlaceBase<PlanInPlace> {
  using PlanInPlaceBase::PlanInPlaceBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      for (Block *block : blocksOf(kernel)) {
        for (auto steps : block->getOps<tile::StepsOp>())
          planBody(steps.getBody().front(), steps.getInits().size());
        if (isInnermost(block))
          planBody(*block, block->getNumArguments());
      }
  }
};

} // namespace
