// Where the code that is being written runs: a value, so that who goes inwards hands on another one, and nothing is to
// be put back.
#ifndef MIXC_LOWERING_CPU_SCOPE_H
#define MIXC_LOWERING_CPU_SCOPE_H

#include "lowering/Target.h"
#include "lowering/cpu/Plan.h"
#include "mlir/IR/Builders.h"

namespace mixc::cpu {

/// What holds for a whole kernel.
struct Frame {
  const KernelPlan plan;
  const Target target;
  const int64_t sequences; // of a block; 1: no block
  mlir::OpBuilder &b;
  const mlir::Value tensors, lengths, scratch; // arguments of the function; there are `lengths` where there is a block
};

/// Which rows of a chunk are tokens: all, for certain, or the first so many.
class Rows {
public:
  static Rows all() { return {}; }
  static Rows first(mlir::Value count) {
    Rows rows;
    rows.valid = count;
    return rows;
  }
  bool areAll() const { return !valid; }
  mlir::Value count() const {
    assert(valid && "all rows are tokens");
    return *valid;
  }

private:
  std::optional<mlir::Value> valid;
};

/// Index values are null where there is no such loop around.
struct Scope {
  const Frame *frame = nullptr;
  mlir::Value length;   // of the sequence; of a block's longest one, where no sequence is chosen
  mlir::Value tokens;   // of the present chunk of an outer loop, or of the sequence
  mlir::Value firstRow; // of the present chunk
  Rows rows;            // of the present chunk
  int64_t chunk = 1;
  bool isReversed = false;             // do chunks come last to first?
  std::optional<mlir::Value> sequence; // of the block; none: all of them
  std::optional<mlir::Value> panel;    // none outside panel loops
  std::optional<mlir::Value> step;     // the row that steps work on; none outside steps

  const KernelPlan &plan() const { return frame->plan; }
  bool hasBlock() const { return frame->sequences > 1; }

  Scope with(Rows rows) const {
    Scope inner = *this;
    inner.rows = rows;
    return inner;
  }
  Scope inPanel(mlir::Value panel) const {
    Scope inner = *this;
    inner.panel = panel;
    return inner;
  }
  Scope atStep(mlir::Value row) const {
    Scope inner = *this;
    inner.step = row;
    return inner;
  }
  Scope inChunk(mlir::Value firstRow, Rows rows) const {
    Scope inner = with(rows);
    inner.firstRow = firstRow;
    return inner;
  }
};

} // namespace mixc::cpu

#endif
