// Loop nests that are alike become one function, called where each was. A mixer has many: replay is forward without its
// outputs, backward begins with the chunk's forward, and blocks of a chunk are treated alike.
//
//   for i { f(A, i) } ... for i { f(B, i) }    ->    shared(A) ... shared(B)    with    shared(x) = for i { f(x, i) }
//
// Alike means: the same ops on the same types and constants, up to the other values that come from outside; those are
// the arguments. Nests of few ops stay, and those of few iterations, where the call would count. Longer nests come
// first; what is in the function may call others. LLVM knows less of memory that comes as an argument, and once a
// kernel was measured to be slower by 7 %: code that compiles quickly as it is stays.
#include "dialect/tile/Tile.h"
#include "lowering/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDSHARED
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;

namespace {

constexpr int64_t fewestOps = 24;      // of a nest
constexpr int64_t fewestOpsRun = 1000; // of its iterations together; a call takes as long as some ten

bool isNest(Operation *op) { return isa<scf::ForOp, scf::ExecuteRegionOp>(op) && op->getNumResults() == 0; }

/// What every use makes for itself: constants, and the descriptor of a tensor, whose pointer is what it takes.
bool isRemade(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (op->hasTrait<OpTrait::ConstantLike>() ||
                isa<UnrealizedConversionCastOp, LLVM::InsertValueOp, LLVM::UndefOp, LLVM::ConstantOp>(op));
}

/// Can a function take it? Vectors stay in registers, where they are.
bool canBeArgument(Value value) {
  auto memory = dyn_cast<MemRefType>(value.getType());
  return memory ? memory.hasStaticShape() && memory.getLayout().isIdentity()
                : isa<IndexType, IntegerType, FloatType, LLVM::LLVMPointerType>(value.getType());
}

SmallVector<OpOperand *> usesOfOutside(Operation *nest) {
  auto uses = llvm::map_to_vector(nest->getOpOperands(), [](OpOperand &use) { return &use; });
  visitUsedValuesDefinedAbove(nest->getRegions(), [&](OpOperand *use) { uses.push_back(use); });
  return uses;
}

/// The values that a nest takes from outside, in the order of their uses.
SmallVector<Value> takenBy(Operation *nest) {
  llvm::SetVector<Value> taken;
  std::function<void(Value)> add = [&](Value value) {
    if (!isRemade(value))
      taken.insert(value);
    else
      llvm::for_each(value.getDefiningOp()->getOperands(), add);
  };
  for (OpOperand *use : usesOfOutside(nest))
    add(use->get());
  return taken.takeVector();
}

/// Are two nests alike? `other` of what the first takes is then what the second does.
class Likeness {
public:
  bool alike(Operation *x, Operation *y) {
    if (!same(x, y) ||
        !llvm::all_of_zip(x->getOperands(), y->getOperands(), [&](Value a, Value b) { return alike(a, b); }))
      return false;
    for (auto [a, b] : llvm::zip(x->getResults(), y->getResults()))
      inside[a] = b;
    return llvm::all_of_zip(x->getRegions(), y->getRegions(), [&](Region &a, Region &b) { return alike(a, b); });
  }

  DenseMap<Value, Value> other;

private:
  static bool same(Operation *x, Operation *y) {
    return x->getName() == y->getName() && x->getNumOperands() == y->getNumOperands() &&
           x->getNumRegions() == y->getNumRegions() && x->getResultTypes() == y->getResultTypes() &&
           x->getDiscardableAttrDictionary() == y->getDiscardableAttrDictionary() &&
           x->getName().compareOpProperties(x->getPropertiesStorage(), y->getPropertiesStorage());
  }

  bool alike(Region &x, Region &y) {
    return x.getBlocks().size() == y.getBlocks().size() && llvm::all_of_zip(x, y, [&](Block &a, Block &b) {
             if (a.getArgumentTypes() != b.getArgumentTypes() || a.getOperations().size() != b.getOperations().size())
               return false;
             for (auto [p, q] : llvm::zip(a.getArguments(), b.getArguments()))
               inside[p] = q;
             return llvm::all_of_zip(a, b, [&](Operation &p, Operation &q) { return alike(&p, &q); });
           });
  }

  bool alike(Value x, Value y) {
    if (auto found = inside.find(x); found != inside.end())
      return found->second == y;
    if (x.getType() != y.getType() || isRemade(x) != isRemade(y))
      return false;
    if (isRemade(x)) {
      Operation *a = x.getDefiningOp(), *b = y.getDefiningOp();
      return same(a, b) &&
             llvm::all_of_zip(a->getOperands(), b->getOperands(), [&](Value p, Value q) { return alike(p, q); });
    }
    return other.try_emplace(x, y).first->second == y;
  }

  DenseMap<Value, Value> inside;
};

struct Nest {
  Operation *op;
  int64_t ops; // as they are written
};

/// Every nest, and a hash that is equal for those that are alike.
class Collector {
public:
  void collect(Operation *root) { visit(root); }

  llvm::MapVector<size_t, SmallVector<Nest>> byHash;

private:
  struct Summary {
    size_t hash = 0;
    int64_t ops = 0, opsRun = 0;
  };

  Summary visit(Operation *op) {
    size_t hash = llvm::hash_combine(op->getName().getAsOpaquePointer(), op->hashProperties(), op->getNumOperands());
    for (Type type : op->getResultTypes())
      hash = llvm::hash_combine(hash, type.getAsOpaquePointer());
    Summary sum{hash, 1, 0};
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps()) {
        if (isRemade(inner))
          continue;
        Summary of = visit(&inner);
        sum = {llvm::hash_combine(sum.hash, of.hash), sum.ops + of.ops, sum.opsRun + of.opsRun};
      }
    auto loop = dyn_cast<scf::ForOp>(op);
    if (loop)
      sum.opsRun *= tripCount(loop);
    ++sum.opsRun;
    if (isNest(op) && sum.ops >= fewestOps && sum.opsRun >= fewestOpsRun)
      byHash[sum.hash].push_back({op, sum.ops});
    return sum;
  }

  static int64_t tripCount(scf::ForOp loop) {
    auto from = getConstantIntValue(loop.getLowerBound()), to = getConstantIntValue(loop.getUpperBound()),
         step = getConstantIntValue(loop.getStep());
    return from && to && step ? llvm::divideCeil(std::max<int64_t>(0, *to - *from), *step) : 1;
  }

  static bool isRemade(Operation &op) { return op.getNumResults() == 1 && ::isRemade(op.getResult(0)); }
};

struct BuildShared : mixc::impl::BuildSharedBase<BuildShared> {
  using BuildSharedBase::BuildSharedBase;

  void runOnOperation() override {
    llvm::MapVector<Attribute, std::pair<int64_t, SmallVector<func::FuncOp>>> byMixer;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      mixc::tile::FunctionAttr kernel = mixc::tile::functionOf(function);
      auto &[ops, functions] = byMixer[kernel ? kernel.getMixer() : Attribute()];
      function->walk([&ops = ops](Operation *) { ++ops; });
      functions.push_back(function);
    }
    Collector collector;
    for (auto &[mixer, found] : byMixer)
      if (found.first >= from)
        for (func::FuncOp function : found.second)
          collector.collect(function);
    SmallVector<SmallVector<Nest>> groups;
    for (auto &[hash, nests] : collector.byHash)
      if (nests.size() > 1)
        groups.push_back(nests);
    llvm::stable_sort(groups, [](ArrayRef<Nest> x, ArrayRef<Nest> y) { return x[0].ops > y[0].ops; });
    for (SmallVector<Nest> &nests : groups)
      while (nests.size() > 1)
        share(nests);
  }

  /// Shares the first nest with those that are alike; leaves the others.
  void share(SmallVector<Nest> &nests) {
    SmallVector<Nest> others, rest;
    SmallVector<Likeness> likenesses;
    if (erased.contains(nests[0].op)) {
      nests.erase(nests.begin());
      return;
    }
    Operation *first = nests[0].op;
    for (const Nest &nest : llvm::drop_begin(nests)) {
      if (erased.contains(nest.op))
        continue;
      Likeness likeness;
      bool isAlike = likeness.alike(first, nest.op);
      (isAlike ? others : rest).push_back(nest);
      if (isAlike)
        likenesses.push_back(std::move(likeness));
    }
    nests = rest;
    SmallVector<Value> taken = takenBy(first);
    if (others.empty() || !llvm::all_of(taken, canBeArgument))
      return;

    OpBuilder b(first->getContext());
    b.setInsertionPointAfter(first);
    func::FuncOp function = makeFunction(first, taken);
    func::CallOp::create(b, first->getLoc(), function, taken);
    for (auto [nest, likeness] : llvm::zip(others, likenesses)) {
      SmallVector<Value> arguments;
      for (Value value : taken)
        arguments.push_back(likeness.other.lookup(value));
      b.setInsertionPoint(nest.op);
      func::CallOp::create(b, nest.op->getLoc(), function, arguments);
      nest.op->walk([&](Operation *op) {
        if (isNest(op))
          erased.insert(op);
      });
      nest.op->erase();
    }
  }

  /// The function that the nest moves into. No mixer has a name with a dot.
  func::FuncOp makeFunction(Operation *nest, ArrayRef<Value> taken) {
    auto home = nest->getParentOfType<func::FuncOp>();
    OpBuilder b(home);
    auto type = b.getFunctionType(llvm::map_to_vector(taken, [](Value value) { return value.getType(); }), {});
    auto function = func::FuncOp::create(b, nest->getLoc(), ("mix.shared_" + Twine(count++)).str(), type);
    function.setPrivate();
    function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(b.getContext(), LLVM::Linkage::Internal));
    Block *body = function.addEntryBlock();
    b.setInsertionPointToEnd(body);
    auto end = func::ReturnOp::create(b, nest->getLoc());
    SmallVector<OpOperand *> uses = usesOfOutside(nest);
    nest->moveBefore(end);
    b.setInsertionPointToStart(body);

    IRMapping values;
    values.map(taken, body->getArguments());
    std::function<Value(Value)> inside = [&](Value value) -> Value {
      if (Value known = values.lookupOrNull(value))
        return known;
      Operation *made = value.getDefiningOp();
      llvm::for_each(made->getOperands(), inside);
      return b.clone(*made, values)->getResult(0);
    };
    for (OpOperand *use : uses)
      use->set(inside(use->get()));
    return function;
  }

  DenseSet<Operation *> erased;
  int64_t count = 0;
};

} // namespace
