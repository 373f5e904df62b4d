// Gives every dim of every mixer its number.
//
//     !mix.t<[V, 1+K], head>   ->  !mix.t<[64, 17], head>
//     mix.dim "K"              ->  mix.constant 16.0
//     mix.slice from "1+K"     ->  from "17"
//
// The numbers come from the pass' bindings, `K=16`, and where these are silent from the mixer's own `bindings`.
// A binding that a mixer does not have is another's: the driver knows whether any has it.
// Declarations keep their dims as written in `mix.axes`, since later passes name axes by them: V and K are two axes
// even if both are 128.
#include "lowering/Limits.h"
#include "lowering/Passes.h"
#include "lowering/Refusal.h"
#include "lowering/derive/AxisNames.h"

namespace mixc {
#define GEN_PASS_DEF_BINDDIMS
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using mix::Dim;

namespace {

using Numbers = std::map<std::string, int64_t>;

class Binder {
public:
  Binder(mix::MixerOp mixer, const Numbers &given) : mixer(mixer), given(given) {}

  LogicalResult run() {
    if (failed(collect()))
      return failure();
    keepTexts();
    WalkResult walk = mixer.walk([&](Operation *op) {
      for (Value value : op->getResults())
        if (failed(bind(op, value)))
          return WalkResult::interrupt();
      for (Region &region : op->getRegions())
        for (BlockArgument argument : region.getArguments())
          if (failed(bind(op, argument)))
            return WalkResult::interrupt();
      return failed(bindText(op)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return failure();
    replaceDims();
    dropEmptyParts();
    SmallVector<NamedAttribute> bindings;
    Builder builder(mixer.getContext());
    for (const auto &[name, number] : numbers)
      bindings.push_back(builder.getNamedAttr(name, builder.getI64IntegerAttr(number)));
    mixer.setBindingsAttr(builder.getDictionaryAttr(bindings));
    return success();
  }

private:
  LogicalResult collect() {
    for (auto name : mixer.getDims().getAsValueRange<StringAttr>()) {
      if (auto known = mixer.getBindingsAttr() ? mixer.getBindingsAttr().getAs<IntegerAttr>(name) : IntegerAttr())
        numbers[name.str()] = known.getInt();
      if (auto found = given.find(name.str()); found != given.end())
        numbers[name.str()] = found->second;
      auto number = numbers.find(name.str());
      if (number == numbers.end())
        return refuse(mixer.getLoc()) << "dim `" << name << "` of mixer `" << mixer.getSymName()
                                      << "` has no number; give it one: -D " << name << "=64";
      if (number->second < 1)
        return refuse(mixer.getLoc()) << "dim `" << name << "` is " << number->second
                                      << ", a positive whole number is expected";
    }
    return success();
  }

  void keepTexts() {
    for (Operation &op : mixer.step())
      if (isa<mix::InputOp, mix::ParamOp, mix::StateOp, mix::LagOp, mix::EndOp>(op) && !op.hasAttr(derive::axesAttr)) {
        SmallVector<Attribute> texts;
        for (const Dim &dim : cast<mix::TensorType>(op.getResult(0).getType()).getDims())
          texts.push_back(StringAttr::get(op.getContext(), dim.str()));
        if (!texts.empty())
          op.setAttr(derive::axesAttr, ArrayAttr::get(op.getContext(), texts));
      }
  }

  FailureOr<int64_t> number(Operation *op, const Dim &dim, int64_t least) {
    std::optional<int64_t> value = dim.evaluate(numbers);
    if (value && *value >= least)
      return *value;
    InFlightDiagnostic error = refuse(op->getLoc()) << "dim `" << dim.str() << "` is ";
    if (value)
      error << *value;
    else
      error << "no whole number";
    error << " where ";
    llvm::interleave(
        dim.symbols(), [&](const std::string &name) { error << name << " = " << numbers[name]; },
        [&] { error << ", "; });
    return error << (least > 0 ? "; a positive whole number is expected" : "; a whole number is expected");
  }

  LogicalResult bind(Operation *op, Value value) {
    auto type = dyn_cast<mix::TensorType>(value.getType());
    if (!type)
      return success();
    SmallVector<Dim> dims;
    for (const Dim &dim : type.getDims()) {
      FailureOr<int64_t> bound = number(op, dim, isa<mix::FillOp>(op) ? 0 : 1);
      if (failed(bound))
        return failure();
      dims.push_back(Dim(*bound));
    }
    value.setType(mix::TensorType::get(op->getContext(), dims, type.getRate()));
    return isHeld(op, dims);
  }

  /// What is computed of tensors may be larger than they: a vector of all products of two.
  LogicalResult isHeld(Operation *op, ArrayRef<Dim> dims) {
    auto sizes = llvm::map_to_vector(dims, [](const Dim &dim) { return dim.asNumber().value_or(0); });
    if (limits::product(sizes))
      return success();
    InFlightDiagnostic error = refuse(op->getLoc(), "MIX0240") << "a value of ";
    llvm::interleave(sizes, [&](int64_t size) { error << size; }, [&] { error << " x "; });
    error << " numbers, and a tensor may have " << limits::numbers;
    helpOf(error) << "that is 4 TiB of float32: give its dims smaller numbers with `-D`";
    return error;
  }

  LogicalResult bindText(Operation *op) {
    auto slice = dyn_cast<mix::SliceOp>(op);
    if (!slice)
      return success();
    std::optional<Dim> from = Dim::parse(slice.getFrom());
    if (!from)
      return slice.emitError() << "`" << slice.getFrom() << "` is no dim";
    FailureOr<int64_t> bound = number(op, *from, 0);
    if (failed(bound))
      return failure();
    slice.setFrom(std::to_string(*bound));
    return success();
  }

  /// The padding of a slice's derivative may come out empty.
  void dropEmptyParts() {
    auto isEmpty = [](Value part) {
      auto type = cast<mix::TensorType>(part.getType());
      return type.isVector() && type.getDims()[0].asNumber() == 0;
    };
    mixer.walk([&](mix::ConcatOp op) {
      SmallVector<Value> parts(llvm::make_filter_range(op.getParts(), [&](Value part) { return !isEmpty(part); }));
      if (parts.size() < op.getParts().size())
        op.getPartsMutable().assign(parts);
    });
    mixer.walk([&](mix::FillOp op) {
      if (isEmpty(op.getResult()))
        op.erase();
    });
  }

  void replaceDims() {
    mixer.walk([&](mix::DimOp op) {
      std::optional<Dim> dim = Dim::parse(op.getDim());
      std::optional<int64_t> value = dim ? dim->evaluate(numbers) : std::nullopt;
      if (!value)
        return;
      OpBuilder builder(op);
      Value constant = mix::ConstantOp::create(builder, op.getLoc(), op.getResult().getType(),
                                               builder.getF64FloatAttr(static_cast<double>(*value)));
      op.getResult().replaceAllUsesWith(constant);
      op.erase();
    });
  }

  mix::MixerOp mixer;
  const Numbers &given;
  Numbers numbers;
};

struct BindDims : mixc::impl::BindDimsBase<BindDims> {
  using BindDimsBase::BindDimsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Numbers given;
    for (const std::string &binding : bindings) {
      auto [name, text] = StringRef(binding).split('=');
      int64_t number;
      if (text.trim().getAsInteger(10, number)) {
        module.emitError() << "`-D " << binding << "`: a name and a whole number are expected, such as -D K=64";
        return signalPassFailure();
      }
      given[name.trim().str()] = number;
    }
    for (auto mixer : module.getOps<mix::MixerOp>())
      if (failed(Binder(mixer, given).run()))
        return signalPassFailure();
  }
};

} // namespace
