// The last tokens of an input, for the next call, and the cotangent of what a call before this one had left.
//
//     history       to[i] = token end - n + i: of the sequence, or of the history before it
//     history_grad  the gradient of that token += cotangent[i]
#include "lowering/cpu/Emitters.h"
#include "lowering/cpu/TensorAccess.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;

/// Entry by entry: the last tokens before `end`; body(row and entry of the history, token, is it in the sequence).
static void forEachLast(const TensorAccess &in, int64_t count, int64_t rowSize, Value end,
                        function_ref<void(Value, Value, Value, Value)> body) {
  in.loop(0, count, 1, [&](Value i) {
    Value token = in.add(in.add(end, -count), i);
    Value inSequence = arith::CmpIOp::create(in.b, in.loc, arith::CmpIPredicate::sge, token, in.index(0));
    in.loop(0, rowSize, 1, [&](Value entry) { body(i, entry, token, inSequence); });
  });
}

// In ascending order, and a row's source never lies before it: so the history may be replaced where it lies.
static void writeHistory(const TensorAccess &in, tile::HistoryOp op) {
  OpBuilder &b = in.b;
  const Location loc = in.loc;
  tile::ViewType view = op.getTokens().getType(), past = op.getPast().getType(), to = op.getTo().getType();
  const int64_t rowSize = ShapedType::getNumElements(view.getShape()), count = past.getShape().front();
  const bool isKept = to.getPer() == tile::Per::Token;
  const Tensor tokens = in.tiles.tensor(op.getTokens()), history = in.tiles.tensor(op.getPast()),
               target = in.tiles.tensor(op.getTo());
  Value end = isKept ? in.add(in.scope.firstRow, 1) : in.scope.length;
  in.unless(in.isAbsent(target.pointer), [&] {
    Value start = isKept ? arith::MulIOp::create(b, loc, in.scope.firstRow, target.rowStride).getResult() : in.index(0);
    Type f32 = b.getF32Type();
    forEachLast(in, count, rowSize, end, [&](Value i, Value entry, Value token, Value inSequence) {
      auto present = [&]() -> Value {
        Value at = in.add(arith::MulIOp::create(b, loc, token, tokens.rowStride), entry);
        return in.extended(memref::LoadOp::create(b, loc, tokens.memory, at), view, f32);
      };
      auto before = [&]() -> Value {
        Value at = in.add(in.mul(in.add(token, count), rowSize), entry);
        return in.extended(memref::LoadOp::create(b, loc, history.memory, at), past, f32);
      };
      auto absent = [&] { return in.number(0, f32); };
      Value numbers = in.choose(inSequence, f32, present,
                                [&] { return in.choose(in.isAbsent(history.pointer), f32, absent, before); });
      memref::StoreOp::create(b, loc, in.rounded(numbers, to), target.memory,
                              in.add(start, in.add(in.mul(i, rowSize), entry)));
    });
  });
}

void mixc::cpu::emitHistory(const Scope &scope, Tiles &tiles, tile::HistoryOp op) {
  TensorAccess(Access(scope, tiles, op.getLoc())).forEachSequence(op, [&](const Scope &sequence, Tiles &own) {
    TensorAccess in(Access(sequence, own, op.getLoc()));
    if (op.getTo().getType().getPer() != tile::Per::Token || sequence.rows.areAll())
      return writeHistory(in, op);
    in.when(in.rowIsValid(in.index(0)), [&] { writeHistory(in, op); });
  });
}

void mixc::cpu::emitHistoryGrad(const Scope &scope, Tiles &tiles, tile::HistoryGradOp op) {
  TensorAccess in(Access(scope, tiles, op.getLoc()));
  tile::ViewType from = op.getCotangent().getType(), past = op.getPast().getType();
  const int64_t rowSize = ShapedType::getNumElements(op.getTokens().getType().getShape());
  const int64_t count = past.getShape().front();
  const Tensor cotangent = tiles.tensor(op.getCotangent()), tokens = tiles.tensor(op.getTokens()),
               history = tiles.tensor(op.getPast());
  in.unless(in.isAbsent(cotangent.pointer), [&] {
    forEachLast(in, count, rowSize, scope.length, [&](Value i, Value entry, Value token, Value inSequence) {
      Value bar = memref::LoadOp::create(in.b, in.loc, cotangent.memory, in.add(in.mul(i, rowSize), entry));
      bar = in.extended(bar, from, in.b.getF32Type());
      auto toTokens = [&] {
        Value at = in.add(arith::MulIOp::create(in.b, in.loc, token, tokens.rowStride), entry);
        in.addTo(bar, {}, op.getTokens(), at);
      };
      auto toHistory = [&] { in.addTo(bar, {}, op.getPast(), in.add(in.mul(in.add(token, count), rowSize), entry)); };
      in.when(
          inSequence, [&] { in.unless(in.isAbsent(tokens.pointer), toTokens); },
          [&] { in.unless(in.isAbsent(history.pointer), toHistory); });
    });
  });
}
