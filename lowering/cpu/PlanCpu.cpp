// Chooses where the tiles of a kernel lie and in which loop its ops run (see Plan.h for what the attributes mean).
//
// The panel axis is the value axis of the largest state. On the chunk path states lie value lanes last, in panels that
// stay in L1 while the chunk's reads, solve, outputs and update pass over them; on the decode path they stay as the
// caller declared them, since there every entry is touched once, and so they do where steps load matrices to meet them.
// Key-side ops (no panel axis) run once a chunk, in the even stages:
//
//   stage(op) = max over operands x of   x key-side:    the even stage at which x is complete
//                                        x has panels:  its own odd stage
//   and an op over panels runs in an odd stage, one more than the last even stage that it needs.
//
// A sum over the panel axis is complete only after its loop, one stage later. Steps whose body keeps the panels apart
// run in an odd stage, a panel's carried tiles in L1 for the whole chunk; where the body sums over the panel axis, in
// an even one.
#include "lowering/Limits.h"
#include "lowering/Passes.h"
#include "lowering/Refusal.h"
#include "lowering/cpu/Plan.h"
#include "lowering/cpu/Target.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace mixc {
#define GEN_PASS_DEF_PLANCPU
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::AxisKind;
using tile::TileType;

namespace {

/// Outside the innermost loops ops run one after the other.
bool holdsLoops(Block *block) { return !block->getOps<tile::ChunksOp>().empty(); }

/// The same tile in a buffer of its own.
Value copyOf(OpBuilder &builder, Value tile) {
  auto map = tile::MapOp::create(builder, tile.getLoc(), tile.getType(), tile);
  OpBuilder::InsertionGuard guard(builder);
  Block *body =
      builder.createBlock(&map.getBody(), {}, {cast<TileType>(tile.getType()).getElementType()}, {map.getLoc()});
  tile::YieldOp::create(builder, map.getLoc(), ValueRange{body->getArgument(0)});
  return map.getResult();
}

class Planner {
public:
  Planner(tile::KernelOp kernel, const Target &target) : kernel(kernel), target(target) {}
  LogicalResult run();

private:
  void choosePanel();
  bool meetsMatrices(TileType state);
  void materializeImmediates();
  void turnOperands();
  bool ownsBuffer(tile::ChunksOp loop, unsigned i);
  int64_t stageOf(Operation *op);
  void sinkLoads(Block &block);
  void fuseAccumulators(Block &block);
  void updateInPlace(tile::ChunksOp chunks);
  void updateInPlace(tile::StepsOp steps);
  void place(Operation *op);
  void placeSteps(tile::StepsOp steps);
  void planSteps(tile::StepsOp steps);
  Attribute offsetOf(const Layout &layout);
  void packBuffers(Block &block, int64_t base);
  std::pair<int64_t, int64_t> lifetimeOf(Operation *op, const DenseMap<Operation *, int64_t> &positions);
  bool isDecode();
  static bool isMatrixOfParams(Operation *op);
  bool isExternal(Operation *op, const Layout &layout) const;
  bool needsWhole(Value value, Operation *producer);
  Layout layoutOf(TileType type, bool sliced);

  bool hasPanel(Type type) const {
    auto tile = dyn_cast<TileType>(type);
    return tile && !plan.panel.empty() && tile.has(plan.panel);
  }
  bool touchesPanel(Operation *op) const {
    auto touches = [&](Operation *inner) {
      return llvm::any_of(inner->getOperandTypes(), [&](Type t) { return hasPanel(t); }) ||
             llvm::any_of(inner->getResultTypes(), [&](Type t) { return hasPanel(t); });
    };
    if (auto steps = dyn_cast<tile::StepsOp>(op);
        steps && llvm::any_of(steps.getBody().front(), [&](Operation &inner) { return touches(&inner); }))
      return true;
    return touches(op);
  }
  bool isOverPanel(Operation *op) const {
    auto over = op->getAttrOfType<ArrayAttr>("over");
    return over && llvm::any_of(over, [&](Attribute name) { return cast<StringAttr>(name).getValue() == plan.panel; });
  }
  /// Cuts, renames, turns or sums over the panel axis itself, so it works on whole tiles between the panel loops.
  bool isWhole(Operation *op) const {
    if (whole.contains(op))
      return true;
    if (auto steps = dyn_cast<tile::StepsOp>(op))
      return llvm::any_of(steps.getBody().front(),
                          [&](Operation &inner) { return isWhole(&inner) || isOverPanel(&inner); });
    if (auto rename = dyn_cast<tile::RenameOp>(op))
      return rename.getFrom() == plan.panel || rename.getTo() == plan.panel;
    auto axis = op->getAttrOfType<StringAttr>("axis");
    return isa<tile::SplitOp, tile::JoinOp>(op) && axis.getValue() == plan.panel;
  }

  tile::KernelOp kernel;
  const Target &target;
  KernelPlan plan;
  std::string lane; // the lane axis of states, where it is not the panel axis
  int64_t chunk = 1;
  DenseMap<Operation *, int64_t> stages;
  DenseMap<Operation *, int64_t> inPlace; // op -> the carried tile that it overwrites
  DenseMap<Value, int64_t> stepsInPlace;  // result of steps -> the tile carried over chunks where it lies
  DenseSet<Value> slicedCarried;          // tiles carried by steps, of one panel
  DenseSet<Operation *> fused;
  DenseSet<Operation *> whole, turned;   // work on whole tiles; copies whose lanes are another axis than the panels'
  DenseMap<Operation *, int64_t> packed; // bytes of a buffer whose offset is found once all others have theirs
};

/// Do steps load matrices on these axes? Then the state had best lie as they do.
bool Planner::meetsMatrices(TileType state) {
  bool found = false;
  kernel.walk([&](tile::LoadOp load) {
    found |= state.getAxes().size() > 1 && isa<tile::StepsOp>(load->getParentOp()) &&
             load.getResult().getType().getAxes() == state.getAxes();
  });
  return found;
}

void Planner::choosePanel() {
  plan.cpu = target.cpu;
  plan.lanes = target.lanes;
  kernel.walk([&](tile::ChunksOp chunks) {
    if (!holdsLoops(&chunks.getBody().front()))
      chunk = chunks.getSize();
  });
  // A part of an axis has its name, and has not its panels: what is cut or joined along an axis has none.
  llvm::StringMap<int64_t> extents;
  llvm::StringSet<> cut;
  kernel.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      for (const Axis &axis : isa<TileType>(type) ? cast<TileType>(type).getAxes() : ArrayRef<Axis>())
        if (extents.try_emplace(axis.str(), axis.extent).first->second != axis.extent)
          cut.insert(axis.str());
  });
  int64_t largest = 0;
  kernel.walk([&](tile::InitOp init) {
    auto type = cast<TileType>(init.getResult().getType());
    for (const Axis &axis : type.getAxes())
      if (axis.kind == AxisKind::Value && axis.extent > 1 && type.size() > largest && !cut.contains(axis.str())) {
        largest = type.size();
        plan.panel = axis.str().str();
        plan.extent = axis.extent;
        unsigned tensor = cast<BlockArgument>(init.getTensor()).getArgNumber();
        const bool inPlace = kernel.argument(tensor).getRole() == tile::Role::State;
        lane = inPlace || meetsMatrices(type) ? type.getAxes().back().str().str() : plan.panel;
      }
  });
  if (plan.panel.empty())
    return;
  if (lane != plan.panel) { // a panel is some rows of the state, as many as there are accumulators
    bool anyWhole = false;  // what works on whole tiles wants their rows next to each other
    kernel.walk([&](tile::StepsOp steps) { anyWhole |= isWhole(steps); });
    plan.width = anyWhole ? plan.extent : largestDivisor(plan.extent, 16);
    return;
  }
  int64_t vectors = llvm::divideCeil(plan.extent, plan.lanes);
  plan.width = plan.lanes * largestDivisor(vectors, std::max<int64_t>(1, target.accumulators() / chunk));
}

// The lane axis: of a state the declared or the value axis; of key-side tiles the longest of key, value and free axes.
Layout Planner::layoutOf(TileType type, bool sliced) {
  auto rank = [&](const Axis &axis) -> std::pair<int, int64_t> {
    if (axis.extent == 1)
      return {0, 0};
    if (axis.str() == lane)
      return {5, 0};
    if (axis.str() == plan.panel)
      return {4, 0};
    if (axis.kind == AxisKind::Seq)
      return {0, 1};
    if (axis.kind == AxisKind::Time)
      return {1, 0};
    if (axis.kind == AxisKind::Source)
      return {2, 0};
    return {3, axis.extent};
  };
  Layout layout;
  layout.elementType = type.getElementType();
  layout.sliced = sliced;
  layout.axes.assign(type.getAxes().begin(), type.getAxes().end());
  if (!layout.axes.empty()) {
    auto last = layout.axes.begin();
    for (auto axis = last; axis != layout.axes.end(); ++axis)
      if (rank(*axis) >= rank(*last))
        last = axis;
    std::rotate(last, last + 1, layout.axes.end());
  }
  return layout;
}

int64_t Planner::stageOf(Operation *op) {
  int64_t even = 0, odd = 0;
  for (Value operand : op->getOperands()) {
    Operation *def = operand.getDefiningOp();
    if (!def || def->getBlock() != op->getBlock() || isImmediate(def))
      continue; // or a tensor
    int64_t stage = stages[def];
    if (stage % 2 == 0)
      even = std::max(even, stage);
    else if (hasPanel(operand.getType()))
      odd = std::max(odd, stage);
    else
      even = std::max(even, stage + 1); // a sum over panels: complete after its loop
  }
  if (isWhole(op))
    return odd ? std::max(even, odd + 1) : even;
  if (touchesPanel(op))
    return std::max(even + 1, odd);
  return even;
}

/// A tile that a later stage, another block or a whole-tile op uses cannot live in one panel.
bool Planner::needsWhole(Value value, Operation *producer) {
  for (Operation *user : value.getUsers()) {
    if (user->getBlock() != producer->getBlock() || isWhole(user) || stages[user] != stages[producer] ||
        user->hasTrait<OpTrait::IsTerminator>())
      return true;
    if (auto rename = dyn_cast<tile::RenameOp>(user); rename && needsWhole(rename.getResult(), producer))
      return true;
  }
  return false;
}

// Loads need nothing: panels of a tensor are loaded in the stage of their first use.
void Planner::sinkLoads(Block &block) {
  for (Operation &op : block)
    if (isa<tile::LoadOp>(op) && touchesPanel(&op)) {
      int64_t first = INT64_MAX;
      for (Operation *user : op.getUsers())
        if (user->getBlock() == &block && !user->hasTrait<OpTrait::IsTerminator>())
          first = std::min(first, stages[user]);
      if (first != INT64_MAX)
        stages[&op] = first % 2 ? first : first - 1;
    }
}

// acc = map(...) of one use becomes the start value of the accumulators.
void Planner::fuseAccumulators(Block &block) {
  for (auto contract : block.getOps<tile::ContractOp>()) {
    if (!contract.getAcc())
      continue;
    auto map = contract.getAcc().getDefiningOp<tile::MapOp>();
    if (map && map->getBlock() == &block && map->hasOneUse() &&
        map.getResult().getType() == contract.getResult().getType()) {
      fused.insert(map);
      stages[map] = stages[contract];
    }
  }
}

// The new state overwrites the old one where nothing reads the old one afterwards.
void Planner::updateInPlace(tile::ChunksOp chunks) {
  Block &body = chunks.getBody().front();
  Operation *yield = body.getTerminator();
  for (auto [i, value] : llvm::enumerate(yield->getOperands())) {
    BlockArgument old = body.getArgument(i);
    Operation *def = value.getDefiningOp();
    if (!def || def->getBlock() != &body || inPlace.count(def))
      continue;
    if (auto steps = dyn_cast<tile::StepsOp>(def)) {
      unsigned result = cast<OpResult>(value).getResultNumber();
      bool isLast = llvm::all_of(old.getUses(), [&](OpOperand &use) {
        Operation *user = use.getOwner();
        if (user == def)
          return use.getOperandNumber() == result;
        Operation *at = fused.contains(user) ? *user->user_begin() : user; // where it is computed
        return at != yield && !isa<tile::RenameOp>(at) &&
               (stages[at] < stages[def] || (stages[at] == stages[def] && at->isBeforeInBlock(def)));
      });
      if (isLast && result < steps.getInits().size() && steps.getInits()[result] == old)
        stepsInPlace[value] = i;
      continue;
    }
    if (!isa<tile::ContractOp, tile::MapOp>(def))
      continue;
    // A rename is the same memory under other names, for as long as it is read.
    std::function<bool(Value, bool)> isReadBefore = [&](Value known, bool isRenamed) {
      return llvm::all_of(known.getUses(), [&](OpOperand &use) {
        Operation *user = use.getOwner();
        if (isa<tile::RenameOp>(user))
          return isReadBefore(user->getResult(0), true);
        bool entrywise = isa<tile::MapOp>(user) || (isa<tile::ContractOp>(user) && use.getOperandNumber() == 2);
        Operation *at = fused.contains(user) ? *user->user_begin() : user; // where it is computed
        if (at == def)
          return entrywise && !isRenamed;
        return stages[at] < stages[def] || (stages[at] == stages[def] && at->isBeforeInBlock(def));
      });
    };
    if (isReadBefore(old, false))
      inPlace[def] = i;
  }
}

// In the body of steps, too. What only leaves them, or is handed on, is copied before the token is worked on.
void Planner::updateInPlace(tile::StepsOp steps) {
  Block &body = steps.getBody().front();
  for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands().take_front(steps.getInits().size()))) {
    Operation *def = value.getDefiningOp();
    if (!def || !isa<tile::ContractOp, tile::MapOp>(def) || inPlace.count(def))
      continue;
    std::function<bool(Value, bool)> isLegal = [&](Value old, bool isRenamed) {
      return llvm::all_of(old.getUses(), [&](OpOperand &use) {
        Operation *user = use.getOwner();
        if (user == body.getTerminator())
          return !isRenamed;
        if (isa<tile::RenameOp>(user))
          return isLegal(user->getResult(0), true);
        bool entrywise = isa<tile::MapOp>(user) || (isa<tile::ContractOp>(user) && use.getOperandNumber() == 2);
        Operation *at = fused.contains(user) ? *user->user_begin() : user; // where it is computed
        return at == def ? entrywise && !isRenamed : at->isBeforeInBlock(def);
      });
    };
    if (isLegal(body.getArgument(i), false))
      inPlace[def] = i;
  }
}

Attribute Planner::offsetOf(const Layout &layout) {
  Attribute offset = Builder(kernel.getContext()).getI64IntegerAttr(plan.scratch);
  plan.scratch += layout.bytes(plan);
  return offset;
}

void Planner::planSteps(tile::StepsOp steps) {
  Block &body = steps.getBody().front();
  for (Operation &op : body)
    stages[&op] = stages[steps];
  fuseAccumulators(body);
  updateInPlace(steps);
}

void Planner::placeSteps(tile::StepsOp steps) {
  Builder builder(steps.getContext());
  Block &body = steps.getBody().front();
  SmallVector<Attribute> results;
  for (auto [i, result] : llvm::enumerate(steps.getResults())) {
    bool sliced = hasPanel(result.getType()) && stages[steps] % 2 && !needsWhole(result, steps);
    Layout layout = layoutOf(cast<TileType>(result.getType()), sliced);
    SmallVector<NamedAttribute> entries{builder.getNamedAttr("layout", layout.names(steps.getContext()))};
    if (sliced)
      entries.push_back(builder.getNamedAttr("sliced", builder.getUnitAttr()));
    if (sliced && i < steps.getInits().size())
      slicedCarried.insert(body.getArgument(i));
    if (auto it = stepsInPlace.find(result); it != stepsInPlace.end())
      entries.push_back(builder.getNamedAttr("in_place", builder.getI64IntegerAttr(it->second)));
    else
      entries.push_back(builder.getNamedAttr("offset", offsetOf(layout)));
    auto handedOn = dyn_cast<BlockArgument>(body.getTerminator()->getOperand(i));
    if (i < steps.getInits().size() && handedOn && handedOn != body.getArgument(i))
      entries.push_back(builder.getNamedAttr("through", offsetOf(layout)));
    results.push_back(builder.getDictionaryAttr(entries));
  }
  steps->setAttr(planAttr,
                 builder.getDictionaryAttr({builder.getNamedAttr("stage", builder.getI64IntegerAttr(stages[steps])),
                                            builder.getNamedAttr("results", builder.getArrayAttr(results))}));
  for (Operation &op : body.without_terminator())
    place(&op);
}

bool Planner::isDecode() { return kernel.getEntry() == tile::Entry::Decode; }

/// A whole tensor of params of two or more axes.
bool Planner::isMatrixOfParams(Operation *op) {
  auto load = dyn_cast<tile::LoadOp>(op);
  return load && load.getTensor().getType().getPer() == tile::Per::Head && load.getResult().getType().rank() > 1;
}

/// Can the tile be the caller's memory itself? A state in place can, and params that are only read.
bool Planner::isExternal(Operation *op, const Layout &layout) const {
  Value tensor;
  if (auto init = dyn_cast<tile::InitOp>(op); init && tile::roleOf(init.getTensor()) == tile::Role::State)
    tensor = init.getTensor();
  else if (isMatrixOfParams(op))
    tensor = cast<tile::LoadOp>(op).getTensor();
  if (cast<TileType>(op->getResult(0).getType()).has("seq")) // they lie apart
    return false;
  return tensor && cast<tile::ViewType>(tensor.getType()).getElementType() == layout.elementType && !layout.sliced &&
         !layout.padded(plan) && ArrayRef(layout.axes) == cast<TileType>(op->getResult(0).getType()).getAxes();
}

void Planner::place(Operation *op) {
  if (auto steps = dyn_cast<tile::StepsOp>(op))
    return placeSteps(steps);
  Builder builder(op->getContext());
  SmallVector<NamedAttribute> entries{builder.getNamedAttr("stage", builder.getI64IntegerAttr(stages[op]))};
  auto add = [&](StringRef name, Attribute value) { entries.push_back(builder.getNamedAttr(name, value)); };
  if (fused.contains(op)) {
    add("fused", builder.getUnitAttr());
  } else if (op->getNumResults() == 1 && isa<TileType>(op->getResult(0).getType()) && !isImmediate(op) &&
             !(isa<tile::RenameOp>(op) && !isWhole(op))) {
    Value result = op->getResult(0);
    bool inLoop = isa<tile::ChunksOp>(op->getParentOp()) && !holdsLoops(op->getBlock()),
         inSteps = isa<tile::StepsOp>(op->getParentOp());
    bool sliced = hasPanel(result.getType()) && stages[op] % 2 && (inSteps || (inLoop && !needsWhole(result, op)));
    if (auto it = inPlace.find(op); inSteps && it != inPlace.end())
      sliced = slicedCarried.contains(op->getBlock()->getArgument(it->second));
    Layout layout = layoutOf(cast<TileType>(result.getType()), sliced);
    if (turned.contains(op)) { // the panel axis first, the longest of the others last
      std::rotate(layout.axes.begin(), layout.axes.end() - 1, layout.axes.end());
      std::iter_swap(std::max_element(layout.axes.begin() + 1, layout.axes.end(),
                                      [](const Axis &x, const Axis &y) { return x.extent < y.extent; }),
                     layout.axes.end() - 1);
      add("turned", builder.getUnitAttr());
    }
    if (isMatrixOfParams(op) && isDecode()) // touched once: as it lies
      layout.axes.assign(cast<TileType>(result.getType()).getAxes().begin(),
                         cast<TileType>(result.getType()).getAxes().end());
    add("layout", layout.names(op->getContext()));
    if (sliced)
      add("sliced", builder.getUnitAttr());
    if (isExternal(op, layout)) {
      add("external", builder.getUnitAttr());
    } else if (auto it = inPlace.find(op); it != inPlace.end()) {
      add("in_place", builder.getI64IntegerAttr(it->second));
    } else if (inLoop && !layout.padded(plan)) { // padding is 0, always, so what has some shares with no one
      packed[op] = layout.bytes(plan);
    } else {
      add("offset", offsetOf(layout));
    }
  }
  if (auto buffer = dyn_cast<tile::BufferOp>(op)) {
    int64_t numbers = ShapedType::getNumElements(buffer.getResult().getType().getShape());
    add("offset", builder.getI64IntegerAttr(plan.scratch));
    plan.scratch += llvm::alignTo(4 * numbers * static_cast<int64_t>(buffer.getSlots()), 64);
  }
  op->setAttr(planAttr, builder.getDictionaryAttr(entries));
}

/// The positions between which a tile of a loop's body is needed; those of an odd stage, whose ops take turns panel by
/// panel, count as one. A renamed or selected tile may be the tile itself.
std::pair<int64_t, int64_t> Planner::lifetimeOf(Operation *op, const DenseMap<Operation *, int64_t> &positions) {
  int64_t first = positions.lookup(op), last = first;
  for (Operation *user : op->getUsers()) {
    while (user->getBlock() != op->getBlock())
      user = user->getParentOp();
    last = std::max(last, positions.lookup(user));
    if (isa<tile::RenameOp, tile::SelectOp>(user) || fused.contains(user))
      last = std::max(last, lifetimeOf(user, positions).second);
  }
  return {first, last};
}

/// Gives the tiles of a loop's body places in scratch memory from `base` on, the same to tiles that are not needed at
/// the same time: the first place that fits, in order of their first use.
void Planner::packBuffers(Block &block, int64_t base) {
  DenseMap<Operation *, int64_t> positions;
  int64_t position = 0, stage = 0;
  for (Operation &op : block) {
    bool isTogether = stages[&op] == stage && stage % 2;
    position += !isTogether;
    stage = stages[&op];
    positions[&op] = position;
  }
  struct Used {
    int64_t from, to, last;
  };
  SmallVector<Used> used; // in order of places
  Builder builder(kernel.getContext());
  for (Operation &op : block) {
    auto found = packed.find(&op);
    if (found == packed.end())
      continue;
    auto [first, last] = lifetimeOf(&op, positions);
    llvm::erase_if(used, [first = first](const Used &other) { return other.last < first; });
    int64_t from = base;
    auto next = used.begin();
    for (; next != used.end() && next->from < from + found->second; ++next)
      from = std::max(from, next->to);
    used.insert(next, {from, from + found->second, last});
    plan.scratch = std::max(plan.scratch, from + found->second);
    auto attr = op.getAttrOfType<DictionaryAttr>(planAttr);
    SmallVector<NamedAttribute> entries(attr.getValue());
    entries.push_back(builder.getNamedAttr("offset", builder.getI64IntegerAttr(from)));
    op.setAttr(planAttr, builder.getDictionaryAttr(entries));
  }
}

/// Carried tiles start in buffers that nothing else reads: of states they are such; of others they are copied to.
bool Planner::ownsBuffer(tile::ChunksOp loop, unsigned i) {
  Value init = loop.getInits()[i];
  if (!init.hasOneUse())
    return false;
  if (auto load = init.getDefiningOp<tile::LoadOp>())
    return load.getEvery() > 0;
  auto carried = dyn_cast<BlockArgument>(init);
  return init.getDefiningOp<tile::InitOp>() ||
         (carried && carried.getOwner() == loop->getBlock() &&
          carried.getOwner()->getTerminator()->getOperand(carried.getArgNumber()) == loop.getResult(i));
}

// A sum over the panel axis, which is the lane axis too, would end in a sum across lanes for every entry: of a state,
// of which it needs every row, a copy with other lanes is made first, and lanes are summed no more. Sums of tokens'
// rows stay dot products, whole ones.
void Planner::turnOperands() {
  if (plan.panel.empty() || lane != plan.panel)
    return;
  DenseMap<Value, Value> copies;
  kernel.walk([&](tile::ContractOp op) {
    if (!isOverPanel(op) || !isa<tile::ChunksOp>(op->getParentOp()) || holdsLoops(op->getBlock()))
      return;
    whole.insert(op);
    for (OpOperand *operand : {&op->getOpOperand(0), &op->getOpOperand(1)}) {
      auto type = cast<TileType>(operand->get().getType());
      bool isState = type.rank() > 1 && hasPanel(type) && llvm::none_of(type.getAxes(), [](const Axis &axis) {
                       return axis.kind == AxisKind::Time || axis.kind == AxisKind::Source;
                     });
      if (!isState)
        continue;
      Value &copy = copies[operand->get()];
      if (!copy || !copy.getDefiningOp()->isBeforeInBlock(op)) {
        OpBuilder builder(op);
        copy = copyOf(builder, operand->get());
        whole.insert(copy.getDefiningOp());
        turned.insert(copy.getDefiningOp());
      }
      operand->set(copy);
    }
  });
}

/// Sums, renames and steps work on buffers: give them one where they are handed an immediate value.
void Planner::materializeImmediates() {
  SmallVector<OpOperand *> uses;
  kernel.walk([&](Operation *op) {
    if (isa<tile::ReduceOp, tile::RenameOp>(op))
      if (Operation *def = op->getOperand(0).getDefiningOp(); def && isImmediate(def))
        uses.push_back(&op->getOpOperand(0));
    if (auto loop = dyn_cast<tile::ChunksOp>(op))
      for (unsigned i = 0; i < loop.getInits().size(); ++i)
        if (!ownsBuffer(loop, i))
          uses.push_back(&loop->getOpOperand(i));
    if (auto steps = dyn_cast<tile::StepsOp>(op))
      for (OpOperand &operand : steps->getOpOperands().drop_front(steps.getInits().size()))
        if (Operation *def = operand.get().getDefiningOp(); def && isImmediate(def))
          uses.push_back(&operand);
  });
  for (OpOperand *use : uses) {
    OpBuilder builder(use->getOwner());
    use->set(copyOf(builder, use->get()));
  }
}

LogicalResult Planner::run() {
  // A vector of bits in memory is no array of bits: masks are worked out where they are used.
  WalkResult masks = kernel.walk([](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto tile = dyn_cast<TileType>(type); tile && tile.getElementType().isInteger(1) && !isImmediate(op) &&
                                                (tile.rank() > 0 || !isa<tile::SelectOp>(op))) {
        op->emitError("keeps a mask");
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  if (masks.wasInterrupted())
    return failure();
  choosePanel();
  materializeImmediates();
  turnOperands();
  SmallVector<Block *> blocks{&kernel.getBody().front()};
  kernel.walk([&](tile::ChunksOp chunks) { blocks.push_back(&chunks.getBody().front()); });
  for (Block *block : blocks) {
    for (Operation &op : *block)
      stages[&op] = isa<tile::ChunksOp>(op) ? 0 : stageOf(&op);
    fuseAccumulators(*block);
    sinkLoads(*block);
    for (auto steps : block->getOps<tile::StepsOp>())
      planSteps(steps);
    if (auto chunks = dyn_cast<tile::ChunksOp>(block->getParentOp()); chunks && !holdsLoops(block)) {
      updateInPlace(chunks);
      std::map<int64_t, SmallVector<Operation *>> byStage;
      for (Operation &op : block->without_terminator())
        byStage[stages[&op]].push_back(&op);
      for (auto &[stage, ops] : byStage)
        for (Operation *op : ops)
          op->moveBefore(block->getTerminator());
    }
    for (Operation &op : *block)
      if (!isa<tile::ChunksOp>(op) && !op.hasTrait<OpTrait::IsTerminator>())
        place(&op);
  }
  int64_t base = plan.scratch; // loops run one after the other, so their bodies' tiles share
  for (Block *block : blocks)
    packBuffers(*block, base);
  kernel->setAttr(planAttr, plan.toAttr(kernel.getContext()));
  return success();
}

/// What would compile for minutes is refused before it does.
LogicalResult checkLimits(ModuleOp module) {
  for (auto kernel : module.getOps<tile::KernelOp>()) {
    auto isRead = [](tile::ArgumentAttr argument) {
      return argument.getRole() == tile::Role::Input || argument.getRole() == tile::Role::Param;
    };
    const size_t inputs = llvm::count_if(kernel.getArguments().getAsRange<tile::ArgumentAttr>(), isRead);
    if (inputs > limits::inputs) {
      InFlightDiagnostic error = refuse(kernel.getLoc(), "MIX0142")
                                 << "`" << kernel.getMixer() << "` has " << inputs << " inputs, and a kernel may have "
                                 << limits::inputs;
      helpOf(error) << "members of a family that are used alike are rows of one matrix input";
      return error;
    }
  }
  return success();
}

struct PlanCpu : mixc::impl::PlanCpuBase<PlanCpu> {
  using PlanCpuBase::PlanCpuBase;

  void runOnOperation() override {
    if (failed(checkLimits(getOperation())))
      return signalPassFailure();
    Target target = describe(cpu);
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      if (failed(Planner(kernel, target).run()))
        return signalPassFailure();
  }
};

} // namespace
