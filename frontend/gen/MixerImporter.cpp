// Declarations, then definitions in their order. A row is the vector itself; the op that uses it says which side it is
// on:
//   u' v -> dot      u v' -> outer      M v -> matmul      u' M -> matmul(transpose M, u)
#include "frontend/gen/MixerImporter.h"
#include <fmt/format.h>

namespace mixc {
using mlir::Location;
using mlir::Value;

Location MixerImporter::locate(Range range) {
  Position begin = source.position(range.begin), end = source.position(range.end);
  return mlir::FileLineColRange::get(builder.getStringAttr(source.name), begin.line, begin.column, end.line,
                                     end.column);
}

mix::TensorType MixerImporter::typeOf(const Type &type, mix::Rate rate) {
  llvm::SmallVector<Dim, 2> dims;
  if (type.isColumn() || type.isMatrix())
    dims.push_back(type.rows);
  if (type.isRow() || type.isMatrix())
    dims.push_back(type.cols);
  return mix::TensorType::get(builder.getContext(), dims, rate);
}

/// How far back each input is read; the members of a family are remembered alike, for they are one tensor.
void MixerImporter::measureHistories() {
  std::map<std::string, int64_t> longest;
  auto tensorOf = [&](const Declaration &declaration) {
    return declaration.family.empty() ? declaration.name : declaration.family;
  };
  for (const Expr &e : mixer.expressions)
    if (e.op == Expr::Op::Input) {
      int64_t &length = longest[tensorOf(mixer.declarations[e.entity])];
      length = std::max(length, e.lag);
    }
  for (const Declaration &declaration : mixer.declarations)
    histories.push_back(longest[tensorOf(declaration)]);
  for (const Declaration &declaration : mixer.declarations)
    if (!declaration.family.empty())
      ++familySizes[declaration.family];
}

/// Marks a member of a family as such: members are declared in order, from the first index on.
void MixerImporter::join(mlir::Operation *op, const Declaration &declaration) {
  if (declaration.family.empty())
    return;
  const Declaration &first =
      *llvm::find_if(mixer.declarations, [&](const Declaration &known) { return known.family == declaration.family; });
  op->setAttr(mix::familyAttrName,
              mix::FamilyAttr::get(builder.getContext(), builder.getStringAttr(declaration.family),
                                   declaration.index - first.index, familySizes[declaration.family]));
}

void MixerImporter::run() {
  mlir::OpBuilder::InsertionGuard guard(builder);
  llvm::SmallVector<llvm::StringRef> dims(mixer.dims.begin(), mixer.dims.end());
  auto op = mix::MixerOp::create(builder, locate(mixer.range), builder.getStringAttr(mixer.name),
                                 builder.getStrArrayAttr(dims), mlir::DictionaryAttr(),
                                 mixer.requireChunked ? builder.getUnitAttr() : mlir::UnitAttr());
  llvm::SmallVector<mlir::NamedAttribute> numbers;
  for (auto &[dim, number] : mixer.numbers)
    if (number >= 1) // a count may be 0: its families are unrolled already
      numbers.push_back(builder.getNamedAttr(dim, builder.getI64IntegerAttr(number)));
  if (!numbers.empty())
    op.setBindingsAttr(builder.getDictionaryAttr(numbers));
  builder.setInsertionPointToStart(&op.getBody().emplaceBlock());

  measureHistories();
  declared.resize(mixer.declarations.size());
  after.resize(mixer.declarations.size());
  defined.resize(mixer.definitions.size());
  for (size_t i = 0; i < mixer.declarations.size(); ++i)
    declare(i);
  for (size_t i = 0; i < mixer.definitions.size(); ++i)
    define(mixer.definitions[i], defined[i]);
}

void MixerImporter::declare(unsigned entity) {
  const Declaration &declaration = mixer.declarations[entity];
  Location at = locate(declaration.range);
  mlir::StringAttr name = builder.getStringAttr(declaration.name);
  mlir::FloatAttr low, high;
  if (declaration.interval) {
    low = builder.getF64FloatAttr(declaration.interval->first);
    high = builder.getF64FloatAttr(declaration.interval->second);
  }
  mix::Rate token = declaration.perGroup ? mix::Rate::Group : mix::Rate::Head;
  mix::Rate constant = declaration.perGroup ? mix::Rate::GroupParam : mix::Rate::Param;
  mlir::UnitAttr yes = builder.getUnitAttr(), no;
  mlir::Operation *op = nullptr;
  switch (declaration.role) {
  case ast::Role::Input:
    op = mix::InputOp::create(builder, at, typeOf(declaration.type, token), name, low, high);
    if (histories[entity] > 0)
      op->setAttr(mix::historyAttrName, builder.getI64IntegerAttr(histories[entity]));
    break;
  case ast::Role::Param:
    op = mix::ParamOp::create(builder, at, typeOf(declaration.type, constant), name, low, high,
                              declaration.perGroup ? yes : no);
    break;
  case ast::Role::State: {
    const Start &start = declaration.start;
    mlir::FloatAttr number = start.number != 0 ? builder.getF64FloatAttr(start.number) : mlir::FloatAttr();
    mlir::StringAttr param;
    if (start.kind == Start::Kind::Param)
      param = builder.getStringAttr(mixer.declarations[start.param].name);
    op = mix::StateOp::create(builder, at, typeOf(declaration.type, token), name, number,
                              start.kind == Start::Kind::Identity ? yes : no, param);
    break;
  }
  case ast::Role::Output: return;
  }
  join(op, declaration);
  declared[entity] = op->getResult(0);
}

void MixerImporter::define(const Definition &definition, Value &value) {
  mlir::Operation *last = builder.getBlock()->empty() ? nullptr : &builder.getBlock()->back();
  value = emit(*definition.value);
  Location at = locate(definition.range);
  mlir::StringAttr name = builder.getStringAttr(definition.name);
  switch (definition.kind) {
  case Definition::Kind::Let: {
    // A let's name belongs to the op that computes it, unless it only names something that was there before.
    mlir::Operation *op = value.getDefiningOp();
    if (!last || last->isBeforeInBlock(op))
      op->setLoc(mlir::NameLoc::get(name, op->getLoc()));
    break;
  }
  case Definition::Kind::Update:
    after[definition.declaration] = value;
    mix::NextOp::create(builder, at, mixer.declarations[definition.declaration].name, value);
    break;
  case Definition::Kind::Output:
    join(mix::OutputOp::create(builder, at, mixer.declarations[definition.declaration].name, value),
         mixer.declarations[definition.declaration]);
    break;
  }
}

//===-- Expressions --------------------------------------------------------------------------------------------===//

Value MixerImporter::unary(Location at, mix::UnaryKind kind, Value x) {
  return mix::UnaryOp::create(builder, at, kind, x);
}
Value MixerImporter::binary(Location at, mix::BinaryKind kind, Value x, Value y) {
  return mix::BinaryOp::create(builder, at, kind, x, y);
}
Value MixerImporter::reduce(Location at, mix::ReduceKind kind, Value x) {
  return mix::ReduceOp::create(builder, at, kind, x);
}
Value MixerImporter::sumOfSquares(Location at, Value x) {
  return reduce(at, mix::ReduceKind::Sum, binary(at, mix::BinaryKind::Mul, x, x));
}

/// norm(x)^2 is sum(x .* x): no root is taken.
static bool isSquaredNorm(const Expr &e) {
  return e.op == Expr::Op::Binary && e.binary == mix::BinaryKind::Pow && e.args[0]->op == Expr::Op::Norm &&
         e.args[1]->op == Expr::Op::Number && e.args[1]->number == 2;
}

/// Each node once, after its arguments, on a stack of its own: derivatives are as deep as chains of lets are long.
Value MixerImporter::emit(const Expr &root) {
  llvm::SmallVector<std::pair<const Expr *, size_t>> stack{{&root, 0}};
  while (!stack.empty()) {
    auto &[e, next] = stack.back();
    llvm::ArrayRef<Expr *> parts = isSquaredNorm(*e) ? e->args[0]->args : e->args;
    if (next < parts.size()) {
      const Expr *part = parts[next++];
      if (!emitted.count(part))
        stack.push_back({part, 0});
      continue;
    }
    if (!emitted.count(e))
      emitted[e] = emitOne(*e);
    stack.pop_back();
  }
  return emitted.at(&root);
}

Value MixerImporter::emitOne(const Expr &e) {
  switch (e.op) {
  case Expr::Op::Input: return input(e);
  case Expr::Op::StateEnd:
    return mix::EndOp::create(builder, locate(e.range), declared[e.entity].getType(),
                              mixer.declarations[e.entity].name);
  case Expr::Op::Param:
  case Expr::Op::StateBefore: return declared[e.entity];
  case Expr::Op::StateAfter: return after[e.entity];
  case Expr::Op::Let: return defined[e.entity];
  case Expr::Op::Transpose:
    if (!e.type.isMatrix())
      return emitted.at(e.args[0]);
    return mix::TransposeOp::create(builder, locate(e.range), emitted.at(e.args[0]));
  case Expr::Op::Product: return product(e);
  case Expr::Op::Fill: return fill(e);
  default: break;
  }
  if (isSquaredNorm(e))
    return sumOfSquares(locate(e.range), emitted.at(e.args[0]->args[0]));
  return emitOperation(e);
}

Value MixerImporter::input(const Expr &e) {
  if (e.lag == 0)
    return declared[e.entity];
  Value &value = lagged[{e.entity, e.lag}];
  if (!value)
    value = mix::LagOp::create(builder, locate(e.range), declared[e.entity], e.lag);
  return value;
}

Value MixerImporter::product(const Expr &e) {
  const Expr &left = *e.args[0], &right = *e.args[1];
  Value x = emitted.at(&left), y = emitted.at(&right);
  Location at = locate(e.range);
  if (left.type.isRow() && right.type.isColumn())
    return mix::DotOp::create(builder, at, x, y);
  if (left.type.isColumn())
    return mix::OuterOp::create(builder, at, x, y);
  if (left.type.isRow())
    return mix::MatmulOp::create(builder, at, mix::TransposeOp::create(builder, locate(right.range), y), x);
  return mix::MatmulOp::create(builder, at, x, y);
}

/// A matrix of one number is an outer product: so it is a write like any other.
Value MixerImporter::fill(const Expr &e) {
  Location at = locate(e.range);
  Value scalar = emitted.at(e.args[0]);
  auto vector = [&](const Dim &size, Value entry) -> Value {
    mix::Rate rate = llvm::cast<mix::TensorType>(entry.getType()).getRate();
    return mix::FillOp::create(builder, at, typeOf(Type::column(size), rate), entry);
  };
  if (!e.type.isMatrix())
    return vector(e.type.isRow() ? e.type.cols : e.type.rows, scalar);
  Value one = mix::ConstantOp::create(builder, at, 1.0);
  return mix::OuterOp::create(builder, at, vector(e.type.rows, scalar), vector(e.type.cols, one));
}

Value MixerImporter::emitOperation(const Expr &e) {
  Location at = locate(e.range);
  llvm::SmallVector<Value> args;
  for (const Expr *arg : e.args)
    args.push_back(emitted.at(arg));
  switch (e.op) {
  case Expr::Op::Number:
    return mix::ConstantOp::create(builder, at, typeOf(Type::scalar(), mix::Rate::Constant),
                                   builder.getF64FloatAttr(e.number));
  case Expr::Op::Dim: return mix::DimOp::create(builder, at, typeOf(Type::scalar(), mix::Rate::Constant), e.dim.str());
  case Expr::Op::Identity: return mix::IdentityOp::create(builder, at, typeOf(e.type, mix::Rate::Constant));
  case Expr::Op::Unary: return unary(at, e.unary, args[0]);
  case Expr::Op::Binary: return binary(at, e.binary, args[0], args[1]);
  case Expr::Op::Select: return mix::SelectOp::create(builder, at, args[0], args[1], args[2]);
  case Expr::Op::Sum: {
    Value total = args[0];
    for (Value term : llvm::drop_begin(args))
      total = binary(at, mix::BinaryKind::Add, total, term);
    return total;
  }
  case Expr::Op::Diag: return mix::DiagOp::create(builder, at, args[0]);
  case Expr::Op::Reduce: return reduce(at, e.reduce, args[0]);
  case Expr::Op::Concat: return mix::ConcatOp::create(builder, at, args);
  case Expr::Op::Slice: {
    auto rate = llvm::cast<mix::TensorType>(args[0].getType()).getRate();
    return mix::SliceOp::create(builder, at, typeOf(e.type, rate), args[0], builder.getStringAttr(e.dim.str()));
  }
  case Expr::Op::Roll: return mix::RollOp::create(builder, at, args[0], e.shift);
  case Expr::Op::Kron: return mix::KronOp::create(builder, at, args[0], args[1]);
  case Expr::Op::Norm: return unary(at, mix::UnaryKind::Sqrt, sumOfSquares(at, args[0]));
  case Expr::Op::Reshape:
    return mix::ReshapeOp::create(builder, at, typeOf(e.type, llvm::cast<mix::TensorType>(args[0].getType()).getRate()),
                                  args[0]);
  default: llvm_unreachable("sema has refused it, or emit has done it");
  }
}

} // namespace mixc
