// Takes scalar factors off vectors: through signs, products, sums of multiples of one vector, quotients by scalars,
// entrywise products and fills.
#include "lowering/normalize/Direction.h"
#include "lowering/Slices.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

bool isComputedFrom(Value value, Value origin) {
  return reachesBack({value}, [&](Value next) { return next == origin; });
}

namespace {

class Stripper {
public:
  Stripper(Expressions &expressions, bool splitsNorms) : e(expressions), splitsNorms(splitsNorms) {}

  Scaled strip(Value v) {
    if (auto known = memo.find(v); known != memo.end()) // shared terms come by once a path to them
      return known->second;
    Scaled result = find(v);
    return memo[v] = result;
  }

private:
  Scaled find(Value v) {
    Operation *op = v.getDefiningOp();
    if (auto unary = dyn_cast_or_null<UnaryOp>(op); unary && unary.getKind() == UnaryKind::Neg) {
      auto [c, x] = strip(unary.getX());
      return {e.mul(e.constant(-1), c), x};
    }
    if (auto fill = dyn_cast_or_null<FillOp>(op)) {
      auto number = fill.getScalar().getDefiningOp<ConstantOp>();
      if (number && number.getValue().isExactlyValue(1.0))
        return {Value(), v};
      return {fill.getScalar(), e.fill(e.constant(1), typeOf(v).getDims())};
    }
    auto binary = dyn_cast_or_null<BinaryOp>(op);
    if (!binary)
      return {Value(), v};
    Value x = binary.getX(), y = binary.getY();
    if (binary.getKind() == BinaryKind::Mul) {
      if (typeOf(x).isScalar() || typeOf(y).isScalar()) {
        Value scalar = typeOf(x).isScalar() ? x : y, vector = typeOf(x).isScalar() ? y : x;
        return taken(v, vector, [&](Value c) { return e.mul(scalar, c); }, scalar);
      }
      auto [c, left] = strip(x);
      auto [d, right] = strip(y);
      if (c || d)
        return {e.mul(c, d), e.mul(left, right)};
    }
    // c x + d x = (c + d) x
    bool isSum = binary.getKind() == BinaryKind::Add || binary.getKind() == BinaryKind::Sub;
    if (isSum && typeOf(x).sameShape(typeOf(y))) {
      auto [c, left] = strip(x);
      auto [d, right] = strip(y);
      Value one = e.constant(1), first = c ? c : one, second = d ? d : one;
      if (left == right)
        return {binary.getKind() == BinaryKind::Add ? e.add(first, second) : e.sub(first, second), left};
    }
    if (binary.getKind() == BinaryKind::Div && typeOf(y).isScalar() && !typeOf(x).isScalar())
      return taken(v, x, [&](Value c) { return e.div(c, y); }, y);
    return {Value(), v};
  }

  /// v is `vector` scaled by what is computed from `scalar`; `scale` adds that factor to another.
  Scaled taken(Value v, Value vector, llvm::function_ref<Value(Value)> scale, Value scalar) {
    auto [c, x] = strip(vector);
    if (!splitsNorms && isComputedFrom(scalar, x) && !x.getDefiningOp<FillOp>())
      return {Value(), v};
    return {scale(c), x};
  }

  Expressions &e;
  bool splitsNorms;
  llvm::DenseMap<Value, Scaled> memo;
};

} // namespace

Scaled strip(Expressions &expressions, Value v) { return Stripper(expressions, false).strip(v); }
Scaled core(Expressions &expressions, Value v) { return Stripper(expressions, true).strip(v); }

} // namespace mixc::normalize
