// The meaning of the pure ops in float64, each by its definition: loops over named axes, no tricks.
#include "dialect/tile/Tile.h"
#include <limits>

using namespace mlir;
using namespace mixc::tile;
using llvm::Expected;

Array::Array(ArrayRef<Axis> axes, double value) : axes(axes) {
  size_t size = 1;
  for (const Axis &axis : axes)
    size *= axis.extent;
  data.assign(size, value);
}

int64_t Array::stride(StringRef name) const {
  int64_t step = 1;
  for (const Axis &axis : llvm::reverse(axes)) {
    if (axis.str() == name)
      return step;
    step *= axis.extent;
  }
  return 0;
}

SmallVector<int64_t> Array::strides(ArrayRef<Axis> space) const {
  return llvm::map_to_vector(space, [&](const Axis &axis) { return stride(axis.str()); });
}

void mixc::tile::visit(ArrayRef<Axis> space, ArrayRef<SmallVector<int64_t>> strides,
                       function_ref<void(ArrayRef<int64_t>, ArrayRef<int64_t>)> body) {
  SmallVector<int64_t> index(space.size(), 0), offsets(strides.size(), 0);
  auto advance = [&](size_t axis, int64_t steps) {
    for (auto [offset, stride] : llvm::zip(offsets, strides))
      offset += steps * stride[axis];
  };
  while (true) {
    body(index, offsets);
    size_t axis = space.size();
    while (axis > 0 && index[axis - 1] + 1 == space[axis - 1].extent) {
      advance(axis - 1, -index[axis - 1]);
      index[--axis] = 0;
    }
    if (axis == 0)
      return;
    ++index[axis - 1];
    advance(axis - 1, 1);
  }
}

using Operands = ArrayRef<const Array *>;

static int64_t extentOf(const Array &x, StringRef name) {
  return llvm::find_if(x.axes, [&](const Axis &axis) { return axis.str() == name; })->extent;
}

static SmallVector<Axis> withoutTime(const Array &x) {
  return llvm::filter_to_vector(x.axes, [](const Axis &axis) { return axis.kind != AxisKind::Time; });
}

static int position(ArrayRef<Axis> space, AxisKind kind) {
  for (auto [i, axis] : llvm::enumerate(space))
    if (axis.kind == kind)
      return static_cast<int>(i);
  return -1;
}

//===-- Elementwise ---------------------------------------------------------------------------------------------===//

Expected<Array> MapOp::evaluate(Operands x) {
  struct Step {
    std::function<double(ArrayRef<double>)> apply;
    SmallVector<unsigned> inputs;
  };
  Block &body = getBody().front();
  DenseMap<Value, unsigned> slot;
  for (Value argument : body.getArguments())
    slot.try_emplace(argument, slot.size());
  std::vector<Step> steps;
  for (Operation &inner : body.without_terminator()) {
    Step &step = steps.emplace_back();
    step.apply = scalarFunction(&inner);
    if (!step.apply)
      return llvm::createStringError("the interpreter does not know `%s`", inner.getName().getStringRef().data());
    for (Value operand : inner.getOperands())
      step.inputs.push_back(slot.lookup(operand));
    slot.try_emplace(inner.getResult(0), slot.size());
  }
  unsigned yielded = slot.lookup(body.getTerminator()->getOperand(0));

  Array result(getResult().getType().getAxes());
  SmallVector<SmallVector<int64_t>> strides;
  for (const Array *input : x)
    strides.push_back(input->strides(result.axes));
  std::vector<double> values(slot.size());
  SmallVector<double> inputs;
  size_t next = 0;
  visit(result.axes, strides, [&](ArrayRef<int64_t>, ArrayRef<int64_t> at) {
    for (size_t i = 0; i < x.size(); ++i)
      values[i] = x[i]->data[at[i]];
    for (auto [i, step] : llvm::enumerate(steps)) {
      inputs.clear();
      for (unsigned input : step.inputs)
        inputs.push_back(values[input]);
      values[x.size() + i] = step.apply(inputs);
    }
    result.data[next++] = values[yielded];
  });
  return result;
}

Expected<Array> SelectOp::evaluate(Operands x) {
  Array result(getResult().getType().getAxes());
  size_t next = 0;
  visit(result.axes, {x[0]->strides(result.axes), x[1]->strides(result.axes), x[2]->strides(result.axes)},
        [&](ArrayRef<int64_t>, ArrayRef<int64_t> at) {
          result.data[next++] = x[0]->data[at[0]] != 0 ? x[1]->data[at[1]] : x[2]->data[at[2]];
        });
  return result;
}

/// The same numbers in the order of the result's axes, which may be called otherwise: `axes[i]` is the operand's name
/// for result axis i.
static Array reorder(const Array &x, ArrayRef<Axis> axes, ArrayRef<Axis> resultAxes) {
  Array result(resultAxes);
  size_t next = 0;
  visit(axes, {x.strides(axes)}, [&](ArrayRef<int64_t>, ArrayRef<int64_t> at) { result.data[next++] = x.data[at[0]]; });
  return result;
}

/// x, at most `most` in size, where there is such a bound; what is no number stays so.
static double bounded(double x, APFloat most) {
  const double bound = most.isZero() ? std::numeric_limits<double>::infinity() : most.convertToDouble();
  return x > bound ? bound : x < -bound ? -bound : x;
}

//===-- Sums ----------------------------------------------------------------------------------------------------===//

Expected<Array> ContractOp::evaluate(Operands x) {
  const Array &a = *x[0], &b = *x[1];
  ArrayRef<Axis> axes = getResult().getType().getAxes();
  Array result = getAcc() ? reorder(*x[2], axes, axes) : Array(axes);
  SmallVector<Axis> space = unite(unite(axes, a.axes), b.axes);
  int time = position(space, AxisKind::Time), source = position(space, AxisKind::Source);
  visit(space, {a.strides(space), b.strides(space), result.strides(space)},
        [&](ArrayRef<int64_t> index, ArrayRef<int64_t> at) {
          if ((getMask() == Mask::Lower && index[source] > index[time]) ||
              (getMask() == Mask::Strict && index[source] >= index[time]))
            return;
          result.data[at[2]] += a.data[at[0]] * b.data[at[1]];
        });
  return result;
}

Expected<Array> ReduceOp::evaluate(Operands x) {
  const ReduceKind kind = getKind();
  Array result(getResult().getType().getAxes(), kind == ReduceKind::Add   ? 0
                                                : kind == ReduceKind::Mul ? 1
                                                                          : -std::numeric_limits<double>::infinity());
  const Array &in = *x[0];
  visit(in.axes, {in.strides(in.axes), result.strides(in.axes)}, [&](ArrayRef<int64_t>, ArrayRef<int64_t> at) {
    double &out = result.data[at[1]], value = in.data[at[0]];
    if (kind == ReduceKind::Add)
      out += value;
    else if (kind == ReduceKind::Mul)
      out = bounded(out * value, getMost());
    else if (!std::isnan(out) && !(out > value))
      out = value;
  });
  return result;
}

//===-- Along time ----------------------------------------------------------------------------------------------===//

Expected<Array> RecurOp::evaluate(Operands x) {
  const Array &a = *x[0], &b = *x[1];
  Array result(getResult().getType().getAxes()), none;
  const Array &init = getInit() ? *x[2] : none;
  int64_t length = extentOf(b, "time"), stepA = a.stride("time"), stepB = b.stride("time"),
          stepY = result.stride("time");
  SmallVector<Axis> row = withoutTime(b);
  visit(row, {a.strides(row), b.strides(row), result.strides(row), init.strides(row)},
        [&](ArrayRef<int64_t>, ArrayRef<int64_t> at) {
          const double start = getInit() ? init.data[at[3]] : 0;
          double y = start;
          for (int64_t i = 0; i < length; ++i) {
            int64_t t = getReverse() ? length - 1 - i : i;
            if (getBlocks() && (getReverse() ? t == length - 1 || (t + 1) % getBlocks() == 0 : t % getBlocks() == 0))
              y = start;
            double next = bounded(a.data[at[0] + t * stepA] * y + b.data[at[1] + t * stepB], getMost());
            result.data[at[2] + t * stepY] = getExclusive() ? y : next;
            y = next;
          }
        });
  return result;
}

Expected<Array> SolveOp::evaluate(Operands x) {
  const Array &l = *x[0];
  ArrayRef<Axis> axes = getResult().getType().getAxes();
  Array result = reorder(*x[1], axes, axes);
  int64_t length = extentOf(l, "time"), step = result.stride("time");
  int64_t unknowns = getRow() ? extentOf(l, *getRow()) : 1, across = getRow() ? result.stride(*getRow()) : 0;
  SmallVector<Axis> others = withoutTime(result);
  llvm::erase_if(others, [&](const Axis &axis) { return getRow() && axis.str() == *getRow(); });
  // L_tsmn, or for the transpose L_stnm.
  auto factor = [&](int64_t t, int64_t s, int64_t m, int64_t n) {
    if (getTranspose())
      std::swap(t, s), std::swap(m, n);
    int64_t mixed = getRow() ? m * l.stride(*getRow()) + n * l.stride(*getColumn()) : 0;
    return l.data[t * l.stride("time") + s * l.stride("source") + mixed];
  };
  visit(others, {result.strides(others)}, [&](ArrayRef<int64_t>, ArrayRef<int64_t> at) {
    // Row i depends on the rows j before it; transposed, on those after it.
    const int64_t size = length * unknowns;
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < i; ++j) {
        int64_t row = getTranspose() ? size - 1 - i : i, known = getTranspose() ? size - 1 - j : j;
        int64_t t = row / unknowns, m = row % unknowns, s = known / unknowns, n = known % unknowns;
        result.data[at[0] + t * step + m * across] -= factor(t, s, m, n) * result.data[at[0] + s * step + n * across];
      }
  });
  return result;
}

//===-- Parts of a tile -----------------------------------------------------------------------------------------===//

/// result[index] = x[index + from], along one axis; `x` has all axes of the result.
static Array part(const Array &x, StringRef axis, int64_t from, ArrayRef<Axis> axes) {
  Array result(axes);
  size_t next = 0;
  visit(axes, {x.strides(axes)},
        [&](ArrayRef<int64_t>, ArrayRef<int64_t> at) { result.data[next++] = x.data[at[0] + from * x.stride(axis)]; });
  return result;
}

Expected<Array> RenameOp::evaluate(Operands x) {
  SmallVector<Axis> axes(getResult().getType().getAxes());
  for (Axis &axis : axes)
    if (axis.str() == getTo())
      axis.name = getFromAttr();
  return reorder(*x[0], axes, getResult().getType().getAxes());
}

Expected<Array> JoinOp::evaluate(Operands x) {
  Array result(getResult().getType().getAxes());
  int64_t from = 0;
  for (const Array *in : x) {
    visit(in->axes, {in->strides(in->axes), result.strides(in->axes)}, [&](ArrayRef<int64_t>, ArrayRef<int64_t> at) {
      result.data[at[1] + from * result.stride(getAxis())] = in->data[at[0]];
    });
    from += extentOf(*in, getAxis());
  }
  return result;
}

Expected<Array> RowOp::evaluate(Operands x) { return part(*x[0], "time", getIndex(), getResult().getType().getAxes()); }
Expected<Array> SplitOp::evaluate(Operands x) {
  return part(*x[0], getAxis(), getFrom(), getResult().getType().getAxes());
}

//===-- Numbers -------------------------------------------------------------------------------------------------===//

Expected<Array> ConstantOp::evaluate(Operands) {
  return Array(getResult().getType().getAxes(), getValue().convertToDouble());
}

Expected<Array> IotaOp::evaluate(Operands) {
  Array result(getResult().getType().getAxes());
  for (auto [i, value] : llvm::enumerate(result.data))
    value = static_cast<double>(i);
  return result;
}

Expected<Array> CastOp::evaluate(Operands x) {
  ArrayRef<Axis> axes = getResult().getType().getAxes();
  return reorder(*x[0], axes, axes);
}

Expected<Array> mixc::tile::evaluate(Operation *op, Operands x) {
  if (auto known = dyn_cast<TileValueOpInterface>(op))
    return known.evaluate(x);
  return llvm::createStringError("the interpreter does not know `%s`", op->getName().getStringRef().data());
}
