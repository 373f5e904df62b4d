// S' = D S + ..., D the product of a chunk's decays. Decays that repeat make D repeat, and its rounding to float32 with
// it: after 512 chunks a memory that forgets little is off by 512 roundings in one direction, 2e-5. So D is computed in
// float64, and meets S as two float32 tiles,
//
//     h = 1 where D >= 1/2, else 0        l = D - h        D S = l S + h S
//
// h S is exact, and l has 2^-25 of itself as its error, which is little where D is near 1. Elsewhere the memory is
// short. So what is left is the rounding of the sum, whose direction changes with S. In a kernel that is one operation
// more for every entry of the state, of about 3 C.
//
//     D = reduce mul a        in float64, of a widened entry by entry. What a is computed from is float64, too, down to
//                             what was loaded: all of it where a has one entry a token (exp of a step size), sums,
//                             differences and products where it has more
//     D = a, of one token     where a is a sum, which is rounded
//     D of n x n states       the steps again, in float64
#include "lowering/derive/CarriedFactors.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::TileType;

bool derive::isSmall(TileType type) {
  return llvm::all_of(type.getAxes(), [](const tile::Axis &axis) {
    return axis.kind == tile::AxisKind::Time || axis.kind == tile::AxisKind::Source || axis.extent == 1;
  });
}

Operation *derive::cloneIn64(Operation *op, ValueRange operands, OpBuilder &builder) {
  IRMapping mapping;
  mapping.map(op->getOperands(), operands);
  Operation *twin = builder.clone(*op, mapping);
  auto toF64 = [&](Value value) {
    Type type = value.getType();
    if (auto tile = dyn_cast<TileType>(type); tile && tile.getElementType().isF32())
      value.setType(tile.withElementType(builder.getF64Type()));
    else if (type.isF32())
      value.setType(builder.getF64Type());
  };
  twin->walk([&](Operation *inner) {
    llvm::for_each(inner->getResults(), toF64);
    for (Region &region : inner->getRegions())
      llvm::for_each(region.getArguments(), toF64);
    if (auto constant = dyn_cast<arith::ConstantOp>(inner))
      if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
        constant.setValueAttr(builder.getF64FloatAttr(number.getValueAsDouble()));
  });
  return twin;
}

namespace {

TileType typeOf(Value value) { return cast<TileType>(value.getType()); }
bool isF32(Value value) {
  auto type = dyn_cast<TileType>(value.getType());
  return type && type.getElementType().isF32();
}

/// The carried factors of one loop.
class Factors {
public:
  explicit Factors(tile::ChunksOp loop)
      : body(loop.getBody().front()), oneToken(loop.getSize() == 1), builder(loop.getContext()) {}

  void refine() {
    SmallVector<tile::MapOp> maps(body.getOps<tile::MapOp>());
    for (tile::MapOp map : maps)
      if (llvm::any_of(map.getInputs(), [&](Value x) { return isCarried(x); }))
        refine(map);
  }

private:
  bool isCarried(Value x) const {
    while (auto rename = x.getDefiningOp<tile::RenameOp>())
      x = rename.getX();
    auto argument = dyn_cast<BlockArgument>(x);
    return argument && argument.getOwner() == &body;
  }

  //===-- D in float64 ------------------------------------------------------------------------------------------===//

  /// Is this op computed again in float64 where its result is wanted so? A gate for each entry of an axis is, if that
  /// is a few additions and products: (g + h) / 2 close to 1 is rounded the same way wherever it repeats.
  bool isWidened(Operation *op) const {
    return op && op->getBlock() == &body && op->getNumResults() == 1 &&
           isa<tile::MapOp, tile::SelectOp, tile::RecurOp, tile::RowOp, tile::RenameOp, tile::ReduceOp,
               tile::ConstantOp>(op) &&
           isF32(op->getResult(0)) && (isSmall(typeOf(op->getResult(0))) || isArithmetic(source(op)));
  }

  /// Where a value is computed that is only selected and renamed on its way to this op.
  static Operation *source(Operation *op) {
    while (op && isa<tile::SelectOp, tile::RowOp, tile::RenameOp>(op)) {
      auto select = dyn_cast<tile::SelectOp>(op);
      op = (select ? select.getX() : op->getOperand(0)).getDefiningOp();
    }
    return op;
  }

  static bool isArithmetic(Operation *op) {
    auto map = dyn_cast_or_null<tile::MapOp>(op);
    return map &&
           llvm::all_of(map.getBody().front().without_terminator(),
                        llvm::IsaPred<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp, arith::ConstantOp>);
  }

  /// A value in float64: what it is computed from first, op by op.
  Value in64(Value value) {
    llvm::SetVector<Operation *> slice;
    if (isWidened(value.getDefiningOp()))
      slice.insert(value.getDefiningOp());
    for (size_t next = 0; next < slice.size(); ++next)
      for (Value operand : slice[next]->getOperands())
        if (isWidened(operand.getDefiningOp()))
          slice.insert(operand.getDefiningOp());
    auto ops = slice.takeVector();
    llvm::sort(ops, [](Operation *x, Operation *y) { return x->isBeforeInBlock(y); });
    for (Operation *op : ops)
      if (!twins.contains(op->getResult(0))) {
        SmallVector<Value> operands =
            llvm::map_to_vector(op->getOperands(), [&](Value operand) { return twinOf(operand); });
        builder.setInsertionPointAfter(op);
        twins[op->getResult(0)] = cloneIn64(op, operands, builder)->getResult(0);
      }
    return twinOf(value);
  }

  Value twinOf(Value value) {
    if (!isF32(value))
      return value;
    if (auto cast = value.getDefiningOp<tile::CastOp>(); cast && typeOf(cast.getX()).getElementType().isF64())
      return cast.getX();
    Value &twin = twins[value];
    if (!twin) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointAfterValue(value);
      twin = tile::CastOp::create(builder, value.getLoc(), typeOf(value).withElementType(builder.getF64Type()), value);
    }
    return twin;
  }

  Value productIn64(tile::ReduceOp op) {
    Value x = isWidened(op.getX().getDefiningOp()) || isSmall(typeOf(op.getX())) ? in64(op.getX()) : op.getX();
    builder.setInsertionPointAfter(op);
    return tile::ReduceOp::create(builder, op.getLoc(), typeOf(op.getResult()).withElementType(builder.getF64Type()),
                                  op.getKind(), x, op.getOver(), op.getMost().isZero() ? op.getMost() : APFloat(1e300));
  }

  /// What the steps carry at their end, without the rows that they stack.
  Value endIn64(tile::StepsOp op, unsigned carried) {
    Operation *&twin = stepsIn64[op];
    if (!twin) {
      SmallVector<Value> operands =
          llvm::map_to_vector(op->getOperands(), [&](Value operand) { return in64(operand); });
      builder.setInsertionPointAfter(op);
      Operation *whole = cloneIn64(op, operands, builder);
      auto inner = cast<tile::StepsOp>(whole);
      const unsigned ends = inner.getInits().size();
      Block &rows = inner.getBody().front();
      rows.getTerminator()->eraseOperands(ends, rows.getTerminator()->getNumOperands() - ends);
      auto steps = tile::StepsOp::create(builder, op.getLoc(), TypeRange(inner.getResultTypes()).take_front(ends),
                                         inner.getInits(), inner.getRows(), inner.getOthers(), inner.getReverse());
      steps.getBody().takeBody(inner.getBody());
      whole->erase();
      twin = steps;
    }
    return twin->getResult(carried);
  }

  /// A product of decays as factors in float64; none if it is something else.
  SmallVector<Value> factorsOf(Value x) {
    if (oneToken)
      return isSum(x) ? SmallVector<Value>{in64(x)} : SmallVector<Value>();
    if (auto cast = x.getDefiningOp<tile::CastOp>())
      if (typeOf(cast.getX()).getElementType().isF64())
        return {cast.getX()};
    if (!x.getDefiningOp() || x.getDefiningOp()->getBlock() != &body)
      return {};
    if (auto reduce = x.getDefiningOp<tile::ReduceOp>(); reduce && reduce.getKind() == tile::ReduceKind::Mul)
      return {productIn64(reduce)};
    if (auto steps = x.getDefiningOp<tile::StepsOp>())
      if (unsigned i = cast<OpResult>(x).getResultNumber(); i < steps.getInits().size())
        return {endIn64(steps, i)};
    SmallVector<Value> all;
    if (auto map = x.getDefiningOp<tile::MapOp>(); map && isProduct(map))
      for (Value factor : map.getInputs()) {
        SmallVector<Value> part = factorsOf(factor);
        if (part.empty())
          return {};
        llvm::append_range(all, part);
      }
    return all;
  }

  /// Is a token's gate the sum of computed numbers? That is rounded; what is loaded is not, and 1 - g is little where
  /// g is rounded by much.
  bool isSum(Value x) const {
    Operation *map = source(x.getDefiningOp());
    auto isConstant = [](Value operand) { return operand.getDefiningOp<arith::ConstantOp>() != nullptr; };
    return isArithmetic(map) && map->getBlock() == &body &&
           llvm::any_of(map->getRegion(0).front().without_terminator(), [&](Operation &op) {
             return isa<arith::AddFOp, arith::SubFOp>(op) && llvm::none_of(op.getOperands(), isConstant);
           });
  }

  /// The product of two or more operands, each once.
  static bool isProduct(tile::MapOp map) {
    Block &region = map.getBody().front();
    return map.getInputs().size() > 1 &&
           llvm::all_of(region.without_terminator(), [](Operation &op) { return isa<arith::MulFOp>(op); }) &&
           llvm::all_of(region.getArguments(), [](Value argument) { return argument.hasOneUse(); });
  }

  //===-- D as two tiles ----------------------------------------------------------------------------------------===//

  struct Parts {
    Value whole, rest; // h and l
  };

  Parts partsOf(Value product) {
    Parts &parts = known[product];
    if (!parts.whole) {
      builder.setInsertionPointAfterValue(product);
      parts.whole = partOf(product, [](OpBuilder &b, Location at, Value d) { return nearOne(b, at, d); });
      parts.rest = partOf(product, [](OpBuilder &b, Location at, Value d) -> Value {
        // Finite in float32, too: of an empty memory nothing is left then.
        Value most = number(b, at, std::numeric_limits<float>::max());
        Value isMore = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OGT, d, most);
        Value bounded = arith::SelectOp::create(b, at, isMore, most, d);
        return arith::SubFOp::create(b, at, bounded, nearOne(b, at, d));
      });
    }
    return parts;
  }

  static Value number(OpBuilder &b, Location at, double x) {
    return arith::ConstantOp::create(b, at, b.getF64FloatAttr(x));
  }

  static Value nearOne(OpBuilder &b, Location at, Value d) {
    Value isNear = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OGE, d, number(b, at, 0.5));
    return arith::SelectOp::create(b, at, isNear, number(b, at, 1), number(b, at, 0));
  }

  Value partOf(Value product, llvm::function_ref<Value(OpBuilder &, Location, Value)> part) {
    Location at = product.getLoc();
    auto map = tile::MapOp::create(builder, at, typeOf(product).withElementType(builder.getF32Type()), product);
    OpBuilder::InsertionGuard guard(builder);
    Block *region = builder.createBlock(&map.getBody(), {}, {builder.getF64Type()}, {at});
    Value result = part(builder, at, region->getArgument(0));
    tile::YieldOp::create(builder, at, ValueRange{arith::TruncFOp::create(builder, at, builder.getF32Type(), result)});
    return map.getResult();
  }

  //===-- D S ---------------------------------------------------------------------------------------------------===//

  /// Products with decays in the region take both parts of each.
  void refine(tile::MapOp map) {
    Block &region = map.getBody().front();
    SmallVector<Value> inputs(map.getInputs());
    for (unsigned i = 0, count = inputs.size(); i < count; ++i) {
      Value decay = region.getArgument(i);
      SmallVector<arith::MulFOp> products;
      for (Operation *user : decay.getUsers())
        if (auto product = dyn_cast<arith::MulFOp>(user); product && product.getLhs() != product.getRhs())
          products.push_back(product);
      SmallVector<Value> factors;
      if (!products.empty() && !isCarried(inputs[i]))
        factors = factorsOf(inputs[i]);
      if (factors.empty())
        continue;
      SmallVector<std::pair<Value, Value>> parts; // as arguments of the region
      for (Value factor : factors) {
        auto [whole, rest] = partsOf(factor);
        llvm::append_range(inputs, std::array{whole, rest});
        whole = region.addArgument(builder.getF32Type(), map.getLoc());
        rest = region.addArgument(builder.getF32Type(), map.getLoc());
        parts.emplace_back(whole, rest);
      }
      for (arith::MulFOp product : products) {
        builder.setInsertionPoint(product);
        Value result = product.getLhs() == decay ? product.getRhs() : product.getLhs();
        for (auto [whole, rest] : parts)
          result = times(whole, rest, result, product.getLoc());
        product.getResult().replaceAllUsesWith(result);
        product.erase();
      }
    }
    map.getInputsMutable().assign(inputs);
  }

  Value times(Value whole, Value rest, Value x, Location at) {
    Value kept = arith::MulFOp::create(builder, at, whole, x);
    return arith::AddFOp::create(builder, at, arith::MulFOp::create(builder, at, rest, x), kept);
  }

  Block &body;
  bool oneToken;
  OpBuilder builder;
  DenseMap<Value, Value> twins; // in float64
  DenseMap<Operation *, Operation *> stepsIn64;
  DenseMap<Value, Parts> known;
};

} // namespace

void derive::refineCarriedFactors(tile::KernelOp kernel) {
  kernel.walk([](tile::ChunksOp loop) { Factors(loop).refine(); });
}
