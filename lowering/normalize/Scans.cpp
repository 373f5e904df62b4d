// Scans: updates that are affine in the states of their stratum, entry by entry, over one of three semirings
//
//     affine      s_i <- sum_j g_ij .* s_j + b_i      full gates, vector states, pairs such as re and im
//     max         s   <- max(s + g, b)                stabilisers
//     logsumexp   s   <- logaddexp(s + g, b)
//
// g and b are free of the states. `degree` is how often an expression multiplies them, over the semiring: at most once.
#include "lowering/normalize/Scans.h"
#include "lowering/normalize/Strata.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include <map>

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

namespace {

enum class Semiring { Affine, Max, LogSumExp };

TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

class Degrees {
public:
  Degrees(Semiring semiring, ArrayRef<Value> states) : semiring(semiring), states(states) {}

  unsigned of(Value value) {
    if (auto known = memo.find(value); known != memo.end())
      return known->second;
    unsigned degree = find(value);
    return memo[value] = degree;
  }

  static constexpr unsigned kNone = 9; // no polynomial of the states, or not entry by entry

private:
  unsigned find(Value value) {
    if (llvm::is_contained(states, value))
      return 1;
    Operation *op = value.getDefiningOp();
    bool isFree = !op || isa<ComponentOp>(op) || llvm::all_of(op->getOperands(), [&](Value x) { return of(x) == 0; });
    if (isFree)
      return 0;
    if (auto unary = dyn_cast<UnaryOp>(op); unary && unary.getKind() == UnaryKind::Neg && semiring == Semiring::Affine)
      return of(unary.getX());
    if (auto product = dyn_cast<MatmulOp>(op); product && semiring == Semiring::Affine) // diag(d) S, S diag(d)
      for (auto [matrix, state] :
           {std::pair(product.getX(), product.getY()), std::pair(product.getY(), product.getX())})
        if (matrix.getDefiningOp<DiagOp>() && of(matrix) == 0)
          return of(state);
    auto binary = dyn_cast<BinaryOp>(op);
    auto select = dyn_cast<SelectOp>(op);
    // A scalar state that meets a vector reaches other entries than its own.
    if ((!binary && !select) ||
        llvm::any_of(op->getOperands(), [&](Value x) { return of(x) && typeOf(x).rank() != typeOf(value).rank(); }))
      return kNone;
    if (select) // a gate of 1 and 0, in each of the semirings
      return of(select.getCondition()) ? kNone : std::max(of(select.getX()), of(select.getY()));
    unsigned x = of(binary.getX()), y = of(binary.getY());
    bool isAffine = semiring == Semiring::Affine;
    switch (binary.getKind()) {
    case BinaryKind::Add: return isAffine ? std::max(x, y) : x + y;
    case BinaryKind::Sub: return isAffine ? std::max(x, y) : y ? kNone : x;
    case BinaryKind::Mul: return isAffine ? x + y : kNone;
    case BinaryKind::Div: return isAffine && !y ? x : kNone;
    case BinaryKind::Max: return semiring == Semiring::Max ? std::max(x, y) : kNone;
    case BinaryKind::LogAddExp: return semiring == Semiring::LogSumExp ? std::max(x, y) : kNone;
    default: return kNone;
    }
  }

  Semiring semiring;
  ArrayRef<Value> states;
  llvm::DenseMap<Value, unsigned> memo;
};

StateOp stateOf(NextOp next) {
  for (StateOp state : next->getParentOfType<MixerOp>().getOps<StateOp>())
    if (state.getName() == next.getName())
      return state;
  return {};
}

} // namespace

StringRef scanOf(ArrayRef<NextOp> stratum) {
  SmallVector<Value> states;
  for (NextOp next : stratum)
    states.push_back(stateOf(next).getResult());
  if (!llvm::all_equal(llvm::map_range(states, [](Value state) { return typeOf(state).getDims(); })))
    return "";
  for (auto [semiring, name] : {std::pair(Semiring::Affine, "affine"), std::pair(Semiring::Max, "max"),
                                std::pair(Semiring::LogSumExp, "logsumexp")}) {
    if (semiring != Semiring::Affine && states.size() > 1)
      break;
    Degrees degrees(semiring, states);
    if (llvm::all_of(stratum, [&](NextOp next) { return degrees.of(next->getOperand(0)) <= 1; }))
      return name;
  }
  return "";
}

void markScans(MixerOp mixer) {
  std::map<int64_t, SmallVector<NextOp>> strata;
  for (NextOp next : mixer.getOps<NextOp>())
    if (std::optional<int64_t> stratum = stratumOf(next))
      strata[*stratum].push_back(next);
  for (auto &[ordinal, stratum] : strata)
    if (StringRef scan = scanOf(stratum); !scan.empty())
      for (NextOp next : stratum)
        next->setAttr("mix.scan", StringAttr::get(mixer.getContext(), scan));
}

StateOp joinedTo(ComponentOp row) {
  auto isRow = [](ComponentOp op) { return typeOf(op.getStates()[0]).isVector(); };
  if (!isRow(row))
    return StateOp();
  for (ComponentOp memory : row->getParentOfType<MixerOp>().getOps<ComponentOp>())
    if (!isRow(memory) && llvm::equal(row.getTransition(), memory.getTransition()) &&
        row.getTransitionIndex() == memory.getTransitionIndex() && memory.getGate().empty() &&
        llvm::equal(row.getWriteDirs(), memory.getWriteDirs()) && row.getWriteIndex() == memory.getWriteIndex())
      return memory.getStates()[0].getDefiningOp<StateOp>();
  return StateOp();
}

} // namespace mixc::normalize
