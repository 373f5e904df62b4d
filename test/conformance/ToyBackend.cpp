// A second target, which shows that lowering/plan is for any: a machine of scalars, without vectors or registers. It
// chooses for itself what a target chooses, panels (one, as wide as its axis) and layouts (axes as they are declared);
// the rest of the plan is that of lowering/plan. Its arithmetic is the interpreter's, its memory is as the plan says:
// ops run in order of their stages, and a tile is what lies at its place in scratch memory when it is read, be it
// another's by then.
#include "lowering/Passes.h"
#include "lowering/plan/Plan.h"
#include "lowering/plan/VerifyPlan.h"
#include "mlir/Pass/PassManager.h"
#include "test/conformance/Items.h"

using namespace mlir;

namespace mixc::conformance {
namespace {

//===-- What the target chooses ---------------------------------------------------------------------------------===//

/// The first value axis of a state, if it has one extent wherever it occurs.
void choosePanel(tile::KernelOp kernel) {
  plan::KernelPlan plan{"toy"};
  kernel.walk([&](tile::InitOp init) {
    for (const tile::Axis &axis : init.getResult().getType().getAxes())
      if (plan.panel.empty() && axis.kind == tile::AxisKind::Value && axis.extent > 1)
        plan.panel = plan.lane = axis.str().str(), plan.extent = plan.width = axis.extent;
  });
  kernel.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (plan.hasPanel(type) && cast<tile::TileType>(type).extent(plan.panel) != plan.extent)
        plan = {"toy"};
  });
  plan.setOn(kernel);
}

void chooseLayouts(tile::KernelOp kernel) {
  kernel.walk([](Operation *op) {
    const tile::PlanAttr plan = tile::planOf(op);
    SmallVector<tile::PlaceAttr> places(plan ? plan.getPlaces() : ArrayRef<tile::PlaceAttr>());
    for (auto [result, place] : llvm::zip(op->getResults(), places))
      if (auto type = dyn_cast<tile::TileType>(result.getType()))
        place = place.withLayout(plan::Layout{llvm::to_vector(type.getAxes()), {}, false}.names(op->getContext()));
    if (plan)
      plan::setPlan(op, plan.withPlaces(places));
  });
}

//===-- What the machine does -----------------------------------------------------------------------------------===//

/// The op's result in whose place a tile lies: null where it is in no memory.
Value homeOf(Value tile) {
  if (auto argument = dyn_cast<BlockArgument>(tile)) {
    const unsigned i = argument.getArgNumber();
    Operation *loop = argument.getOwner()->getParentOp();
    if (auto chunks = dyn_cast<tile::ChunksOp>(loop))
      return homeOf(chunks.getInits()[i]);
    auto steps = cast<tile::StepsOp>(loop);
    return i < steps.getInits().size() ? homeOf(steps.getResult(i)) : Value();
  }
  const auto result = cast<OpResult>(tile);
  Operation *op = result.getOwner();
  if (auto chunks = dyn_cast<tile::ChunksOp>(op))
    return homeOf(chunks.getInits()[result.getResultNumber()]);
  if (tile::planOf(op).getPlaces().empty()) // a value, or another name
    return isa<tile::RenameOp>(op) ? homeOf(op->getOperand(0)) : Value();
  const tile::PlaceAttr place = tile::planOf(op).getPlaces()[result.getResultNumber()];
  return place.isIn(tile::Memory::Carried) ? homeOf(op->getBlock()->getArgument(place.getNumber())) : tile;
}

class Scratch : public tile::TileMemory {
public:
  explicit Scratch(tile::KernelOp kernel) : bytes(plan::KernelPlan::of(kernel).scratch, '\xff') {}

  void write(Value tile, ArrayRef<double> numbers) override {
    const Value home = homeOf(tile);
    for (size_t i = 0; home && i < numbers.size(); ++i)
      if (isDouble(home))
        at<double>(home)[i] = numbers[i];
      else
        at<float>(home)[i] = static_cast<float>(numbers[i]);
  }

  void read(Value tile, MutableArrayRef<double> numbers) override {
    const Value home = homeOf(tile);
    for (size_t i = 0; home && i < numbers.size(); ++i)
      numbers[i] = isDouble(home) ? at<double>(home)[i] : at<float>(home)[i];
  }

private:
  static bool isDouble(Value tile) { return cast<tile::TileType>(tile.getType()).getElementType().isF64(); }
  template <typename Number> Number *at(Value home) {
    const auto result = cast<OpResult>(home);
    const tile::PlaceAttr place = tile::planOf(result.getOwner()).getPlaces()[result.getResultNumber()];
    return reinterpret_cast<Number *>(bytes.data() + place.getNumber());
  }

  std::vector<char> bytes;
};

class ToyKernels : public ItemKernels {
public:
  using ItemKernels::ItemKernels;

private:
  llvm::Error runItem(tile::KernelOp kernel, ArrayRef<int64_t> lengths, std::vector<tile::Buffer> &tensors) override {
    Scratch scratch(kernel);
    return tile::interpret(kernel, lengths, tensors, &scratch);
  }
};

class Toy : public Backend {
public:
  std::string name() const override { return "toy"; }
  std::string whyNot() const override { return ""; }

  llvm::Expected<std::unique_ptr<Kernels>> compile(ModuleOp module) const override {
    auto kernels = llvm::to_vector(module.getOps<tile::KernelOp>());
    PassManager toStages(module.getContext()), toPlaces(module.getContext());
    toStages.addPass(createBuildTurned());
    toStages.addPass(createPlanStages());
    toStages.addPass(createPlanInPlace());
    toStages.addPass(createPlanSlices());
    toPlaces.addPass(createPlanScratch());
    PassManager toCopies(module.getContext());
    toCopies.addPass(createBuildCopies());
    if (failed(toCopies.run(module)))
      return llvm::createStringError("the toy cannot plan it");
    llvm::for_each(kernels, choosePanel);
    if (failed(toStages.run(module)))
      return llvm::createStringError("the toy cannot plan it");
    llvm::for_each(kernels, chooseLayouts);
    if (failed(toPlaces.run(module)) ||
        !llvm::all_of(kernels, [](tile::KernelOp kernel) { return succeeded(plan::verifyPlan(kernel)); }))
      return llvm::createStringError("the toy cannot plan it");
    return std::make_unique<ToyKernels>(module);
  }
};

} // namespace

std::unique_ptr<Backend> toyBackend() { return std::make_unique<Toy>(); }

} // namespace mixc::conformance
