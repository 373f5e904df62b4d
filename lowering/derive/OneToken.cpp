// A component, one token at a time:
//
//     r_i = sum_j S_j p_ij      w_m = phi_m(r)      S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'
//
// Holds for every component that the op can express. The time axis has one row; states have none. No row is past the
// end, so nothing is masked.
#include "lowering/Slices.h"
#include "lowering/derive/ComponentProgram.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;

namespace {

class OneToken : public ComponentProgram {
public:
  OneToken(mix::ComponentOp op, ProgramParts parts, StateAxes axes, PerState states)
      : ComponentProgram(op, parts, std::move(axes), std::move(states)), reads(op.getNumReads()) {}

  Value read(unsigned i) override {
    if (reads[i])
      return reads[i];
    Value sum;
    ArrayRef<int64_t> index = op.getReadIndex();
    for (auto [x, direction] : llvm::enumerate(op.getReadDirs()))
      if (unsigned j = index[2 * x + 1]; index[2 * x] == i)
        sum = tiles.contract(states[j], perToken(direction, keys[j]), keys[j], sum);
    return reads[i] = sum ? sum : tiles.constant(0, rows());
  }

  Value write(unsigned m) override { return tiles.with(local.emit(phi(m), value), rows()); }

  Value next(unsigned i) override {
    SmallVector<Product> kept;
    ArrayRef<int64_t> index = op.getTransitionIndex();
    for (auto [x, entry] : llvm::enumerate(op.getTransition())) {
      if (index[2 * x] != i)
        continue;
      Product product(1, {states[index[2 * x + 1]]});
      if (auto number = entry.getDefiningOp<mix::ConstantOp>())
        product.number = number.getValue().convertToDouble();
      else
        product.factors.push_back(tiles.row(local.emit(entry, axesOf(entry, keys[i])), 0));
      for (Value gate : op.getGate())
        product.factors.push_back(tiles.row(local.emit(gate, value), 0));
      kept.push_back(product);
    }
    ArrayRef<tile::Axis> axes = tiles.axesOf(states[i]);
    Value state = kept.empty() ? Value() : tiles.sum(kept, axes);
    ArrayRef<int64_t> writes = op.getWriteIndex();
    for (auto [x, direction] : llvm::enumerate(op.getWriteDirs()))
      if (writes[2 * x + 1] == i)
        state = tiles.contract(write(writes[2 * x]), perToken(direction, keys[i]), tiles.time(), state);
    return state ? tiles.on(state, axes) : tiles.constant(0, axes);
  }

private:
  static Axes axesOf(Value entry, tile::Axis key) {
    return cast<mix::TensorType>(entry.getType()).isScalar() ? Axes{} : Axes{key};
  }

  SmallVector<Value> reads;
};

} // namespace

std::unique_ptr<ComponentProgram> derive::makeOneToken(mix::ComponentOp op, ProgramParts parts, StateAxes axes,
                                                       PerState states) {
  return std::make_unique<OneToken>(op, parts, std::move(axes), std::move(states));
}

bool derive::dependsOn(Value value, function_ref<bool(Value)> isOrigin) {
  // What a component reads is a leaf: its operands are not what its results are made of here.
  return reachesBack({value}, isOrigin, [](Value next) { return !next.getDefiningOp<mix::ComponentOp>(); });
}
