// Runs a tile kernel in float64 on one work item, a sequence or a block of them: memory, the loop over chunks, and pure
// ops as Array.cpp defines them.
#include "dialect/tile/Interpreter.h"
#include "dialect/tile/Array.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mixc::tile;
using llvm::Error;

namespace {

/// Which tokens the current chunk holds: valid are those of the longest sequence.
struct Chunk {
  int64_t first = 0, valid = 0, size = 0;
  int64_t row = 0; // inside tile.steps

  /// Valid rows of a sequence of this length.
  int64_t validOf(int64_t length) const { return std::clamp<int64_t>(length - first, 0, valid); }
};

class Machine {
public:
  Machine(KernelOp kernel, ArrayRef<int64_t> lengths, std::vector<Buffer> &tensors, TileMemory *memory)
      : kernel(kernel), sequences(static_cast<int64_t>(kernel.getSequences())), lengths(lengths), tensors(tensors),
        memory(memory) {}

  Error checkSizes();
  Error run(Block &block);

private:
  Error run(Operation &op);
  Error run(ChunksOp op);
  Error run(StepsOp op);
  Array load(LoadOp op, int64_t sequence);
  void copyToken(Value tokens, Value history, int64_t token, int64_t size, std::vector<double>::iterator to,
                 int64_t sequence);
  void store(StoreOp op, int64_t sequence);
  void write(HistoryOp op, int64_t sequence);
  void scatter(HistoryGradOp op, int64_t sequence);
  static int64_t slotOf(Value tensor, int64_t token, int64_t every);
  double *tokenIn(Value tokens, Value history, int64_t token, int64_t size, int64_t sequence);
  void final(FinalOp op, int64_t sequence);
  Array init(InitOp op, int64_t sequence);
  Array valid(ValidOp op);
  /// What a memory op gives for one sequence, for all of them.
  Array forEachSequence(function_ref<Array(int64_t)> one);
  Array partOf(const Array &x, int64_t sequence);

  Buffer &buffer(Value tensor, int64_t sequence) {
    if (auto own = tensor.getDefiningOp<BufferOp>())
      return buffers[own];
    auto argument = cast<BlockArgument>(tensor);
    if (auto steps = dyn_cast<StepsOp>(argument.getOwner()->getParentOp()))
      return buffer(steps.operandOf(argument), sequence);
    return tensors[argument.getArgNumber() * sequences + sequence];
  }
  const Array &value(Value x) {
    Array &known = values.find(x)->second;
    if (memory)
      memory->read(x, known.data);
    return known;
  }
  void bind(Value x, Array array) {
    Array &known = values[x] = std::move(array);
    if (memory)
      memory->write(x, known.data);
  }

  KernelOp kernel;
  int64_t sequences;
  ArrayRef<int64_t> lengths;
  std::vector<Buffer> &tensors;
  TileMemory *memory;
  Chunk chunk;
  DenseMap<Value, Array> values;
  std::map<Operation *, Buffer> buffers; // of this work item
};

} // namespace

/// Numbers of one token, or of a head.
static int64_t rowSize(ViewType type) { return ShapedType::getNumElements(type.getShape()); }

Error Machine::checkSizes() {
  Block &body = kernel.getBody().front();
  if (static_cast<int64_t>(lengths.size()) != sequences)
    return llvm::createStringError("the kernel works on %lld sequences, %zu were passed",
                                   static_cast<long long>(sequences), lengths.size());
  if (tensors.size() != body.getNumArguments() * lengths.size())
    return llvm::createStringError("the kernel has %zu tensors, %zu were passed",
                                   body.getNumArguments() * lengths.size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const size_t argument = i / lengths.size(), sequence = i % lengths.size();
    auto type = cast<ViewType>(body.getArgument(argument).getType());
    int64_t size = rowSize(type) * (type.getPer() == Per::Token ? lengths[sequence] : 1);
    const Role role = kernel.argument(argument).getRole();
    if (role == Role::Param && sequence > 0)
      continue;
    if (!tensors[i].present && !isOptional(role))
      return llvm::createStringError("tensor %zu (%s) may not be absent", i, stringifyRole(role).str().c_str());
    if (tensors[i].present && type.getPer() == Per::Segment)
      tensors[i].data.resize(std::max<size_t>(tensors[i].data.size(), rowSize(type)));
    else if (tensors[i].present && static_cast<int64_t>(tensors[i].data.size()) != size)
      return llvm::createStringError("tensor %zu has %zu numbers, expected %lld", i, tensors[i].data.size(),
                                     static_cast<long long>(size));
  }
  return Error::success();
}

/// [seq] of what `one` gives, or [time, seq] where that has a time axis.
Array Machine::forEachSequence(function_ref<Array(int64_t)> one) {
  if (sequences == 1)
    return one(0);
  Array result;
  for (int64_t sequence = 0; sequence < sequences; ++sequence) {
    Array part = one(sequence);
    int64_t rows = !part.axes.empty() && part.axes.front().kind == AxisKind::Time ? part.axes.front().extent : 1;
    int64_t size = static_cast<int64_t>(part.data.size()) / rows;
    if (sequence == 0) {
      auto type = TileType::get(kernel.getContext(), part.axes, Float64Type::get(kernel.getContext()));
      result = Array(withSequences(type, sequences).getAxes());
    }
    for (int64_t row = 0; row < rows; ++row)
      std::copy_n(part.data.begin() + row * size, size, result.data.begin() + (row * sequences + sequence) * size);
  }
  return result;
}

/// A sequence's part of a tile, its axes in order.
Array Machine::partOf(const Array &x, int64_t sequence) {
  Array part(withoutSequences(x.axes));
  SmallVector<SmallVector<int64_t>> strides{x.strides(part.axes)};
  auto to = part.data.begin();
  visit(part.axes, strides,
        [&](ArrayRef<int64_t>, ArrayRef<int64_t> from) { *to++ = x.data[from[0] + sequence * x.stride("seq")]; });
  return part;
}

Array Machine::load(LoadOp op, int64_t sequence) {
  Array result(isPerSequence(op.getTensor()) ? withoutSequences(op.getResult().getType().getAxes())
                                             : SmallVector<Axis>(op.getResult().getType().getAxes()));
  auto type = op.getTensor().getType();
  if (type.getPer() == Per::Head) {
    result.data = buffer(op.getTensor(), sequence).data;
    return result;
  }
  int64_t size = rowSize(type), last = lengths[sequence] - 1;
  if (type.getPer() == Per::Segment) {
    const Buffer &segments = buffer(op.getTensor(), sequence);
    const int64_t slot = slotOf(op.getTensor(), chunk.first, op.getEvery());
    std::copy_n(segments.data.begin() + slot * size, size, result.data.begin());
    return result;
  }
  if (last < 0)
    return result;
  if (isa<StepsOp>(op->getParentOp())) {
    copyToken(op.getTensor(), {}, std::min(chunk.first + chunk.row, last), size, result.data.begin(), sequence);
    return result;
  }
  for (int64_t t = 0; t < chunk.size; ++t) {
    int64_t token = std::min(chunk.first + t, last) - static_cast<int64_t>(op.getLag());
    copyToken(op.getTensor(), op.getHistory(), token, size, result.data.begin() + t * size, sequence);
  }
  return result;
}

/// Token `token` of the sequence, or of its history where that is negative.
void Machine::copyToken(Value tokens, Value history, int64_t token, int64_t size, std::vector<double>::iterator to,
                        int64_t sequence) {
  if (token >= 0) {
    std::copy_n(buffer(tokens, sequence).data.begin() + token * size, size, to);
    return;
  }
  const Buffer &past = buffer(history, sequence);
  if (past.present)
    std::copy_n(past.data.end() + token * size, size, to);
  else
    std::fill_n(to, size, 0.0);
}

void Machine::write(HistoryOp op, int64_t sequence) {
  Buffer &to = buffer(op.getTo(), sequence);
  const bool isKept = op.getTo().getType().getPer() == Per::Token;
  if (!to.present || (isKept && chunk.validOf(lengths[sequence]) == 0))
    return;
  // Up to this token, or to the end.
  const int64_t end = isKept ? chunk.first + 1 : lengths[sequence], size = rowSize(op.getTokens().getType());
  const int64_t count = op.getTo().getType().getShape().front();
  std::vector<double> rows(count * size);
  for (int64_t i = 0; i < count; ++i)
    copyToken(op.getTokens(), op.getPast(), end - count + i, size, rows.begin() + i * size, sequence);
  llvm::copy(rows, to.data.begin() + (isKept ? chunk.first * count * size : 0));
}

/// Where a segment of `every` tokens lies.
int64_t Machine::slotOf(Value tensor, int64_t token, int64_t every) {
  int64_t segment = token / every;
  if (auto own = tensor.getDefiningOp<BufferOp>())
    segment %= static_cast<int64_t>(own.getSlots());
  return segment;
}

/// The numbers of token `token`, or of a history's row before the first one; null where that is absent.
double *Machine::tokenIn(Value tokens, Value history, int64_t token, int64_t size, int64_t sequence) {
  Buffer &to = buffer(token >= 0 ? tokens : history, sequence);
  if (!to.present)
    return nullptr;
  return (token >= 0 ? to.data.data() : to.data.data() + to.data.size()) + token * size;
}

void Machine::store(StoreOp op, int64_t sequence) {
  Buffer &to = buffer(op.getTensor(), sequence);
  const int64_t valid = chunk.validOf(lengths[sequence]);
  if (valid == 0)
    return;
  const std::vector<double> from = partOf(value(op.getValue()), sequence).data;
  const int64_t size = rowSize(op.getTensor().getType());
  if (op.getEvery()) {
    const int64_t token = chunk.first + (op.getNext() ? chunk.size : 0);
    if (!to.present || token % static_cast<int64_t>(op.getEvery()) != 0)
      return;
    const int64_t slot = slotOf(op.getTensor(), token, op.getEvery());
    to.data.resize(std::max<size_t>(to.data.size(), (slot + 1) * size));
    std::copy_n(from.begin(), size, to.data.begin() + slot * size);
    return;
  }
  const bool isStep = isa<StepsOp>(op->getParentOp());
  for (int64_t t = 0, rows = isStep ? 1 : valid; t < rows; ++t) {
    const int64_t token = chunk.first + (isStep ? chunk.row : t) - static_cast<int64_t>(op.getLag());
    double *row = tokenIn(op.getTensor(), op.getHistory(), token, size, sequence);
    for (int64_t i = 0; row && i < size; ++i)
      row[i] = from[t * size + i] + (op.getAdd() ? row[i] : 0);
  }
}

void Machine::scatter(HistoryGradOp op, int64_t sequence) {
  const Buffer &from = buffer(op.getCotangent(), sequence);
  const int64_t count = op.getPast().getType().getShape().front(), size = rowSize(op.getTokens().getType());
  for (int64_t i = 0; from.present && i < count; ++i)
    if (double *row = tokenIn(op.getTokens(), op.getPast(), lengths[sequence] - count + i, size, sequence))
      for (int64_t j = 0; j < size; ++j)
        row[j] += from.data[i * size + j];
}

void Machine::final(FinalOp op, int64_t sequence) {
  if (Buffer &wanted = buffer(op.getTensor(), sequence); wanted.present)
    wanted.data = partOf(value(op.getValue()), sequence).data;
}

Array Machine::init(InitOp op, int64_t sequence) {
  Array result(withoutSequences(op.getResult().getType().getAxes()));
  if (Buffer &given = buffer(op.getTensor(), sequence); given.present) {
    result.data = given.data;
    return result;
  }
  if (op.getFallback()) {
    result.data = buffer(op.getFallback(), 0).data;
    return result;
  }
  double start = op.getStart().convertToDouble();
  if (!op.getIdentity())
    return Array(result.axes, start);
  for (int64_t i = 0, n = result.axes.front().extent; i < n; ++i)
    result.data[i * (n + 1)] = 1;
  return result;
}

Array Machine::valid(ValidOp op) {
  const bool isRow = !op.getResult().getType().hasTime();
  return forEachSequence([&](int64_t sequence) {
    Array result(withoutSequences(op.getResult().getType().getAxes()));
    const int64_t valid = chunk.validOf(lengths[sequence]);
    if (isRow)
      result.data.front() = chunk.row < valid;
    else
      std::fill_n(result.data.begin(), valid, 1.0);
    return result;
  });
}

Error Machine::run(ChunksOp op) {
  Block &body = op.getBody().front();
  SmallVector<Array> carried;
  for (Value init : op.getInits())
    carried.push_back(value(init));
  const bool isInner = isa<ChunksOp>(op->getParentOp());
  const Chunk outer = chunk;
  const int64_t start = isInner ? outer.first : 0, tokens = isInner ? outer.valid : *llvm::max_element(lengths);
  const int64_t size = op.getSize(), whole = (tokens + size - 1) / size;
  const int64_t count = whole - op.getLeaveLast(), last = count - 1;
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = (op.getReverse() ? last - i : i) * size;
    chunk = {start + at, std::min(size, tokens - at), size};
    for (auto [argument, array] : llvm::zip(body.getArguments(), carried))
      bind(argument, std::move(array));
    if (Error error = run(body))
      return error;
    for (auto [yielded, array] : llvm::zip(body.getTerminator()->getOperands(), carried))
      array = value(yielded);
  }
  chunk = outer;
  for (auto [result, array] : llvm::zip(op.getResults(), carried))
    bind(result, std::move(array));
  return Error::success();
}

/// The entries of row t of a tile whose `time` axis is at position `at`.
static Array rowOf(const Array &x, unsigned at, int64_t t) {
  SmallVector<Axis> axes(x.axes);
  axes.erase(axes.begin() + at);
  Array row(axes);
  SmallVector<SmallVector<int64_t>> strides{x.strides(axes)};
  auto to = row.data.begin();
  visit(axes, strides,
        [&](ArrayRef<int64_t>, ArrayRef<int64_t> from) { *to++ = x.data[from[0] + t * x.stride("time")]; });
  return row;
}

Error Machine::run(StepsOp op) {
  Block &body = op.getBody().front();
  unsigned firstRow = op.getInits().size(), firstOther = firstRow + op.getRows().size();
  SmallVector<Array> results;
  for (Value init : op.getInits())
    results.push_back(value(init));
  for (Value stacked : op.getStacked())
    results.emplace_back(cast<TileType>(stacked.getType()).getAxes());
  for (auto [i, other] : llvm::enumerate(op.getOthers()))
    if (isa<TileType>(other.getType()))
      bind(body.getArgument(firstOther + i), value(other));
  for (int64_t i = 0; i < chunk.valid; ++i) {
    chunk.row = op.getReverse() ? chunk.valid - 1 - i : i;
    for (unsigned c = 0; c < firstRow; ++c)
      bind(body.getArgument(c), results[c]);
    for (auto [r, rows] : llvm::enumerate(op.getRows()))
      bind(body.getArgument(firstRow + r), rowOf(value(rows), cast<TileType>(rows.getType()).find("time"), chunk.row));
    const ValueRange yields = body.getTerminator()->getOperands();
    SmallVector<Array> next(yields.size());
    auto take = [&](bool isHandedOn) { // what is, as it was before the token changes where it lies
      for (auto [yielded, array] : llvm::zip(yields, next))
        if (isa<BlockArgument>(yielded) == isHandedOn)
          array = value(yielded);
    };
    take(true);
    if (Error error = run(body))
      return error;
    take(false);
    for (unsigned r = 0; r < next.size(); ++r) {
      if (r < firstRow) {
        results[r] = std::move(next[r]);
        continue;
      }
      // Rows past the end repeat the last valid one.
      const std::vector<double> &row = next[r].data;
      int64_t end = chunk.row == chunk.valid - 1 ? chunk.size : chunk.row + 1;
      for (int64_t t = chunk.row; t < end; ++t)
        llvm::copy(row, results[r].data.begin() + t * static_cast<int64_t>(row.size()));
    }
  }
  for (auto [result, array] : llvm::zip(op.getResults(), results))
    bind(result, std::move(array));
  return Error::success();
}

Error Machine::run(Operation &op) {
  auto toEach = [&](function_ref<void(int64_t)> write) {
    for (int64_t sequence = 0; sequence < sequences; ++sequence)
      write(sequence);
    return Error::success();
  };
  return llvm::TypeSwitch<Operation *, Error>(&op)
      .Case<ChunksOp, StepsOp>([&](auto op) { return run(op); })
      .Case([&](YieldOp) { return Error::success(); })
      .Case([&](LoadOp op) {
        bool isOne = !isPerSequence(op.getTensor());
        bind(op.getResult(), isOne ? load(op, 0) : forEachSequence([&](int64_t s) { return load(op, s); }));
        return Error::success();
      })
      .Case([&](InitOp op) {
        return bind(op.getResult(), forEachSequence([&](int64_t s) { return init(op, s); })), Error::success();
      })
      .Case([&](StoreOp op) { return toEach([&](int64_t s) { store(op, s); }); })
      .Case([&](HistoryGradOp op) { return toEach([&](int64_t s) { scatter(op, s); }); })
      .Case([&](BufferOp op) { return buffers[op] = {}, Error::success(); })
      .Case([&](PresentOp op) {
        return bind(op.getResult(), Array({}, buffer(op.getTensor(), 0).present)), Error::success();
      })
      .Case([&](HistoryOp op) { return toEach([&](int64_t s) { write(op, s); }); })
      .Case([&](FinalOp op) { return toEach([&](int64_t s) { final(op, s); }); })
      .Case([&](ValidOp op) { return bind(op.getResult(), valid(op)), Error::success(); })
      .Default([&](Operation *op) -> Error {
        SmallVector<const Array *> operands;
        for (Value operand : op->getOperands())
          operands.push_back(&value(operand));
        llvm::Expected<Array> result = evaluate(op, operands);
        if (!result)
          return result.takeError();
        bind(op->getResult(0), std::move(*result));
        return Error::success();
      });
}

Error Machine::run(Block &block) {
  for (Operation &op : block)
    if (Error error = run(op))
      return error;
  return Error::success();
}

Error mixc::tile::interpret(KernelOp kernel, int64_t length, std::vector<Buffer> &tensors) {
  return interpret(kernel, ArrayRef<int64_t>(length), tensors);
}

Error mixc::tile::interpret(KernelOp kernel, ArrayRef<int64_t> lengths, std::vector<Buffer> &tensors,
                            TileMemory *memory) {
  Machine machine(kernel, lengths, tensors, memory);
  if (Error error = machine.checkSizes())
    return error;
  return machine.run(kernel.getBody().front());
}
