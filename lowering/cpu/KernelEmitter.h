// Writes one kernel as a function over vectors and buffers. Every tile op becomes a loop nest over the buffers that the
// plan gave its tiles; the speed is in the order of these loops and in what stays in registers (docs/architecture.md).
#ifndef MIXC_LOWERING_CPU_KERNELEMITTER_H
#define MIXC_LOWERING_CPU_KERNELEMITTER_H

#include "lowering/Passes.h"
#include "lowering/Target.h"
#include "lowering/cpu/Plan.h"

namespace mixc::cpu {

/// Where along each axis: an index value by axis name. Of the panel axis: the entry within the present panel.
class Point {
public:
  Point with(llvm::StringRef axis, mlir::Value index) const {
    Point point = *this;
    point.indices[axis.str()] = index;
    return point;
  }
  mlir::Value at(llvm::StringRef axis) const {
    auto it = indices.find(axis.str());
    return it == indices.end() ? mlir::Value() : it->second;
  }

private:
  std::map<std::string, mlir::Value> indices;
};

/// A tile and the buffer that holds it. A renamed tile is the same buffer under other axes.
struct Place {
  Layout layout;
  mlir::Value buffer;
  mlir::Value row = {}; // of a row that steps work on: its index; the layout has the time axis still
};

class KernelEmitter {
public:
  KernelEmitter(tile::KernelOp kernel, const Target &target, mlir::OpBuilder &builder)
      : kernel(kernel), target(target), plan(KernelPlan::of(kernel)), b(builder), loc(kernel.getLoc()) {}

  /// Emits the function before the kernel.
  mlir::FailureOr<mlir::func::FuncOp> emit();

private:
  // KernelEmitter.cpp: the function, the chunk loop, the panel loops
  void emitPrologue(mlir::Block &block);
  mlir::LogicalResult emitStraight(mlir::Block &block);
  mlir::LogicalResult emitChunks(tile::ChunksOp chunks);
  /// Over `count` tokens from `start` on.
  mlir::LogicalResult emitChunks(tile::ChunksOp chunks, mlir::Value start, mlir::Value count);
  mlir::LogicalResult emitLoops(tile::ChunksOp chunks, mlir::Value start, mlir::Value count);
  mlir::Value chunkOf(tile::ChunksOp chunks, mlir::Value count, mlir::Value i);
  void yieldCarried(tile::ChunksOp chunks);
  tile::FunctionAttr signature();
  mlir::LogicalResult emitBody(tile::ChunksOp chunks);
  mlir::LogicalResult emitRagged(tile::ChunksOp chunks, mlir::Value full);
  void readLengths(mlir::Value argument);
  mlir::Value lengthOf(mlir::Value sequence);
  void readTensor(mlir::Value tensor, mlir::Value sequence);
  mlir::LogicalResult emitOp(mlir::Operation *op);
  mlir::LogicalResult emitPanels(llvm::ArrayRef<mlir::Operation *> ops);
  bool isPanelOp(mlir::Operation *op) const;

  // EmitMemory.cpp
  /// The ops of a memory op, once, or in a loop over the sequences of a block; its tensors are those of the sequence
  /// then.
  void forEachSequence(mlir::Operation *op, llvm::function_ref<void()> body);
  /// What is done to the rows of a tile, in two forms: for full chunks, without validRows, and for a last one that ends
  /// early.
  void forEachForm(tile::TileType type, llvm::function_ref<void()> body);
  mlir::Value isFull();
  void emitLoad(tile::LoadOp op);
  void emitRows(tile::LoadOp op);
  void emitStore(tile::StoreOp op);
  void storeAt(tile::StoreOp op, const Layout &layout, bool contiguous, const Point &point, int64_t n);
  void addNumbers(mlir::Value buffer, tile::ViewType view, mlir::Value at, mlir::Value numbers, mlir::Value mask);
  mlir::Value segmentRow(mlir::Value tensor, mlir::Value token, int64_t every);
  void defineBuffer(tile::BufferOp op);
  /// The tile's axes in the order in which the tensor has them in memory.
  llvm::SmallVector<std::pair<tile::Axis, int64_t>> axesInMemory(tile::ViewType view, tile::TileType type);
  void storeRows(tile::StoreOp op);
  void storeLanes(mlir::Value value, mlir::Value mask, mlir::Value buffer, mlir::Value at, int64_t n);
  void emitInit(tile::InitOp op);
  void defineExternal(mlir::Value tile, mlir::Value tensor);
  void emitFinal(tile::FinalOp op);
  /// n numbers of a tensor from `at` on, those lanes that the layout has at the point (0: one number, no vector).
  mlir::Value readNumbers(mlir::Value tensor, mlir::Value at, const Layout &layout, const Point &point, int64_t n);
  mlir::Value extended(mlir::Value stored, tile::ViewType view, mlir::Type element);
  mlir::Value rounded(mlir::Value computed, tile::ViewType view);
  mlir::Value tensorOffset(tile::ViewType type, mlir::Value tensor, const tile::TileType tile, mlir::Value row,
                           const Point &point);

  // EmitHistory.cpp: tokens of the past
  void emitLaggedLoad(tile::LoadOp op, bool contiguous);
  void emitHistory(tile::HistoryOp op);
  void emitHistoryGrad(tile::HistoryGradOp op);
  void writeHistory(tile::HistoryOp op);
  /// Is the pointer null? Then there is no such tensor.
  mlir::Value isAbsent(mlir::Value pointer);
  /// then(), or otherwise() if the condition does not hold: a vector or number of this type.
  mlir::Value choose(mlir::Value condition, mlir::Type type, llvm::function_ref<mlir::Value()> then,
                     llvm::function_ref<mlir::Value()> otherwise);

  // EmitMap.cpp: map, select, cast, reduce, row, rename, split, join
  void emitMap(tile::MapOp op);
  bool turnBlocks(tile::MapOp op);
  void transpose(llvm::MutableArrayRef<mlir::Value> rows);
  void emitSelect(tile::SelectOp op);
  void emitCast(tile::CastOp op);
  void emitReduce(tile::ReduceOp op);
  void emitRow(tile::RowOp op);
  void emitRename(tile::RenameOp op);
  void emitSplit(tile::SplitOp op);
  void emitJoin(tile::JoinOp op);
  static double identityOf(tile::ReduceKind kind);
  mlir::Value applyRegion(tile::MapOp op, const Point &point, llvm::StringRef lane, int64_t n);
  /// For every row of the tile, every vector along its lane axis: body(point, entries of the vector).
  void forEachVector(const Layout &layout, llvm::function_ref<void(const Point &, int64_t)> body);
  void forEachEntry(llvm::ArrayRef<tile::Axis> axes, llvm::function_ref<void(const Point &)> body, Point point = {});

  // EmitContract.cpp, EmitDots.cpp
  mlir::LogicalResult emitContract(tile::ContractOp op);
  void contractLanes(tile::ContractOp op);
  void contractDots(tile::ContractOp op);
  void contractEntries(tile::ContractOp op);
  mlir::Value accumulatorStart(tile::ContractOp op, const Point &point, llvm::StringRef lane, int64_t n);

  // EmitSteps.cpp: steps
  mlir::LogicalResult emitSteps(tile::StepsOp op);
  void defineSteps(tile::StepsOp op);
  void copyTile(const Place &to, mlir::Value row,
                llvm::function_ref<mlir::Value(const Point &, llvm::StringRef, int64_t)> from);
  void copyTile(const Place &to, mlir::Value row, mlir::Value from);

  // EmitRecur.cpp: recur, solve
  void emitRecur(tile::RecurOp op);
  mlir::Value bounded(mlir::Value x, mlir::APFloat most);
  void emitSolve(tile::SolveOp op);

  // Access.cpp: entries and vectors of tiles
  const Place &place(mlir::Value tile);
  /// By value: the map that holds `place` moves when it grows.
  void setPlace(mlir::Value tile, Place place) { places[tile] = std::move(place); }
  mlir::Value scratchBuffer(const Layout &layout, int64_t offset);
  void definePlace(mlir::Value tile);
  Place placeOf(tile::TileType type, tile::PlaceAttr plan, mlir::Block *block);
  void clearBuffer(tile::TileType type, tile::PlaceAttr plan);
  llvm::SmallVector<mlir::Value> indices(const Place &place, const Point &point);
  mlir::Value fetch(mlir::Value tile, const Point &point, llvm::StringRef lane, int64_t n);
  mlir::Value fetchEntry(mlir::Value tile, const Point &point);
  void put(mlir::Value tile, const Point &point, mlir::Value vector) { put(place(tile), point, vector); }
  void putEntry(mlir::Value tile, const Point &point, mlir::Value entry) { putEntry(place(tile), point, entry); }
  void put(const Place &to, const Point &point, mlir::Value vector);
  void putEntry(const Place &to, const Point &point, mlir::Value entry);
  mlir::Value laneMask(const Layout &layout, const Point &point, int64_t n);
  /// Zero in the padding: `vector` at this point of a tile of this layout.
  mlir::Value clearPadding(const Layout &layout, const Point &point, mlir::Value vector, double pad = 0);
  int64_t extent(const tile::Axis &axis) const;
  mlir::Value rowIsValid(mlir::Value row);
  mlir::Value rowIsValid(const Point &point);

  // small builders
  /// Where a point lies along an axis of the whole tile: in a panel, its start included.
  mlir::Value position(const Point &point, llvm::StringRef axis);
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value add(mlir::Value x, int64_t y);
  mlir::Value mul(mlir::Value x, int64_t y);
  mlir::Value number(double value, mlir::Type type);
  mlir::Value splat(mlir::Value entry, int64_t n);
  mlir::Value fma(mlir::Value x, mlir::Value y, mlir::Value z);
  mlir::Value plus(mlir::Value x, mlir::Value y);
  mlir::Value times(mlir::Value x, mlir::Value y);
  mlir::Value sumOf(mlir::Value vector, tile::ReduceKind kind = tile::ReduceKind::Add);
  mlir::VectorType vector(int64_t n, mlir::Type type) { return mlir::VectorType::get({n}, type); }
  /// for i in [from, to) by step: one iteration is written out without a loop.
  void loop(int64_t from, int64_t to, int64_t step, llvm::function_ref<void(mlir::Value)> body);
  llvm::SmallVector<mlir::Value>
  loop(int64_t from, int64_t to, int64_t step, mlir::ValueRange start,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);
  /// Along an axis, a panel at a time where it is that of the panels: body(index, what is carried).
  llvm::SmallVector<mlir::Value>
  loopAlong(const tile::Axis &axis, int64_t step, mlir::ValueRange start,
            llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value from, mlir::Value to, mlir::ValueRange start,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);

  tile::KernelOp kernel;
  const Target &target;
  KernelPlan plan;
  mlir::OpBuilder &b;
  mlir::Location loc;

  mlir::Value tensorArray, lengths, length, scratch; // the function's arguments; length: of the longest sequence
  llvm::DenseMap<mlir::Value, Place> places;
  llvm::DenseMap<mlir::Value, mlir::Value> pointers, buffers, rowStrides; // of the kernel's tensors
  mlir::Value firstRow;                                                   // of the present chunk
  mlir::Value tokens;    // of the present chunk of an outer loop, or of the sequence
  mlir::Value validRows; // of the present chunk; null where it is full for certain
  int64_t chunk = 1;
  bool isReversed = false; // do chunks come last to first?
  int64_t sequences = 1;
  mlir::Value sequence;   // of the block, null where all are meant; then length and validRows are its own
  mlir::Value panelIndex; // null outside panel loops
  mlir::Value stepRow;    // the present row of the chunk; null outside steps
};

} // namespace mixc::cpu

#endif
