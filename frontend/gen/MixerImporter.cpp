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

/// What sema accepts and the dialect does not hold yet.
bool MixerImporter::refuseUnsupported() {
  size_t before = diagnostics.errorCount();
  auto refuse = [&](Range range, std::string construct) -> Diagnostic & {
    return diagnostics.add(Code::NotBuiltYet, range, std::move(construct));
  };
  std::set<std::string> families;
  for (const Declaration &declaration : mixer.declarations) {
    if (!declaration.family.empty() && families.insert(declaration.family).second)
      refuse(declaration.range, fmt::format("the family `{}` of {}s", declaration.family, spelling(declaration.role)))
          .help("declare its members one by one, under names of their own");
    if (declaration.start.kind == Start::Kind::Param)
      refuse(declaration.start.range, "a state that starts at a param")
          .help("pass the start as the state's initial value");
  }
  for (const Expr &e : mixer.expressions) {
    if (e.op == Expr::Op::Input && e.lag > 0)
      refuse(e.range, fmt::format("the input `{}` of an earlier token", mixer.declarations[e.entity].name))
          .help("keep it in a state");
    if (e.op == Expr::Op::StateEnd)
      refuse(e.range, fmt::format("`{}[end]`", mixer.declarations[e.entity].name));
  }
  return diagnostics.errorCount() != before;
}

void MixerImporter::run() {
  if (refuseUnsupported())
    return;
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

  declared.resize(mixer.declarations.size());
  after.resize(mixer.declarations.size());
  defined.resize(mixer.definitions.size());
  for (size_t i = 0; i < mixer.declarations.size(); ++i)
    declare(mixer.declarations[i], declared[i]);
  for (size_t i = 0; i < mixer.definitions.size(); ++i)
    define(mixer.definitions[i], defined[i]);
}

void MixerImporter::declare(const Declaration &declaration, Value &value) {
  Location at = locate(declaration.range);
  mlir::StringAttr name = builder.getStringAttr(declaration.name);
  mlir::FloatAttr low, high;
  if (declaration.interval) {
    low = builder.getF64FloatAttr(declaration.interval->first);
    high = builder.getF64FloatAttr(declaration.interval->second);
  }
  mix::Rate token = declaration.perGroup ? mix::Rate::Group : mix::Rate::Head;
  mlir::UnitAttr yes = builder.getUnitAttr();
  switch (declaration.role) {
  case ast::Role::Input:
    value = mix::InputOp::create(builder, at, typeOf(declaration.type, token), name, low, high);
    break;
  case ast::Role::Param:
    value = mix::ParamOp::create(builder, at, typeOf(declaration.type, mix::Rate::Param), name, low, high,
                                 declaration.perGroup ? yes : mlir::UnitAttr());
    break;
  case ast::Role::State: {
    const Start &start = declaration.start;
    mlir::FloatAttr number = start.number != 0 ? builder.getF64FloatAttr(start.number) : mlir::FloatAttr();
    value = mix::StateOp::create(builder, at, typeOf(declaration.type, token), name, number,
                                 start.kind == Start::Kind::Identity ? yes : mlir::UnitAttr());
    break;
  }
  case ast::Role::Output:
    break;
  }
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
    // A param per group has the rate of a head's in the dialect, which no state of a group may take.
    if (mixer.declarations[definition.declaration].perGroup &&
        llvm::cast<mix::TensorType>(value.getType()).getRate() == mix::Rate::Head)
      diagnostics
          .add(Code::NotBuiltYet, definition.range,
               fmt::format("the state `{}`, which is per group and uses a param per group", definition.name))
          .help("declare the state without `per group`");
    mix::NextOp::create(builder, at, mixer.declarations[definition.declaration].name, value);
    break;
  case Definition::Kind::Output:
    mix::OutputOp::create(builder, at, mixer.declarations[definition.declaration].name, value);
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
  case Expr::Op::Input:
  case Expr::Op::Param:
  case Expr::Op::StateBefore:
    return declared[e.entity];
  case Expr::Op::StateAfter:
    return after[e.entity];
  case Expr::Op::Let:
    return defined[e.entity];
  case Expr::Op::Transpose:
    if (!e.type.isMatrix())
      return emitted.at(e.args[0]);
    return mix::TransposeOp::create(builder, locate(e.range), emitted.at(e.args[0]));
  case Expr::Op::Product:
    return product(e);
  case Expr::Op::Fill:
    return fill(e);
  default:
    break;
  }
  if (isSquaredNorm(e))
    return sumOfSquares(locate(e.range), emitted.at(e.args[0]->args[0]));
  return emitOperation(e);
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
  case Expr::Op::Dim:
    return mix::DimOp::create(builder, at, typeOf(Type::scalar(), mix::Rate::Constant), e.dim.str());
  case Expr::Op::Identity:
    return mix::IdentityOp::create(builder, at, typeOf(e.type, mix::Rate::Constant));
  case Expr::Op::Unary:
    return unary(at, e.unary, args[0]);
  case Expr::Op::Binary:
    return binary(at, e.binary, args[0], args[1]);
  case Expr::Op::Sum: {
    Value total = args[0];
    for (Value term : llvm::drop_begin(args))
      total = binary(at, mix::BinaryKind::Add, total, term);
    return total;
  }
  case Expr::Op::Diag:
    return mix::DiagOp::create(builder, at, args[0]);
  case Expr::Op::Reduce:
    return reduce(at, e.reduce, args[0]);
  case Expr::Op::Concat:
    return mix::ConcatOp::create(builder, at, args);
  case Expr::Op::Slice: {
    auto rate = llvm::cast<mix::TensorType>(args[0].getType()).getRate();
    return mix::SliceOp::create(builder, at, typeOf(e.type, rate), args[0], builder.getStringAttr(e.dim.str()));
  }
  case Expr::Op::Roll:
    return mix::RollOp::create(builder, at, args[0], e.shift);
  case Expr::Op::Kron:
    return mix::KronOp::create(builder, at, args[0], args[1]);
  case Expr::Op::Norm:
    return unary(at, mix::UnaryKind::Sqrt, sumOfSquares(at, args[0]));
  case Expr::Op::Reshape:
    return mix::ReshapeOp::create(
        builder, at, typeOf(e.type, llvm::cast<mix::TensorType>(args[0].getType()).getRate()), args[0]);
  default:
    llvm_unreachable("sema has refused it, or emit has done it");
  }
}

} // namespace mixc
