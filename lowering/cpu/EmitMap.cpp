// Entrywise ops: a loop over the rows of the result, and along its lane axis vector by vector.
#include "lowering/cpu/KernelEmitter.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

void KernelEmitter::forEachEntry(ArrayRef<Axis> axes, function_ref<void(const Point &)> body, Point point) {
  if (axes.empty())
    return body(point);
  const Axis &axis = axes.front();
  auto next = [&](Value i) { forEachEntry(axes.drop_front(), body, point.with(axis.str(), i)); };
  if (sequence && axis.kind == tile::AxisKind::Seq)
    return next(sequence);
  if (!panelIndex || axis.str() != plan.panel || plan.extent % plan.width == 0)
    return loop(0, extent(axis), 1, next);
  Value left = arith::SubIOp::create(b, loc, index(plan.extent), mul(panelIndex, plan.width)); // the last panel is cut
  auto entries =
      scf::ForOp::create(b, loc, index(0), arith::MinUIOp::create(b, loc, left, index(plan.width)), index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(entries.getBody());
  next(entries.getInductionVar());
}

void KernelEmitter::forEachVector(const Layout &layout, function_ref<void(const Point &, int64_t)> body) {
  int64_t n = layout.lanes(plan);
  if (layout.axes.empty())
    return body(Point(), 1);
  if (!panelIndex && layout.lane() == plan.panel && plan.panels() > 1 && plan.width % n)
    n = 1; // between the panel loops a vector may not cross from one panel into the next
  forEachEntry(ArrayRef(layout.axes).drop_back(), [&](const Point &row) {
    loop(0, extent(layout.axes.back()), n, [&](Value at) { body(row.with(layout.lane(), at), n); });
  });
}

/// The region of a map on vectors of n entries along `lane`.
Value KernelEmitter::applyRegion(tile::MapOp op, const Point &point, StringRef lane, int64_t n) {
  IRMapping values;
  Block &region = op.getBody().front();
  for (auto [argument, input] : llvm::zip(region.getArguments(), op.getInputs()))
    values.map(argument, fetch(input, point, lane, n));
  for (Operation &scalar : region.without_terminator()) {
    if (auto constant = dyn_cast<arith::ConstantOp>(scalar)) {
      Type type = constant.getType();
      auto entry = cast<TypedAttr>(constant.getValue());
      Value splatted =
          arith::ConstantOp::create(b, loc, cast<TypedAttr>(DenseElementsAttr::get(vector(n, type), Attribute(entry))));
      values.map(constant.getResult(), splatted);
      continue;
    }
    if (auto stop = dyn_cast<tile::StopOp>(scalar)) { // it told the adjoint
      values.map(stop.getResult(), values.lookup(stop.getX()));
      continue;
    }
    Operation *lanes = scalar.clone(values);
    for (Value result : lanes->getResults())
      result.setType(vector(n, result.getType()));
    if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(lanes))
      lanes->setAttr("fastmath", arith::FastMathFlagsAttr::get(b.getContext(), arith::FastMathFlags::contract));
    b.insert(lanes);
    for (auto [from, to] : llvm::zip(scalar.getResults(), lanes->getResults()))
      values.map(from, to);
  }
  return values.lookup(region.getTerminator()->getOperand(0));
}

/// Rows that are the columns of these: n vectors of n lanes, n a power of two, in log2 n rounds of swapping halves.
void KernelEmitter::transpose(MutableArrayRef<Value> rows) {
  const auto n = static_cast<int64_t>(rows.size());
  for (int64_t half = n / 2; half > 0; half /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < n; ++lane) {
      low.push_back(lane & half ? n + lane - half : lane);
      high.push_back(lane & half ? n + lane : lane + half);
    }
    for (int64_t i = 0; i < n; ++i) {
      if (i & half)
        continue;
      Value x = rows[i], y = rows[i + half];
      rows[i] = vector::ShuffleOp::create(b, loc, x, y, low);
      rows[i + half] = vector::ShuffleOp::create(b, loc, x, y, high);
    }
  }
}

/// A copy with other lanes, square block by square block; false where the extents are no whole blocks.
bool KernelEmitter::turnBlocks(tile::MapOp op) {
  const Layout from = place(op.getInputs()[0]).layout, to = place(op.getResult()).layout;
  const int64_t n = from.lanes(plan);
  if (to.lanes(plan) != n || n < 2 || from.axes.back().extent % n || to.axes.back().extent % n)
    return false;
  SmallVector<Axis> others;
  for (const Axis &axis : to.axes)
    if (axis.str() != from.lane() && axis.str() != to.lane())
      others.push_back(axis);
  forEachEntry(others, [&](const Point &outer) {
    loop(0, from.axes.back().extent, n, [&](Value column) {
      loop(0, to.axes.back().extent, n, [&](Value row) {
        auto at = [&](int64_t i, int64_t j) {
          return outer.with(from.lane(), add(column, i)).with(to.lane(), add(row, j));
        };
        SmallVector<Value> rows;
        for (int64_t j = 0; j < n; ++j)
          rows.push_back(fetch(op.getInputs()[0], at(0, j), from.lane(), n));
        transpose(rows);
        for (int64_t i = 0; i < n; ++i)
          put(op.getResult(), at(i, 0), rows[i]);
      });
    });
  });
  return true;
}

void KernelEmitter::emitMap(tile::MapOp op) {
  if (planOf(op).getTurned() && turnBlocks(op))
    return;
  const Layout layout = place(op.getResult()).layout;
  forEachVector(layout, [&](const Point &point, int64_t n) {
    Value value = applyRegion(op, point, layout.lane(), n);
    put(op.getResult(), point, clearPadding(layout, point, value));
  });
}

// A mask of valid rows, where all are valid, has the result x: in x's own buffer where the axes are the same. (What is
// carried has a buffer that will change.) So it is in most chunks: only where the last one ends early is the result
// written.
void KernelEmitter::emitSelect(tile::SelectOp op) {
  Place to = place(op.getResult());
  StringRef lane = to.layout.lane();
  const bool byTime = op.getMask().getDefiningOp<tile::ValidOp>() != nullptr;
  auto areAllValid = [&] { return byTime && (!validRows || (stepRow && sequences == 1)); };
  auto immediate = [](Value x) { return x.getDefiningOp<tile::ConstantOp>() || x.getDefiningOp<tile::IotaOp>(); };
  auto isCarried = [](Value x) { return isa<BlockArgument>(x) || x.getDefiningOp<tile::RenameOp>(); };
  auto select = [&](const Point &point, int64_t n) {
    Value x = fetch(op.getX(), point, lane, n);
    if (areAllValid()) {
      put(op.getResult(), point, clearPadding(to.layout, point, x));
      return;
    }
    Value y = fetch(op.getY(), point, lane, n), mask;
    if (!byTime) {
      mask = fetch(op.getMask(), point, lane, n);
    } else if (lane == "time") {
      Value left =
          arith::SubIOp::create(b, loc, arith::MaxUIOp::create(b, loc, validRows, point.at("time")), point.at("time"));
      mask = vector::CreateMaskOp::create(b, loc, VectorType::get({n}, b.getI1Type()), ValueRange{left});
    } else {
      mask = rowIsValid(point);
    }
    put(op.getResult(), point, clearPadding(to.layout, point, arith::SelectOp::create(b, loc, mask, x, y)));
  };
  auto write = [&] {
    if (!byTime || !validRows || (lane != "seq" && (lane != "time" || sequences == 1)))
      return forEachVector(to.layout, select);
    forEachEntry(to.layout.axes, [&](const Point &point) {
      Value x = fetchEntry(op.getX(), point), y = fetchEntry(op.getY(), point);
      putEntry(to, point, arith::SelectOp::create(b, loc, rowIsValid(point), x, y));
    });
  };
  if (byTime && !immediate(op.getX()) && !(stepRow && isCarried(op.getX()))) {
    const Place from = place(op.getX());
    const bool isAlike = from.layout.axes == to.layout.axes && from.layout.sliced == to.layout.sliced;
    if (isAlike && areAllValid())
      return setPlace(op.getResult(), from);
    auto whole = from.buffer.getDefiningOp<memref::ViewOp>(), own = to.buffer.getDefiningOp<memref::ViewOp>();
    if (isAlike && whole && own && sequences == 1) {
      Value full;
      {
        OpBuilder::InsertionGuard guard(b);
        if (auto panel =
                dyn_cast_or_null<BlockArgument>(panelIndex)) // before the loop over panels: later stages use it, too
          b.setInsertionPoint(panel.getOwner()->getParentOp());
        full = isFull();
        Value offset = arith::SelectOp::create(b, loc, full, whole.getByteShift(), own.getByteShift());
        setPlace(op.getResult(),
                 {to.layout, memref::ViewOp::create(b, loc, own.getType(), own.getSource(), offset, ValueRange())});
      }
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(scf::IfOp::create(b, loc, full, /*withElse=*/true).elseBlock());
      return write();
    }
  }
  if (byTime)
    return forEachForm(op.getType(), write);
  write();
}

void KernelEmitter::emitCast(tile::CastOp op) {
  const Layout layout = place(op.getResult()).layout;
  bool narrow = layout.elementType.isF32();
  auto convert = [&](Value x, Type type) -> Value {
    if (x.getType() == type)
      return x;
    if (narrow)
      return arith::TruncFOp::create(b, loc, type, x);
    return arith::ExtFOp::create(b, loc, type, x);
  };
  // Entry by entry where a vector of one type is not whole vectors of the other.
  forEachEntry(layout.axes, [&](const Point &point) {
    putEntry(op.getResult(), point, convert(fetchEntry(op.getX(), point), layout.elementType));
  });
}

double KernelEmitter::identityOf(tile::ReduceKind kind) {
  switch (kind) {
  case tile::ReduceKind::Add: return 0;
  case tile::ReduceKind::Mul: return 1;
  case tile::ReduceKind::Max: return -std::numeric_limits<double>::infinity();
  }
  llvm_unreachable("all kinds are above");
}

// Sums keep a vector of partial sums along the lane axis of x, where that is summed over, and vectors of whole sums
// otherwise.
void KernelEmitter::emitReduce(tile::ReduceOp op) {
  auto type = cast<TileType>(op.getX().getType());
  SmallVector<Axis> over;
  for (Attribute name : op.getOver())
    over.push_back(type.getAxes()[type.find(cast<StringAttr>(name).getValue())]);
  const double none = identityOf(op.getKind());
  const Layout from = place(op.getX()).layout, to = place(op.getResult()).layout;
  const Type element = to.elementType;
  auto combine = [&](Value x, Value y) -> Value {
    switch (op.getKind()) {
    case tile::ReduceKind::Add: return plus(x, y);
    case tile::ReduceKind::Max: return arith::MaxNumFOp::create(b, loc, x, y);
    case tile::ReduceKind::Mul: return bounded(times(x, y), op.getMost());
    }
    llvm_unreachable("all kinds are above");
  };
  // An entry or a vector of x, as the result has them.
  auto read = [&](const Point &at, StringRef lane, int64_t n) -> Value {
    Value x = fetch(op.getX(), at, lane, n);
    return from.elementType == element ? x : arith::ExtFOp::create(b, loc, vector(n, element), x);
  };
  bool isOver = llvm::any_of(over, [&](const Axis &axis) { return axis.str() == from.lane(); });
  bool acrossPanels = panelIndex && llvm::any_of(over, [&](const Axis &axis) { return axis.str() == plan.panel; });

  // Nests the reduced axes; the innermost carries the partial result.
  std::function<Value(ArrayRef<Axis>, Point, StringRef, int64_t, Value)> nest =
      [&](ArrayRef<Axis> axes, Point point, StringRef lane, int64_t n, Value start) -> Value {
    if (axes.empty())
      return combine(start, read(point, lane, n));
    const Axis &axis = axes.front();
    int64_t step = axis.str() == lane ? n : 1;
    return loop(0, extent(axis), step, {start}, [&](Value i, ValueRange carried) -> SmallVector<Value> {
      Point at = point.with(axis.str(), i);
      if (axes.size() == 1 && axis.str() == lane)
        return {combine(carried[0], clearPadding(from, at, read(at, lane, n), none))};
      return {nest(axes.drop_front(), at, lane, n, carried[0])};
    })[0];
  };
  if (isOver) {
    llvm::stable_sort(over,
                      [&](const Axis &x, const Axis &y) { return y.str() == from.lane() && x.str() != from.lane(); });
    // One after the other where each step is bounded: the order matters then.
    const int64_t n = op.getMost().isZero() ? from.lanes(plan) : 1;
    forEachEntry(to.axes, [&](const Point &point) {
      Value sum = sumOf(nest(over, point, from.lane(), n, number(none, vector(n, element))), op.getKind());
      putEntry(op.getResult(), point, acrossPanels ? combine(fetchEntry(op.getResult(), point), sum) : sum);
    });
    return;
  }
  forEachVector(to, [&](const Point &point, int64_t n) {
    Value start = acrossPanels ? fetch(op.getResult(), point, to.lane(), n) : number(none, vector(n, element));
    put(op.getResult(), point, clearPadding(to, point, nest(over, point, to.lane(), n, start)));
  });
}

void KernelEmitter::emitRow(tile::RowOp op) {
  const Layout layout = place(op.getResult()).layout;
  Value row = index(op.getIndex());
  forEachVector(layout, [&](const Point &point, int64_t n) {
    put(op.getResult(), point, fetch(op.getX(), point.with("time", row), layout.lane(), n));
  });
}

// Another name is another view of the same buffer; a rename of the panel axis changes the layout, so it copies.
void KernelEmitter::emitRename(tile::RenameOp op) {
  auto type = cast<TileType>(op.getResult().getType());
  if (!planOf(op).getPlace()) {
    Place renamed = place(op.getX());
    for (Axis &axis : renamed.layout.axes)
      if (axis.str() == op.getFrom())
        axis = type.getAxes()[type.find(op.getTo())];
    places[op.getResult()] = renamed;
    return;
  }
  const Layout from = place(op.getX()).layout, to = place(op.getResult()).layout;
  const StringRef lane = to.lane(), source = lane == op.getTo() ? op.getFrom() : lane;
  const int64_t n = to.lanes(plan);
  const bool isWhole = from.lane() == source && from.lanes(plan) == n && to.axes.back().extent % n == 0 &&
                       (plan.panels() == 1 || plan.width % n == 0);
  auto before = [&](const Point &point) { return point.with(op.getFrom(), point.at(op.getTo())); };
  if (isWhole && !panelIndex)
    return forEachVector(to, [&](const Point &point, int64_t n) {
      put(op.getResult(), point, fetch(op.getX(), before(point), source, n));
    });
  forEachEntry(type.getAxes(),
               [&](const Point &point) { putEntry(op.getResult(), point, fetchEntry(op.getX(), before(point))); });
}

void KernelEmitter::emitSplit(tile::SplitOp op) {
  auto type = cast<TileType>(op.getResult().getType());
  forEachEntry(type.getAxes(), [&](const Point &point) {
    Value at = add(point.at(op.getAxis()), op.getFrom());
    putEntry(op.getResult(), point, fetchEntry(op.getX(), point.with(op.getAxis(), at)));
  });
}

void KernelEmitter::emitJoin(tile::JoinOp op) {
  int64_t from = 0;
  for (Value part : op.getParts()) {
    auto type = cast<TileType>(part.getType());
    forEachEntry(type.getAxes(), [&](const Point &point) {
      putEntry(op.getResult(), point.with(op.getAxis(), add(point.at(op.getAxis()), from)), fetchEntry(part, point));
    });
    from += type.extent(op.getAxis());
  }
}
