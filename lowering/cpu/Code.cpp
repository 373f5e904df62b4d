#include "lowering/cpu/Code.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;

Value Code::index(int64_t value) const { return arith::ConstantIndexOp::create(b, loc, value); }

Value Code::add(Value x, Value y) const {
  if (auto c = getConstantIntValue(y))
    return add(x, *c);
  if (auto c = getConstantIntValue(x))
    return add(y, *c);
  return arith::AddIOp::create(b, loc, x, y, arith::IntegerOverflowFlags::nsw);
}

Value Code::add(Value x, int64_t y) const {
  if (auto c = getConstantIntValue(x))
    return index(*c + y);
  return y == 0 ? x : arith::AddIOp::create(b, loc, x, index(y), arith::IntegerOverflowFlags::nsw).getResult();
}

Value Code::mul(Value x, int64_t y) const {
  if (auto c = getConstantIntValue(x))
    return index(*c * y);
  return y == 1 ? x : arith::MulIOp::create(b, loc, x, index(y), arith::IntegerOverflowFlags::nsw).getResult();
}

Value Code::number(double value, Type type) const {
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(vector, b.getFloatAttr(vector.getElementType(), value).getValue()));
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

Value Code::splat(Value entry, int64_t n) const {
  return vector::BroadcastOp::create(b, loc, vector(n, entry.getType()), entry);
}

// Products and sums may fuse: one rounding less.
static constexpr auto contractFlag = arith::FastMathFlags::contract;

Value Code::fma(Value x, Value y, Value z) const {
  if (isa<VectorType>(x.getType()))
    return vector::FMAOp::create(b, loc, x, y, z);
  return math::FmaOp::create(b, loc, x, y, z);
}
Value Code::plus(Value x, Value y) const { return arith::AddFOp::create(b, loc, x, y, contractFlag); }
Value Code::times(Value x, Value y) const { return arith::MulFOp::create(b, loc, x, y, contractFlag); }

// Selects that hand on what is no number, each one minimum or maximum of the machine.
Value Code::bounded(Value x, APFloat most) const {
  if (most.isZero())
    return x;
  for (double bound : {most.convertToDouble(), -most.convertToDouble()}) {
    Value limit = number(bound, x.getType());
    auto beyond = bound > 0 ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT;
    x = arith::SelectOp::create(b, loc, arith::CmpFOp::create(b, loc, beyond, x, limit), limit, x);
  }
  return x;
}

Value Code::sumOf(Value vector, tile::ReduceKind kind) const {
  if (cast<VectorType>(vector.getType()).getNumElements() == 1)
    return vector::ExtractOp::create(b, loc, vector, ArrayRef<int64_t>{0});
  if (kind == tile::ReduceKind::Max)
    return vector::ReductionOp::create(b, loc, vector::CombiningKind::MAXNUMF, vector);
  auto combining = kind == tile::ReduceKind::Mul ? vector::CombiningKind::MUL : vector::CombiningKind::ADD;
  return vector::ReductionOp::create(b, loc, combining, vector, arith::FastMathFlags::reassoc);
}

Value Code::memoryAt(Value pointer, Type element) const {
  MLIRContext *context = b.getContext();
  auto ptr = LLVM::LLVMPointerType::get(context);
  auto i64 = b.getI64Type();
  auto array = LLVM::LLVMArrayType::get(i64, 1);
  auto type = LLVM::LLVMStructType::getLiteral(context, {ptr, ptr, i64, array, array});
  auto constant = [&](int64_t value) { return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(value)); };
  Value descriptor = LLVM::UndefOp::create(b, loc, type);
  auto set = [&](Value value, ArrayRef<int64_t> position) {
    descriptor = LLVM::InsertValueOp::create(b, loc, descriptor, value, position);
  };
  set(pointer, {0});
  set(pointer, {1});
  set(constant(0), {2});
  set(constant(std::numeric_limits<int64_t>::max()), {3, 0});
  set(constant(1), {4, 0});
  auto memory = MemRefType::get({ShapedType::kDynamic}, element);
  return UnrealizedConversionCastOp::create(b, loc, memory, descriptor).getResult(0);
}

Value Code::indexIn(Value memory, Value at) const {
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), memref::LoadOp::create(b, loc, memory, at));
}

Value Code::isAbsent(Value pointer) const {
  Value null = LLVM::ZeroOp::create(b, loc, pointer.getType());
  return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, pointer, null);
}

Value Code::choose(Value condition, Type type, function_ref<Value()> then, function_ref<Value()> otherwise) const {
  auto branch = scf::IfOp::create(b, loc, TypeRange{type}, condition, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, loc, then());
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, loc, otherwise());
  return branch.getResult(0);
}

void Code::when(Value condition, function_ref<void()> then) const {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
}

void Code::when(Value condition, function_ref<void()> then, function_ref<void()> otherwise) const {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
  b.setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

void Code::unless(Value condition, function_ref<void()> otherwise) const {
  when(condition, [] {}, otherwise);
}

/// The body of a loop that carries values; one that carries none is made with its yield.
static Code::Values fill(OpBuilder &b, scf::ForOp op, Code::Body body) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  Code::Values next = body(op.getInductionVar(), op.getRegionIterArgs());
  if (!next.empty())
    scf::YieldOp::create(b, op.getLoc(), next);
  return op.getResults();
}

void Code::loop(int64_t from, int64_t to, int64_t step, function_ref<void(Value)> body) const {
  if (from >= to)
    return;
  if (from + step >= to)
    return body(index(from));
  auto op = scf::ForOp::create(b, loc, index(from), index(to), index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

Code::Values Code::loop(int64_t from, int64_t to, int64_t step, ValueRange start, Body body) const {
  if (from >= to)
    return start;
  if (from + step >= to)
    return body(index(from), start);
  return fill(b, scf::ForOp::create(b, loc, index(from), index(to), index(step), start), body);
}

Code::Values Code::loop(Value from, Value to, ValueRange start, Body body) const {
  if (auto first = getConstantIntValue(from), end = getConstantIntValue(to); first && end)
    return loop(*first, *end, 1, start, body);
  return fill(b, scf::ForOp::create(b, loc, from, to, index(1), start), body);
}

void Code::loop(Value from, Value to, int64_t step, function_ref<void(Value)> body) const {
  auto op = scf::ForOp::create(b, loc, from, to, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

void Code::blocks(int64_t height, int64_t block, function_ref<void(Value, int64_t)> body) const {
  const int64_t whole = height / block * block;
  loop(0, whole, block, [&](Value first) { body(first, block); });
  if (whole < height)
    body(index(whole), height - whole);
}
