// From planned components to mix.component ops.
//
// Write values that depend on reads are computed in phi; where they are used outside, the component's result stands for
// them, so that outputs are expressions over reads and writes. Reads that nothing uses are dropped.
#include "lowering/normalize/Plan.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

namespace {

class Emitter {
public:
  Emitter(MixerOp mixer, MutableArrayRef<NormalForm> components) : mixer(mixer), components(components) {}

  void run() {
    dropDeadReads();
    SmallVector<ComponentOp> ops;
    for (NormalForm &component : components)
      ops.push_back(emit(component));
    for (auto [component, op] : llvm::zip_equal(components, ops))
      for (auto [m, write] : llvm::enumerate(component.writes))
        if (dependsOnReads(write.value, component) && !isRead(write.value, component))
          write.value.replaceAllUsesWith(op.write(m));
    for (auto [component, op] : llvm::zip_equal(components, ops))
      for (auto [r, read] : llvm::enumerate(component.reads))
        read.node.replaceAllUsesWith(op.read(r));
    eraseDead();
    sortTopologically(&mixer.step());
  }

private:
  void dropDeadReads() {
    llvm::DenseMap<Value, Read *> readOf;
    SmallVector<Value> pending;
    for (NormalForm &component : components) {
      for (Read &read : component.reads)
        readOf[read.node] = &read;
      for (auto &[index, a] : component.transition)
        pending.push_back(a);
      if (component.gate)
        pending.push_back(component.gate);
      for (Write &write : component.writes) {
        pending.push_back(write.value);
        for (auto &[state, u] : write.along)
          pending.push_back(u);
      }
    }
    for (Operation &op : mixer.step())
      if (isa<OutputOp, NextOp>(op))
        pending.push_back(op.getOperand(0));
    llvm::DenseSet<Value> live;
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (!live.insert(value).second)
        continue;
      if (Read *read = readOf.lookup(value))
        for (auto &[state, p] : read->along)
          pending.push_back(p);
      else
        llvm::append_range(pending, value.getDefiningOp()->getOperands());
    }
    for (NormalForm &component : components)
      llvm::erase_if(component.reads, [&](const Read &read) { return !live.contains(read.node); });
  }

  ComponentOp emit(NormalForm &component) {
    SmallVector<Location> locations;
    SmallVector<Value> states, readDirs, transition, gate, writeDirs;
    SmallVector<int64_t> readIndex, transitionIndex, writeIndex;
    SmallVector<Type> types;
    for (StateOp state : component.states) {
      states.push_back(state.getResult());
      locations.push_back(state.getLoc());
    }
    for (auto [i, read] : llvm::enumerate(component.reads)) {
      types.push_back(read.node.getType());
      for (auto [state, p] : read.along) {
        readDirs.push_back(p);
        readIndex.append({static_cast<int64_t>(i), state});
      }
    }
    for (auto &[index, a] : component.transition) {
      transition.push_back(a);
      transitionIndex.append({index.first, index.second});
    }
    if (component.gate)
      gate.push_back(component.gate);
    for (auto [m, write] : llvm::enumerate(component.writes)) {
      types.push_back(write.value.getType());
      for (auto &[state, u] : write.along) {
        writeDirs.push_back(u);
        writeIndex.append({static_cast<int64_t>(m), state});
      }
    }
    OpBuilder builder = OpBuilder::atBlockEnd(&mixer.step());
    SmallVector<bool> turned;
    for (unsigned i = 0; i < component.states.size(); ++i)
      turned.push_back(component.turned[i]);
    auto op = ComponentOp::create(builder, builder.getFusedLoc(locations), types, states, readDirs, transition, gate,
                                  writeDirs, readIndex, transitionIndex, writeIndex, component.reads.size(),
                                  component.writes.size(), turned, ClassAttr());
    emitPhi(component, op);
    return op;
  }

  void emitPhi(NormalForm &component, ComponentOp op) {
    Block &phi = op.getPhi().emplaceBlock();
    IRMapping mapping;
    for (Read &read : component.reads)
      mapping.map(read.node, phi.addArgument(read.node.getType(), read.node.getLoc()));
    OpBuilder builder = OpBuilder::atBlockEnd(&phi);
    SmallVector<Value> values;
    for (Write &write : component.writes)
      values.push_back(cloneInto(builder, write.value, component, mapping));
    YieldOp::create(builder, op.getLoc(), values);
  }

  /// Clones what depends on the component's reads; the rest is used from above.
  Value cloneInto(OpBuilder &builder, Value value, NormalForm &component, IRMapping &mapping) {
    if (Value known = mapping.lookupOrNull(value))
      return known;
    if (!dependsOnReads(value, component))
      return value;
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands()) {
      Value inner = cloneInto(builder, operand, component, mapping);
      if (!mapping.contains(operand))
        mapping.map(operand, inner);
    }
    return builder.clone(*op, mapping)->getResult(0);
  }

  bool isRead(Value value, const NormalForm &component) {
    if (value.getDefiningOp<UnrealizedConversionCastOp>() == nullptr)
      return false;
    return llvm::any_of(component.reads, [&](const Read &read) { return read.node == value; });
  }

  bool dependsOnReads(Value value, const NormalForm &component) {
    auto [known, isNew] = readers.try_emplace({value, &component}, false);
    if (!isNew)
      return known->second;
    bool result = isRead(value, component);
    if (Operation *op = value.getDefiningOp(); op && !result)
      result = llvm::any_of(op->getOperands(), [&](Value operand) { return dependsOnReads(operand, component); });
    return readers[{value, &component}] = result;
  }

  void eraseDead() {
    bool changed = true;
    while (changed) {
      changed = false;
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(mixer.step())))
        if (op.use_empty() && isPure(&op) && !isa<ComponentOp>(op)) {
          op.erase();
          changed = true;
        }
    }
  }

  MixerOp mixer;
  MutableArrayRef<NormalForm> components;
  llvm::DenseMap<std::pair<Value, const NormalForm *>, bool> readers;
};

} // namespace

void emitComponents(MixerOp mixer, MutableArrayRef<NormalForm> components) { Emitter(mixer, components).run(); }

} // namespace mixc::normalize
