// What a legal mixer is. Each constraint has a label, at the end of its message and in the name of the test that breaks
// it. Shapes of pure ops are in MixInfer.cpp, mix.component is in Component.cpp.
#include "dialect/mix/Mix.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mixc::mix {
namespace {

/// An interval has both ends, in order; NaN is no end.
LogicalResult verifyInterval(Operation *op, std::optional<APFloat> lo, std::optional<APFloat> hi, StringRef label) {
  if (!lo && !hi)
    return success();
  if (!lo || !hi)
    return op->emitOpError("has one end of an interval, not both (") << label << ")";
  if (!(lo->convertToDouble() <= hi->convertToDouble()))
    return op->emitOpError("has an interval whose lower end is above its upper end (") << label << ")";
  return success();
}

} // namespace

//===-- Declarations --------------------------------------------------------------------------------------------===//

LogicalResult InputOp::verify() {
  if (!isPerToken(getResult().getType())) // input_c1
    return emitOpError("is of rate head or group (input_c1)");
  return verifyInterval(*this, getLo(), getHi(), "input_c2");
}

LogicalResult ParamOp::verify() {
  if (getResult().getType().getRate() != (getPerGroup() ? Rate::GroupParam : Rate::Param)) // param_c1
    return emitOpError("is of rate param, or group_param if it is per group (param_c1)");
  return verifyInterval(*this, getLo(), getHi(), "param_c2");
}

LogicalResult StateOp::verify() {
  TensorType type = getResult().getType();
  if (!isPerToken(type)) // state_c1
    return emitOpError("is of rate head or group (state_c1)");
  if (getIdentityStart()) {
    if (getStart()) // state_c2
      return emitOpError("starts at a number or at the identity, not both (state_c2)");
    if (!type.isMatrix() || !(type.getDims()[0] == type.getDims()[1])) // state_c3
      return emitOpError("starts at the identity, but is a ") << spell(type) << " (state_c3)";
  }
  return success();
}

// lag_c1: of an input, and back in time; lag_c2: no further than the input is remembered
LogicalResult LagOp::verify() {
  auto input = getX().getDefiningOp<InputOp>();
  if (!input || getBy() < 1) // lag_c1
    return emitOpError("takes an input of at least one token ago (lag_c1)");
  if (static_cast<int64_t>(getBy()) > historyOf(input)) // lag_c2
    return emitOpError("reaches ") << getBy() << " tokens back, and '" << input.getName() << "' is remembered for "
                                   << historyOf(input) << " (lag_c2)";
  return success();
}

//===-- Pure ops whose result type is written -------------------------------------------------------------------===//

static LogicalResult verifyNumber(Operation *op, TensorType type, StringRef label) {
  if (!type.isScalar() || type.getRate() != Rate::Constant)
    return op->emitOpError("is a scalar of rate constant (") << label << ")";
  return success();
}

LogicalResult ConstantOp::verify() { return verifyNumber(*this, getResult().getType(), "constant_c1"); }

LogicalResult DimOp::verify() {
  if (!Dim::parse(getDim())) // dim_c2
    return emitOpError("'") << getDim() << "' is no dim (dim_c2)";
  return verifyNumber(*this, getResult().getType(), "dim_c1");
}

LogicalResult IdentityOp::verify() {
  TensorType type = getResult().getType();
  if (!type.isMatrix() || !(type.getDims()[0] == type.getDims()[1])) // identity_c1
    return emitOpError("is a square matrix, not a ") << spell(type) << " (identity_c1)";
  if (type.getRate() != Rate::Constant) // identity_c2
    return emitOpError("is of rate constant (identity_c2)");
  return success();
}

LogicalResult FillOp::verify() {
  TensorType scalar = getScalar().getType(), type = getResult().getType();
  if (!scalar.isScalar() || type.isScalar()) // fill_c1
    return emitOpError("fills a vector or matrix with a scalar, not a ")
           << spell(type) << " with a " << spell(scalar) << " (fill_c1)";
  if (scalar.getRate() != type.getRate()) // fill_c2
    return emitOpError("has its scalar's rate (fill_c2)");
  return success();
}

LogicalResult SliceOp::verify() {
  TensorType x = getX().getType(), type = getResult().getType();
  if (!x.isVector() || !type.isVector() || x.getRate() != type.getRate()) // slice_c1
    return emitOpError("takes a vector of a vector, at its rate (slice_c1)");
  std::optional<Dim> from = Dim::parse(getFrom());
  if (!from) // slice_c2
    return emitOpError("'") << getFrom() << "' is no dim (slice_c2)";
  // Only where the difference is a number can it be judged before the dims are bound; the interpreter checks the rest.
  std::optional<int64_t> left = (x.getDims()[0] - *from - type.getDims()[0]).asNumber();
  if ((left && *left < 0) || from->asNumber().value_or(0) < 0) // slice_c3
    return emitOpError("reaches outside its ") << spell(x) << " (slice_c3)";
  return success();
}

LogicalResult ColumnOp::verify() {
  // Before the dims are bound there may be no number to hold it against; the interpreter checks the rest.
  std::optional<int64_t> columns = getX().getType().getDims()[1].asNumber();
  int64_t index = getIndex();
  if (index < 0 || (columns && index >= *columns)) // column_c2
    return emitOpError("takes column ") << index << " of a " << spell(getX().getType()) << " (column_c2)";
  return success();
}

/// How many entries, on symbols.
static Dim entriesOf(TensorType type) {
  Dim size(1);
  for (const Dim &dim : type.getDims())
    size = size * dim;
  return size;
}

LogicalResult ReshapeOp::verify() {
  TensorType x = getX().getType(), type = getResult().getType();
  if (x.isScalar() || type.isScalar() || x.rank() == type.rank() || x.getRate() != type.getRate()) // reshape_c1
    return emitOpError("makes a vector of a matrix or a matrix of a vector, at its rate (reshape_c1)");
  if (!(entriesOf(x) == entriesOf(type))) // reshape_c2
    return emitOpError("makes a ") << spell(type) << " of a " << spell(x) << " (reshape_c2)";
  return success();
}

//===-- The mixer -----------------------------------------------------------------------------------------------===//

namespace {

/// Checks the body of one mixer, statement by statement, and what only the whole can tell.
class MixerVerifier {
public:
  explicit MixerVerifier(MixerOp mixer) : mixer(mixer) {}

  LogicalResult run() {
    if (failed(verifyDims()))
      return failure();
    for (Operation &op : mixer.step())
      if (failed(verifyStatement(&op)))
        return failure();
    return failure(failed(verifyUpdates()) || failed(verifyStarts()) || failed(verifyFamilies()) ||
                   failed(verifyEnds()));
  }

private:
  LogicalResult verifyDims() {
    for (Attribute dim : mixer.getDims()) {
      StringRef name = cast<StringAttr>(dim).getValue();
      bool isWord = llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
      if (name.empty() || !isWord || llvm::isDigit(name.front())) // mixer_c1
        return mixer.emitOpError("'") << name << "' cannot be the name of a dim (mixer_c1)";
      if (!dims.insert(name).second) // mixer_c1
        return mixer.emitOpError("declares dim '") << name << "' twice (mixer_c1)";
    }
    if (DictionaryAttr bindings = mixer.getBindingsAttr())
      for (NamedAttribute binding : bindings) {
        auto number = dyn_cast<IntegerAttr>(binding.getValue());
        if (!dims.contains(binding.getName()) || !number || number.getInt() < 1) // mixer_c2
          return mixer.emitOpError("binds '")
                 << binding.getName().getValue()
                 << "', but a binding is of a declared dim to a positive integer (mixer_c2)";
      }
    return success();
  }

  LogicalResult verifyStatement(Operation *op) {
    // mixer_c3
    WalkResult walk = op->walk([&](Operation *inner) -> WalkResult {
      if (!isa<MixDialect>(inner->getDialect()))
        return inner->emitOpError("is not of the mix dialect (mixer_c3)");
      return verifyDimsOf(inner);
    });
    if (walk.wasInterrupted())
      return failure();
    return TypeSwitch<Operation *, LogicalResult>(op)
        .Case<InputOp, ParamOp>([&](auto declaration) { return declare(declaration, declaration.getName()); })
        .Case([&](StateOp state) {
          states.push_back(state);
          stateNamed[state.getName()] = state;
          return declare(state, state.getName());
        })
        .Case([&](OutputOp output) { return declare(output, output.getName()); })
        .Case([&](NextOp next) { return verifyNext(next); })
        .Case([&](ComponentOp component) {
          for (Value state : component.getStates())
            if (auto declared = state.getDefiningOp<StateOp>())
              ++updates[declared.getName()];
          return success();
        })
        .Default([](Operation *) { return success(); });
  }

  // mixer_c4: dims are declared
  LogicalResult verifyDimsOf(Operation *op) {
    auto verify = [&](const Dim &dim) -> LogicalResult {
      for (const std::string &symbol : dim.symbols())
        if (!dims.contains(symbol))
          return op->emitOpError("uses dim '") << symbol << "', which its mixer does not declare (mixer_c4)";
      return success();
    };
    auto verifyType = [&](Type type) -> LogicalResult {
      if (auto tensor = dyn_cast<TensorType>(type))
        for (const Dim &dim : tensor.getDims())
          if (failed(verify(dim)))
            return failure();
      return success();
    };
    for (Type type : op->getResultTypes())
      if (failed(verifyType(type)))
        return failure();
    for (Region &region : op->getRegions())
      for (Type type : region.getArgumentTypes())
        if (failed(verifyType(type)))
          return failure();
    std::optional<Dim> named;
    if (auto dim = dyn_cast<DimOp>(op))
      named = Dim::parse(dim.getDim());
    else if (auto slice = dyn_cast<SliceOp>(op))
      named = Dim::parse(slice.getFrom());
    return named ? verify(*named) : success();
  }

  // mixer_c5: one thing a name
  LogicalResult declare(Operation *op, StringRef name) {
    auto [entry, isNew] = declared.try_emplace(name, op);
    if (isNew)
      return success();
    InFlightDiagnostic diagnostic = op->emitOpError("declares '") << name << "' a second time (mixer_c5)";
    diagnostic.attachNote(entry->second->getLoc()) << "first declared here";
    return diagnostic;
  }

  LogicalResult verifyNext(NextOp next) {
    StateOp state = stateNamed.lookup(next.getName());
    if (!state) // mixer_c6
      return next.emitOpError("'") << next.getName() << "' is no state declared above (mixer_c6)";
    TensorType before = state.getResult().getType(), after = next.getValue().getType();
    if (!before.sameShape(after)) // mixer_c7
      return next.emitOpError("gives '") << next.getName() << "', a " << spell(before) << ", a " << spell(after)
                                         << " (mixer_c7)";
    if (faster(before.getRate(), after.getRate()) != before.getRate()) // mixer_c8
      return next.emitOpError("gives '") << next.getName() << "' a value that changes faster than it (mixer_c8)";
    ++updates[next.getName()];
    return success();
  }

  // mixer_c9: each state has exactly one update
  LogicalResult verifyUpdates() {
    for (StateOp state : states) {
      unsigned count = updates.lookup(state.getName());
      if (count != 1)
        return state.emitOpError("'") << state.getName() << "' has " << (count ? "more than one" : "no")
                                      << " update (mixer_c9)";
    }
    return success();
  }

  // mixer_c10: a state that starts from a param has its shape, and differs between heads if the param does
  LogicalResult verifyStarts() {
    for (StateOp state : states) {
      if (!state.getStartParam())
        continue;
      auto param = dyn_cast_or_null<ParamOp>(declared.lookup(*state.getStartParam()));
      if (!param)
        return state.emitOpError("starts from '") << *state.getStartParam() << "', which is no param (mixer_c10)";
      if (!param.getType().sameShape(state.getType()) || (isPerGroup(state.getType()) && !param.getPerGroup()))
        return state.emitOpError("starts from '")
               << *state.getStartParam() << "', which is not of its shape, or differs between its heads (mixer_c10)";
    }
    return success();
  }

  // mixer_c11: the members of a family are alike, each is there, and no other tensor has its name
  LogicalResult verifyFamilies() {
    llvm::StringMap<SmallVector<Operation *>> families;
    for (Operation &op : mixer.step())
      if (auto family = op.getAttrOfType<FamilyAttr>(familyAttrName))
        families[family.getName()].push_back(&op);
    for (auto &[name, members] : families) {
      int64_t count = homeOf(members[0]).count;
      SmallVector<bool> present(std::clamp<int64_t>(count, 0, members.size()));
      for (Operation *member : members) {
        Home home = homeOf(member);
        auto typeOf = [](Operation *op) {
          return cast<TensorType>((op->getNumResults() ? op->getResult(0) : op->getOperand(0)).getType());
        };
        bool isAlike = member->getName() == members[0]->getName() && home.count == count &&
                       typeOf(member).sameShape(typeOf(members[0]));
        if (!isAlike || home.member < 0 || home.member >= static_cast<int64_t>(present.size()) ||
            present[home.member] || declared.contains(name))
          return member->emitOpError("does not fit the family '") << name << "' (mixer_c11)";
        present[home.member] = true;
      }
      if (static_cast<int64_t>(members.size()) != count)
        return members[0]->emitOpError("is of a family of ")
               << count << ", of which " << members.size() << " are there (mixer_c11)";
    }
    return success();
  }

  // mixer_c12: the end of a state, at its type, and no state needs it
  LogicalResult verifyEnds() {
    llvm::DenseSet<Value> ends;
    for (Operation &op : mixer.step()) {
      if (auto end = dyn_cast<EndOp>(op)) {
        StateOp state = stateNamed.lookup(end.getName());
        if (!state || state.getType() != end.getType())
          return end.emitOpError("'") << end.getName() << "' is no state of this type declared above (mixer_c12)";
        ends.insert(end);
        continue;
      }
      WalkResult walk = op.walk([&](Operation *inner) {
        bool uses = llvm::any_of(inner->getOperands(), [&](Value operand) { return ends.contains(operand); });
        return uses ? WalkResult::interrupt() : WalkResult::advance();
      });
      if (!walk.wasInterrupted())
        continue;
      if (isa<NextOp, ComponentOp>(op))
        return op.emitOpError("needs the end of a state to update one (mixer_c12)");
      ends.insert(op.result_begin(), op.result_end());
    }
    return success();
  }

  MixerOp mixer;
  llvm::StringSet<> dims;
  llvm::StringMap<Operation *> declared;
  llvm::StringMap<StateOp> stateNamed;
  SmallVector<StateOp> states;
  llvm::StringMap<unsigned> updates;
};

} // namespace

LogicalResult MixerOp::verifyRegions() { return MixerVerifier(*this).run(); }

} // namespace mixc::mix
