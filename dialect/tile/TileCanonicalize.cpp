// Canonical form of `tile.map`: one region does as much as it can; and of sums of products, which are contractions.
//
//   fuse      map(f, map(g, x), y) = map(f . g, x, y)    if the inner map has no other user and the same axes
//   constant  map(f, constant c, y) = map(f(c, .), y)
//   operands  each value is an operand once, and only if the region reads it
//   identity  map(x -> x, x) = x                          if nothing is broadcast
//   dot       reduce add (map(x y)) = contract x, y       if both have the axes that are summed over
//   product   contract x, y over nothing = map(x y)        if it adds to nothing, and masks nothing
//
// A producer with fewer axes than its consumer is not fused: its work would be repeated for every entry it is broadcast
// to. Nor are regions that are long already: registers hold no more, and a chain of n ops would be copied n times.
#include "dialect/tile/TileVerify.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mixc::tile;

namespace {

/// A map like `op` on other inputs. `fill` builds the values that stand for the old region's arguments out of the new
/// ones.
MapOp rebuild(MapOp op, ValueRange inputs, PatternRewriter &rewriter,
              function_ref<void(Block *body, IRMapping &mapping)> fill) {
  auto map = MapOp::create(rewriter, op.getLoc(), op.getResult().getType(), inputs);
  map->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  OpBuilder::InsertionGuard guard(rewriter);
  Block *body = rewriter.createBlock(&map.getBody());
  for (Value input : inputs)
    body->addArgument(cast<TileType>(input.getType()).getElementType(), input.getLoc());
  IRMapping mapping;
  fill(body, mapping);
  for (Operation &inner : op.getBody().front())
    rewriter.clone(inner, mapping);
  rewriter.replaceOp(op, map);
  return map;
}

struct FuseMaps : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    unsigned at = 0;
    MapOp producer;
    for (; at < op.getInputs().size(); ++at) {
      producer = op.getInputs()[at].getDefiningOp<MapOp>();
      if (producer && producer->hasOneUse() && producer->getBlock() == op->getBlock() &&
          areSame(producer.getResult().getType().getAxes(), op.getResult().getType().getAxes()))
        break;
    }
    constexpr size_t longest = 128;
    auto length = [](MapOp map) { return map.getBody().front().getOperations().size(); };
    if (at == op.getInputs().size() || length(op) + length(producer) > longest)
      return failure();
    SmallVector<Value> inputs(op.getInputs());
    inputs.erase(inputs.begin() + at);
    unsigned kept = inputs.size();
    llvm::append_range(inputs, producer.getInputs());
    rebuild(op, inputs, rewriter, [&](Block *body, IRMapping &mapping) {
      IRMapping inner;
      Block &before = producer.getBody().front();
      inner.map(before.getArguments(), body->getArguments().drop_front(kept));
      for (Operation &x : before.without_terminator())
        rewriter.clone(x, inner);
      for (auto [i, argument] : llvm::enumerate(op.getBody().front().getArguments()))
        mapping.map(argument, i == at ? inner.lookupOrDefault(before.getTerminator()->getOperand(0))
                                      : Value(body->getArgument(i < at ? i : i - 1)));
    });
    rewriter.eraseOp(producer);
    return success();
  }
};

struct InlineConstants : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    for (Value input : op.getInputs())
      if (!input.getDefiningOp<ConstantOp>())
        inputs.push_back(input);
    if (inputs.size() == op.getInputs().size())
      return failure();
    rebuild(op, inputs, rewriter, [&](Block *body, IRMapping &mapping) {
      unsigned next = 0;
      for (auto [input, argument] : llvm::zip(op.getInputs(), op.getBody().front().getArguments())) {
        auto constant = input.getDefiningOp<ConstantOp>();
        mapping.map(argument,
                    constant ? scalar(rewriter, constant, argument.getType()) : Value(body->getArgument(next++)));
      }
    });
    return success();
  }

  static Value scalar(PatternRewriter &rewriter, ConstantOp op, Type type) {
    double value = op.getValue().convertToDouble();
    TypedAttr attribute = isa<FloatType>(type) ? TypedAttr(rewriter.getFloatAttr(type, value))
                                               : TypedAttr(rewriter.getIntegerAttr(type, value != 0));
    return arith::ConstantOp::create(rewriter, op.getLoc(), attribute);
  }
};

struct DropOperands : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    Block &body = op.getBody().front();
    llvm::SetVector<Value> inputs;
    for (auto [input, argument] : llvm::zip(op.getInputs(), body.getArguments()))
      if (!argument.use_empty())
        inputs.insert(input);
    if (inputs.size() == op.getInputs().size())
      return failure();
    rebuild(op, inputs.getArrayRef(), rewriter, [&](Block *created, IRMapping &mapping) {
      for (auto [input, argument] : llvm::zip(op.getInputs(), body.getArguments()))
        if (!argument.use_empty())
          mapping.map(argument, created->getArgument(llvm::find(inputs, input) - inputs.begin()));
    });
    return success();
  }
};

struct FoldIdentity : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    auto argument = dyn_cast<BlockArgument>(op.getBody().front().getTerminator()->getOperand(0));
    if (!argument)
      return failure();
    Value input = op.getInputs()[argument.getArgNumber()];
    if (input.getType() != op.getResult().getType())
      return failure();
    rewriter.replaceOp(op, input);
    return success();
  }
};

struct ContractProducts : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    auto map = op.getX().getDefiningOp<MapOp>();
    if (op.getKind() != ReduceKind::Add || !map || !map->hasOneUse() || map.getInputs().size() != 2)
      return failure();
    Block &body = map.getBody().front();
    auto product = body.getTerminator()->getOperand(0).getDefiningOp<arith::MulFOp>();
    if (!product || !llvm::hasSingleElement(body.without_terminator()) || !isa<BlockArgument>(product.getLhs()) ||
        !isa<BlockArgument>(product.getRhs()))
      return failure();
    Value x = map.getInputs()[cast<BlockArgument>(product.getLhs()).getArgNumber()];
    Value y = map.getInputs()[cast<BlockArgument>(product.getRhs()).getArgNumber()];
    auto xType = cast<TileType>(x.getType()), yType = cast<TileType>(y.getType()), type = op.getX().getType();
    bool haveAll = llvm::all_of(op.getOver().getAsValueRange<StringAttr>(),
                                [&](StringRef axis) { return xType.has(axis) && yType.has(axis); });
    if (!haveAll || !areSame(unite(xType.getAxes(), yType.getAxes()), type.getAxes()) ||
        (type.has("time") && type.has("source"))) // all pairs of tokens: contractions want a mask
      return failure();
    rewriter.replaceOpWithNewOp<ContractOp>(op, op.getResult().getType(), x, y, Value(), op.getOver(), Mask::None);
    rewriter.eraseOp(map);
    return success();
  }
};

struct MapProducts : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &rewriter) const override {
    if (!op.getOver().empty() || op.getAcc() || op.getMask() != Mask::None)
      return failure();
    auto map = MapOp::create(rewriter, op.getLoc(), op.getResult().getType(), ValueRange{op.getA(), op.getB()});
    OpBuilder::InsertionGuard guard(rewriter);
    Block *body = rewriter.createBlock(&map.getBody());
    Type element = op.getResult().getType().getElementType();
    Value x = body->addArgument(element, op.getLoc()), y = body->addArgument(element, op.getLoc());
    YieldOp::create(rewriter, op.getLoc(), arith::MulFOp::create(rewriter, op.getLoc(), x, y).getResult());
    rewriter.replaceOp(op, map);
    return success();
  }
};

} // namespace

void ContractOp::getCanonicalizationPatterns(RewritePatternSet &results, MLIRContext *context) {
  results.add<MapProducts>(context);
}

void ReduceOp::getCanonicalizationPatterns(RewritePatternSet &results, MLIRContext *context) {
  results.add<ContractProducts>(context);
}

void MapOp::getCanonicalizationPatterns(RewritePatternSet &results, MLIRContext *context) {
  results.add<FuseMaps, InlineConstants, DropOperands, FoldIdentity>(context);
}
