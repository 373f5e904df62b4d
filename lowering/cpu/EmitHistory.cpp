// Tokens of the past. Row t of a load with lag n is token t - n: of the sequence, or, before its first token, one of
// the history's last rows (0 where there is no history). Only the first chunks can reach that far back, so the others
// have a path of their own without the question.
#include "lowering/cpu/KernelEmitter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

Value KernelEmitter::isAbsent(Value pointer) {
  Value null = LLVM::ZeroOp::create(b, loc, pointer.getType());
  return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, pointer, null);
}

Value KernelEmitter::choose(Value condition, Type type, function_ref<Value()> then, function_ref<Value()> otherwise) {
  auto branch = scf::IfOp::create(b, loc, TypeRange{type}, condition, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, loc, then());
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, loc, otherwise());
  return branch.getResult(0);
}

void KernelEmitter::emitLaggedLoad(tile::LoadOp op, bool contiguous) {
  auto type = cast<TileType>(op.getResult().getType());
  tile::ViewType view = op.getTensor().getType(), pastView = op.getHistory().getType();
  const Layout layout = place(op.getResult()).layout;
  const auto dims = tile::ViewType::get(b.getContext(), tile::Per::Head, view.getShape(), view.getElementType());
  const int64_t rowSize = ShapedType::getNumElements(view.getShape());

  auto rows = [&](bool reachesBack) {
    auto each = [&](const Point &point, int64_t n) {
      Value row = add(firstRow, point.at("time"));
      if (validRows)
        row = arith::MinUIOp::create(b, loc, row, add(length, -1));
      row = add(row, -static_cast<int64_t>(op.getLag()));
      Type result = n ? Type(vector(n, layout.elementType)) : layout.elementType;
      auto present = [&] {
        return readNumbers(op.getTensor(), tensorOffset(view, op.getTensor(), type, row, point), layout, point, n);
      };
      auto past = [&] {
        auto fromHistory = [&] {
          Value at = mul(add(row, pastView.getShape().front()), rowSize);
          return readNumbers(op.getHistory(), add(at, tensorOffset(dims, op.getTensor(), type, {}, point)), layout,
                             point, n);
        };
        return choose(isAbsent(pointers[op.getHistory()]), result, [&] { return number(0, result); }, fromHistory);
      };
      Value numbers;
      if (reachesBack) {
        Value inSequence = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, row, index(0));
        numbers = choose(inSequence, result, present, past);
      } else {
        numbers = present();
      }
      if (n)
        put(op.getResult(), point, numbers);
      else
        putEntry(op.getResult(), point, numbers);
    };
    if (contiguous)
      forEachVector(layout, each);
    else
      forEachEntry(layout.axes, [&](const Point &point) { each(point, 0); });
  };
  Value lag = index(op.getLag());
  Value first = firstRow;
  if (sequence && validRows) // a short sequence repeats an early token
    first = arith::MinUIOp::create(b, loc, first, add(length, -1));
  Value isInside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, first, lag);
  auto branch = scf::IfOp::create(b, loc, isInside, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  rows(/*reachesBack=*/false);
  b.setInsertionPointToStart(branch.elseBlock());
  rows(/*reachesBack=*/true);
}

// In ascending order, and a row's source never lies before it: so the history may be replaced where it lies.
void KernelEmitter::emitHistory(tile::HistoryOp op) {
  forEachSequence(op, [&] {
    if (op.getTo().getType().getPer() != tile::Per::Token || !validRows)
      return writeHistory(op);
    auto valid = scf::IfOp::create(b, loc, rowIsValid(index(0)), /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(valid.thenBlock());
    writeHistory(op);
  });
}

void KernelEmitter::writeHistory(tile::HistoryOp op) {
  tile::ViewType view = op.getTokens().getType(), past = op.getPast().getType(), to = op.getTo().getType();
  const int64_t rowSize = ShapedType::getNumElements(view.getShape()), count = past.getShape().front();
  const bool isKept = to.getPer() == tile::Per::Token;
  Value end = isKept ? add(firstRow, 1) : length;

  auto wanted = scf::IfOp::create(b, loc, isAbsent(pointers[op.getTo()]), /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(wanted.elseBlock());
  Value start = isKept ? arith::MulIOp::create(b, loc, firstRow, rowStrides[op.getTo()]).getResult() : index(0);
  Type f32 = b.getF32Type();
  loop(0, count, 1, [&](Value i) {
    Value token = add(add(end, -count), i);
    Value inSequence = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, token, index(0));
    loop(0, rowSize, 1, [&](Value entry) {
      auto present = [&]() -> Value {
        Value at = add(arith::MulIOp::create(b, loc, token, rowStrides[op.getTokens()]), entry);
        return extended(memref::LoadOp::create(b, loc, buffers[op.getTokens()], at), view, f32);
      };
      auto before = [&]() -> Value {
        Value at = add(mul(add(token, count), rowSize), entry);
        return extended(memref::LoadOp::create(b, loc, buffers[op.getPast()], at), past, f32);
      };
      auto absent = [&] { return number(0, f32); };
      Value numbers = choose(inSequence, f32, present,
                             [&] { return choose(isAbsent(pointers[op.getPast()]), f32, absent, before); });
      memref::StoreOp::create(b, loc, rounded(numbers, to), buffers[op.getTo()],
                              add(start, add(mul(i, rowSize), entry)));
    });
  });
}

void KernelEmitter::emitHistoryGrad(tile::HistoryGradOp op) {
  tile::ViewType from = op.getCotangent().getType(), view = op.getTokens().getType(), past = op.getPast().getType();
  const int64_t rowSize = ShapedType::getNumElements(view.getShape()), count = past.getShape().front();
  OpBuilder::InsertionGuard guard(b);
  auto ifPresent = [&](Value tensor) {
    auto absent = scf::IfOp::create(b, loc, isAbsent(pointers[tensor]), /*withElse=*/true);
    b.setInsertionPointToStart(absent.elseBlock());
  };
  ifPresent(op.getCotangent());
  loop(0, count, 1, [&](Value i) {
    Value token = add(add(length, -count), i);
    Value inSequence = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, token, index(0));
    loop(0, rowSize, 1, [&](Value entry) {
      Value bar = memref::LoadOp::create(b, loc, buffers[op.getCotangent()], add(mul(i, rowSize), entry));
      bar = extended(bar, from, b.getF32Type());
      auto branch = scf::IfOp::create(b, loc, inSequence, /*withElse=*/true);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      ifPresent(op.getTokens());
      Value at = add(arith::MulIOp::create(b, loc, token, rowStrides[op.getTokens()]), entry);
      addNumbers(buffers[op.getTokens()], view, at, bar, {});
      b.setInsertionPointToStart(branch.elseBlock());
      ifPresent(op.getPast());
      addNumbers(buffers[op.getPast()], past, add(mul(add(token, count), rowSize), entry), bar, {});
    });
  });
}
