// States at the start and the end of a call, and memory of the kernel's own.
//
//     init   tile = the caller's tensor; without one a param, the identity matrix or a number
//     final  the caller's tensor, if there is one = tile
#include "lowering/cpu/Emitters.h"
#include "lowering/cpu/TensorAccess.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

/// What a state starts from where the caller has no tensor of it.
static Value declaredStart(const TensorAccess &in, tile::InitOp op, const Point &point) {
  auto type = cast<TileType>(op.getResult().getType());
  const Type element = type.getElementType();
  if (Value param = op.getFallback()) {
    auto view = cast<tile::ViewType>(param.getType());
    Value entry =
        memref::LoadOp::create(in.b, in.loc, in.tiles.tensor(param).memory, in.offset(view, param, type, {}, point));
    return in.extended(entry, view, element);
  }
  if (!op.getIdentity())
    return in.number(op.getStart().convertToDouble(), element);
  SmallVector<Axis> axes = tile::withoutSequences(type.getAxes());
  Value row = in.position(point, axes[0].str()), column = in.position(point, axes[1].str());
  Value same = arith::CmpIOp::create(in.b, in.loc, arith::CmpIPredicate::eq, row, column);
  return arith::SelectOp::create(in.b, in.loc, same, in.number(1, element), in.number(0, element));
}

static Value passedStart(const TensorAccess &in, tile::InitOp op, const Point &point) {
  auto type = cast<TileType>(op.getResult().getType());
  tile::ViewType view = op.getTensor().getType();
  Value entry = memref::LoadOp::create(in.b, in.loc, in.tiles.tensor(op.getTensor()).memory,
                                       in.offset(view, op.getTensor(), type, {}, point));
  return in.extended(entry, view, type.getElementType());
}

void mixc::cpu::emitInit(const Scope &scope, Tiles &tiles, tile::InitOp op) {
  TensorAccess memory(Access(scope, tiles, op.getLoc()));
  if (planOf(op).isIn(tile::Memory::Caller))
    return memory.defineExternal(op.getResult(), op.getTensor());
  auto fill = [&](const TensorAccess &in,
                  function_ref<Value(const TensorAccess &, tile::InitOp, const Point &)> start) {
    in.forEachEntry(cast<TileType>(op.getResult().getType()).getAxes(),
                    [&](const Point &point) { in.putEntry(op.getResult(), point, start(in, op, point)); });
  };
  // A block that is not full lacks sequences, and so their states in place, too.
  if (!scope.hasBlock() && tile::roleOf(op.getTensor()) == tile::Role::State)
    return fill(memory, passedStart);
  memory.forEachSequence(op, [&](const Scope &sequence, Tiles &own) {
    TensorAccess in(Access(sequence, own, op.getLoc()));
    in.when(
        in.isAbsent(own.tensor(op.getTensor()).pointer), [&] { fill(in, declaredStart); },
        [&] { fill(in, passedStart); });
  });
}

/// Is the end of a state where it started, in the caller's memory?
static bool isInPlace(tile::FinalOp op) {
  auto chunks = op.getValue().getDefiningOp<tile::ChunksOp>();
  if (!chunks)
    return false;
  Operation *start = chunks.getInits()[cast<OpResult>(op.getValue()).getResultNumber()].getDefiningOp();
  tile::PlanAttr plan = start ? planOf(start) : tile::PlanAttr();
  return plan && plan.isIn(tile::Memory::Caller) && start->getOperand(0) == op.getTensor();
}

void mixc::cpu::emitFinal(const Scope &scope, Tiles &tiles, tile::FinalOp op) {
  if (isInPlace(op))
    return;
  auto type = cast<TileType>(op.getValue().getType());
  tile::ViewType view = op.getTensor().getType();
  TensorAccess(Access(scope, tiles, op.getLoc())).forEachSequence(op, [&](const Scope &sequence, Tiles &own) {
    TensorAccess in(Access(sequence, own, op.getLoc()));
    const Tensor tensor = own.tensor(op.getTensor());
    in.unless(in.isAbsent(tensor.pointer), [&] {
      in.forEachEntry(type.getAxes(), [&](const Point &point) {
        memref::StoreOp::create(in.b, in.loc, in.rounded(in.fetchEntry(op.getValue(), point), view), tensor.memory,
                                in.offset(view, op.getTensor(), type, {}, point));
      });
    });
  });
}

// Of float32.
void mixc::cpu::emitBuffer(const Scope &scope, Tiles &tiles, tile::BufferOp op) {
  Code code(scope.frame->b, op.getLoc());
  int64_t offset = planOf(op).getPlace().getNumber();
  int64_t size = ShapedType::getNumElements(op.getResult().getType().getShape());
  auto type = MemRefType::get({size * static_cast<int64_t>(op.getSlots())}, code.b.getF32Type());
  Value memory = memref::ViewOp::create(code.b, code.loc, type, scope.frame->scratch, code.index(offset), ValueRange());
  tiles.set(op.getResult(), Tensor{{}, memory, code.index(size)});
}
