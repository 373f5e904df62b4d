// The function of a kernel: its tensors, the chunk loop, the panel loops.
#include "lowering/cpu/KernelEmitter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

/// A flat memref over a bare pointer: its extent is unknown to the type and not used.
static Value memoryAt(OpBuilder &b, Location loc, Value pointer, Type element) {
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

/// The tensor's pointer and memory, of a sequence of the block.
void KernelEmitter::readTensor(Value tensor, Value sequence) {
  Value root = tile::rootOf(tensor);
  auto ptr = LLVM::LLVMPointerType::get(b.getContext());
  const int64_t first = cast<BlockArgument>(root).getArgNumber() * sequences;
  Value at = arith::IndexCastOp::create(b, loc, b.getI64Type(), add(sequence, first));
  Value address = LLVM::GEPOp::create(b, loc, ptr, ptr, tensorArray, ArrayRef<LLVM::GEPArg>{at});
  pointers[tensor] = LLVM::LoadOp::create(b, loc, ptr, address);
  Type stored = cast<tile::ViewType>(tensor.getType()).getElementType();
  buffers[tensor] = memoryAt(b, loc, pointers[tensor], stored.isF32() ? stored : b.getI16Type()); // see EmitMemory.cpp
}

Value KernelEmitter::lengthOf(Value sequence) {
  Value tokens = memref::LoadOp::create(b, loc, lengths, sequence);
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), tokens);
}

/// The number of tokens, or the numbers of a block of sequences.
void KernelEmitter::readLengths(Value argument) {
  if (sequences == 1) {
    length = arith::IndexCastOp::create(b, loc, b.getIndexType(), argument);
    return;
  }
  lengths = memoryAt(b, loc, argument, b.getI64Type());
  length = loop(0, sequences, 1, {index(0)}, [&](Value s, ValueRange longest) -> SmallVector<Value> {
    return {arith::MaxUIOp::create(b, loc, longest[0], lengthOf(s))};
  })[0];
}

FailureOr<func::FuncOp> KernelEmitter::emit() {
  auto ptr = LLVM::LLVMPointerType::get(b.getContext());
  sequences = static_cast<int64_t>(kernel.getSequences());
  auto type = b.getFunctionType({ptr, ptr, sequences > 1 ? Type(ptr) : b.getI64Type(), ptr}, {});
  auto function = func::FuncOp::create(b, loc, (kernel.getSymName() + "_kernel").str(), type);
  function->setAttr(tile::functionAttrName, signature());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(function.addEntryBlock());
  Value strideArray = function.getArgument(1);
  tensorArray = function.getArgument(0);
  readLengths(function.getArgument(2));
  scratch =
      memref::ReinterpretCastOp::create(b, loc, MemRefType::get({std::max<int64_t>(plan.scratch, 1)}, b.getI8Type()),
                                        memoryAt(b, loc, function.getArgument(3), b.getI8Type()), int64_t(0),
                                        ArrayRef<int64_t>{std::max<int64_t>(plan.scratch, 1)}, ArrayRef<int64_t>{1});

  Block &body = kernel.getBody().front();
  for (BlockArgument tensor : body.getArguments()) {
    readTensor(tensor, index(0));
    Value at = LLVM::GEPOp::create(b, loc, ptr, b.getI64Type(), strideArray,
                                   ArrayRef<LLVM::GEPArg>{int32_t(tensor.getArgNumber())});
    Value stride = LLVM::LoadOp::create(b, loc, b.getI64Type(), at);
    rowStrides[tensor] = arith::IndexCastOp::create(b, loc, b.getIndexType(), stride);
  }
  tokens = length;

  // Padding is zero, always: entries never touch it, vectors clear it.
  kernel.walk([&](Operation *op) {
    if (tile::PlanAttr attr = planOf(op))
      for (auto [result, place] : llvm::zip(op->getResults(), attr.getPlaces()))
        if (auto type = dyn_cast<TileType>(result.getType()))
          clearBuffer(type, place);
  });

  if (failed(emitStraight(body)))
    return failure();
  func::ReturnOp::create(b, loc);
  return function;
}

tile::FunctionAttr KernelEmitter::signature() {
  auto arguments = llvm::to_vector(kernel.getArguments().getAsRange<tile::ArgumentAttr>());
  auto types =
      llvm::map_to_vector(kernel.getBody().getArgumentTypes(), [](Type type) { return cast<tile::ViewType>(type); });
  return tile::FunctionAttr::get(b.getContext(), kernel.getMixerAttr(), kernel.getEntry(), arguments, types, sequences,
                                 plan.scratch);
}

/// Ops outside the innermost loops, one after the other.
LogicalResult KernelEmitter::emitStraight(Block &block) {
  for (Operation &op : block) {
    LogicalResult done = success();
    if (op.hasTrait<OpTrait::IsTerminator>())
      continue;
    if (auto chunks = dyn_cast<tile::ChunksOp>(op))
      done = emitChunks(chunks);
    else if (isPanelOp(&op))
      done = emitPanels({&op});
    else
      done = emitOp(&op);
    if (failed(done))
      return failure();
  }
  return success();
}

/// Zeroes in a buffer of the scratch memory that has padding.
void KernelEmitter::clearBuffer(TileType type, tile::PlaceAttr attr) {
  if (!attr.isIn(tile::Memory::Scratch))
    return;
  Place to = placeOf(type, attr, nullptr);
  if (!to.layout.padded(plan))
    return;
  SmallVector<int64_t> shape = to.layout.shape(plan);
  std::function<void(unsigned, SmallVector<Value>)> clear = [&](unsigned axis, SmallVector<Value> at) {
    int64_t n = axis + 1 == shape.size() ? to.layout.lanes(plan) : 1;
    loop(0, shape[axis], n, [&](Value i) {
      SmallVector<Value> next = at;
      next.push_back(i);
      if (axis + 1 == shape.size())
        vector::StoreOp::create(b, loc, number(0, vector(n, to.layout.elementType)), to.buffer, next);
      else
        clear(axis + 1, next);
    });
  };
  clear(0, {});
}

bool KernelEmitter::isPanelOp(Operation *op) const {
  tile::PlanAttr attr = planOf(op);
  if (attr && attr.isIn(tile::Memory::Caller))
    return false;
  if (isa<tile::FinalOp, tile::InitOp>(op)) {
    Value tile = isa<tile::InitOp>(op) ? op->getResult(0) : op->getOperand(0);
    return !plan.panel.empty() && cast<TileType>(tile.getType()).has(plan.panel);
  }
  return attr && attr.getStage() % 2;
}

/// One loop over panels around ops of the same odd stage. Sums over the panel axis start before it.
LogicalResult KernelEmitter::emitPanels(ArrayRef<Operation *> ops) {
  auto overPanels = [&](Operation *op) {
    auto over = op->getAttrOfType<ArrayAttr>("over");
    return over && llvm::any_of(over, [&](Attribute name) { return cast<StringAttr>(name).getValue() == plan.panel; });
  };
  for (Operation *op : ops)
    if (overPanels(op)) {
      auto reduce = dyn_cast<tile::ReduceOp>(op);
      definePlace(op->getResult(0));
      const Layout layout = place(op->getResult(0)).layout;
      forEachEntry(layout.axes, [&](const Point &point) {
        Value start = number(reduce ? identityOf(reduce.getKind()) : 0, layout.elementType);
        auto contract = dyn_cast<tile::ContractOp>(op);
        if (contract && contract.getAcc())
          start = sumOf(accumulatorStart(contract, point, "", 1));
        putEntry(op->getResult(0), point, start);
      });
    }
  // Buffers are named before the loop: later stages use them too.
  for (Operation *op : ops)
    if (auto steps = dyn_cast<tile::StepsOp>(op))
      defineSteps(steps);
    else if (op->getNumResults() == 1 && !isa<tile::InitOp>(op) && !places.count(op->getResult(0)))
      definePlace(op->getResult(0));
  if (auto init = dyn_cast<tile::InitOp>(ops.front()))
    definePlace(init.getResult());
  LogicalResult done = success();
  Value outer = panelIndex;
  loop(0, plan.panels(), 1, [&](Value panel) {
    panelIndex = panel;
    for (Operation *op : ops)
      if (failed(emitOp(op)))
        done = failure();
  });
  panelIndex = outer;
  return done;
}

LogicalResult KernelEmitter::emitChunks(tile::ChunksOp chunks) {
  Block &body = chunks.getBody().front();
  for (auto [init, argument, result] : llvm::zip(chunks.getInits(), body.getArguments(), chunks.getResults())) {
    setPlace(argument, place(init));
    setPlace(result, place(init));
  }
  bool isInner = isa<tile::ChunksOp>(chunks->getParentOp()), isOuter = !body.getOps<tile::ChunksOp>().empty();
  Value start = isInner ? firstRow : index(0), count = tokens;
  auto around = std::tuple(firstRow, tokens, chunk, isReversed);
  chunk = chunks.getSize();
  isReversed = chunks.getReverse();
  LogicalResult done = isOuter ? emitLoops(chunks, start, count) : emitChunks(chunks, start, count);
  std::tie(firstRow, tokens, chunk, isReversed) = around;
  return done;
}

LogicalResult KernelEmitter::emitLoops(tile::ChunksOp chunks, Value start, Value count) {
  Value whole = arith::CeilDivUIOp::create(b, loc, count, index(chunk));
  if (chunks.getLeaveLast())
    whole = add(whole, -1);
  auto loop = scf::ForOp::create(b, loc, index(0), whole, index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value first = mul(chunkOf(chunks, whole, loop.getInductionVar()), chunk);
  firstRow = add(start, first);
  tokens = arith::MinUIOp::create(b, loc, arith::SubIOp::create(b, loc, count, first), index(chunk));
  if (failed(emitStraight(chunks.getBody().front())))
    return failure();
  yieldCarried(chunks);
  return success();
}

LogicalResult KernelEmitter::emitChunks(tile::ChunksOp chunks, Value start, Value count) {
  auto emitUpTo = [&](Value end, bool isRagged) {
    auto loop = scf::ForOp::create(b, loc, index(0), end, index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value first = mul(chunkOf(chunks, end, loop.getInductionVar()), chunk);
    firstRow = add(start, first);
    if (isRagged)
      validRows = arith::MinUIOp::create(b, loc, arith::SubIOp::create(b, loc, count, first), index(chunk));
    LogicalResult done = emitBody(chunks);
    validRows = {};
    return done;
  };
  if (sequences > 1) {
    Value shortest = loop(0, sequences, 1, {count}, [&](Value s, ValueRange least) -> SmallVector<Value> {
      return {arith::MinUIOp::create(b, loc, least[0], lengthOf(s))};
    })[0];
    Value full = arith::DivUIOp::create(b, loc, shortest, index(chunk));
    return failed(emitUpTo(full, /*isRagged=*/false)) ? failure() : emitRagged(chunks, mul(full, chunk));
  }
  Value all = arith::CeilDivUIOp::create(b, loc, count, index(chunk));
  if (chunks.getLeaveLast())
    return emitUpTo(add(all, -1), /*isRagged=*/false);
  return emitUpTo(all, /*isRagged=*/chunk > 1);
}

/// The chunk that comes i-th, of so many.
Value KernelEmitter::chunkOf(tile::ChunksOp chunks, Value count, Value i) {
  if (!chunks.getReverse())
    return i;
  return arith::SubIOp::create(b, loc, add(count, -1), i);
}

/// The chunks from row `full` on, where some sequence of the block has ended, until the longest does.
LogicalResult KernelEmitter::emitRagged(tile::ChunksOp chunks, Value full) {
  auto loop = scf::ForOp::create(b, loc, full, length, index(chunk));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  firstRow = loop.getInductionVar();
  validRows = arith::MinUIOp::create(b, loc, arith::SubIOp::create(b, loc, length, firstRow), index(chunk));
  LogicalResult done = emitBody(chunks);
  validRows = {};
  return done;
}

LogicalResult KernelEmitter::emitBody(tile::ChunksOp chunks) {
  Block &body = chunks.getBody().front();
  for (Operation &op : body.without_terminator())
    for (Value result : op.getResults())
      places.erase(result);
  auto stageOf = [](Operation *op) { return planOf(op).getStage(); };
  SmallVector<Operation *> panelOps;
  for (Operation &op : body.without_terminator()) {
    if (!panelOps.empty() && stageOf(panelOps.front()) != stageOf(&op)) {
      if (failed(emitPanels(panelOps)))
        return failure();
      panelOps.clear();
    }
    if (isPanelOp(&op))
      panelOps.push_back(&op);
    else if (failed(emitOp(&op)))
      return failure();
  }
  if (!panelOps.empty() && failed(emitPanels(panelOps)))
    return failure();
  yieldCarried(chunks);
  return success();
}

/// What could not be updated in place moves into the carried tile now.
void KernelEmitter::yieldCarried(tile::ChunksOp chunks) {
  Block &body = chunks.getBody().front();
  for (auto [value, argument] : llvm::zip(body.getTerminator()->getOperands(), body.getArguments())) {
    if (value == argument || (places.count(value) && place(value).buffer == place(argument).buffer))
      continue;
    copyTile(place(argument), {}, value);
  }
}

LogicalResult KernelEmitter::emitOp(Operation *op) {
  if (tile::PlanAttr attr = planOf(op); attr && attr.getFused())
    return success();
  if (op->getNumResults() == 1 && !isa<tile::InitOp, tile::StepsOp>(op) && !places.count(op->getResult(0)))
    definePlace(op->getResult(0));
  loc = op->getLoc();
  // What works on buffers alone stands by itself, for mix-build-shared; cleanup undoes it.
  OpBuilder::InsertionGuard guard(b);
  if (isa<tile::MapOp, tile::ReduceOp, tile::ContractOp, tile::RecurOp, tile::SolveOp>(op)) {
    auto own = scf::ExecuteRegionOp::create(b, loc, TypeRange());
    b.createBlock(&own.getRegion());
    b.setInsertionPoint(scf::YieldOp::create(b, loc));
  }
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](tile::LoadOp op) { return emitLoad(op), success(); })
      .Case([&](tile::StoreOp op) { return emitStore(op), success(); })
      .Case([&](tile::InitOp op) { return emitInit(op), success(); })
      .Case([&](tile::FinalOp op) { return emitFinal(op), success(); })
      .Case([&](tile::HistoryOp op) { return emitHistory(op), success(); })
      .Case([&](tile::HistoryGradOp op) { return emitHistoryGrad(op), success(); })
      .Case([&](tile::BufferOp op) { return defineBuffer(op), success(); })
      .Case([&](tile::MapOp op) { return emitMap(op), success(); })
      .Case([&](tile::SelectOp op) { return emitSelect(op), success(); })
      .Case([&](tile::CastOp op) { return emitCast(op), success(); })
      .Case([&](tile::ReduceOp op) { return emitReduce(op), success(); })
      .Case([&](tile::RowOp op) { return emitRow(op), success(); })
      .Case([&](tile::RenameOp op) { return emitRename(op), success(); })
      .Case([&](tile::SplitOp op) { return emitSplit(op), success(); })
      .Case([&](tile::JoinOp op) { return emitJoin(op), success(); })
      .Case([&](tile::ContractOp op) { return emitContract(op); })
      .Case([&](tile::RecurOp op) { return emitRecur(op), success(); })
      .Case([&](tile::SolveOp op) { return emitSolve(op), success(); })
      .Case([&](tile::StepsOp op) { return emitSteps(op); })
      .Case<tile::ConstantOp, tile::IotaOp, tile::ValidOp, tile::PresentOp>([](auto) { return success(); })
      .Default([](Operation *op) { return op->emitError("is not lowered for the CPU"); });
}
