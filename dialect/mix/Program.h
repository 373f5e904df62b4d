// A mixer compiled for the interpreter: values in numbered slots, ops as closures over them.
#ifndef MIXC_DIALECT_MIX_PROGRAM_H
#define MIXC_DIALECT_MIX_PROGRAM_H

#include "dialect/mix/Algebra.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"
#include <deque>
#include <functional>

namespace mixc::mix {

/// The values of one head at one token.
struct Frame {
  Frame(size_t slots, bool roundToFloat32) : algebra(roundToFloat32), slots(slots) {}

  Quantity &operator[](unsigned slot) { return slots[slot]; }
  /// A quantity for an intermediate result, good until the next token.
  Quantity &temporary();
  void beginToken() { used = 0; }

  Algebra algebra;

private:
  std::vector<Quantity> slots;
  std::deque<Quantity> temporaries; // a deque: references stay good while it grows
  size_t used = 0;
};

class Reverse;
struct Cotangent;

/// One op: how its result is computed, and how a cotangent of the result becomes cotangents of the operands.
struct Step {
  using Compute = std::function<void(Frame &)>;
  using Adjoint = std::function<void(Reverse &, Cotangent &)>;

  Compute run;
  unsigned result;
  Adjoint adjoint;
  mlir::Operation *op = nullptr; // of the step; null where there is none of its own
};

/// An axis-bound shape: rank, and rows x cols (1 where there is no such axis).
struct Shape {
  unsigned rank = 0;
  int64_t rows = 1, cols = 1;
  int64_t size() const { return rows * cols; }
  /// The dims behind the leading ones of an array.
  std::vector<int64_t> dims() const;
};

/// A declared argument or result, and the slot of its value.
struct Declared {
  std::string name;
  Shape shape;
  unsigned slot = 0;
  bool perGroup = false;
  /// The array that holds it, with an axis of `count` before the dims if it is a family's (0: it is not).
  std::string tensor = {};
  int64_t member = 0, count = 0;
  /// Of an input: how many tokens back it is remembered.
  int64_t history = 0;

  /// What a token and head have in the array: how many numbers, in which shape, and where its own begin.
  int64_t rowSize() const { return std::max<int64_t>(count, 1) * shape.size(); }
  std::vector<int64_t> rowDims() const;
  int64_t offset() const { return member * shape.size(); }
};

struct DeclaredState : Declared {
  double start = 0;
  bool identityStart = false;
  std::string startParam = {};
  /// The value after the token: a slot (mix.next) or a computation (mix.component), which is called after all steps.
  unsigned next = 0;
  std::function<const Quantity &(Frame &)> advance = {};
  /// The adjoint of `advance`: takes the cotangent of the value after the token.
  std::function<void(Reverse &, const Quantity &)> advanceAdjoint = {};
};

/// The value of `input` some tokens ago.
struct Lag {
  unsigned slot, input;
  int64_t by;
};

/// The value of `state` after the last token.
struct End {
  unsigned slot, state;
};

/// The steps of a mixer under bound dims.
class Program {
public:
  static llvm::Expected<Program> compile(MixerOp mixer, const std::map<std::string, int64_t> &dims);

  std::vector<Declared> inputs, params, outputs;
  std::vector<DeclaredState> states;
  std::vector<Lag> lags;
  std::vector<End> ends;
  /// Steps that depend on params alone run once a head; the others at every token.
  std::vector<Step> perHead, perToken;
  size_t slots = 0;
  /// By slot: does it differ from token to token? Does it depend on anything that has a gradient?
  std::vector<bool> varies, active;

  /// The slot of a value of the mixer.
  unsigned slotAt(mlir::Value value) const { return slotOf.lookup(value); }

private:
  llvm::Expected<int64_t> number(const Dim &dim);
  /// Declared values have at least one entry; a part of a `concat` may have none.
  llvm::Expected<Shape> shapeOf(TensorType type, int64_t least = 1);
  llvm::Error add(mlir::Operation &op);
  llvm::Error addDeclaration(mlir::Operation &op);
  llvm::Error addOtherTime(mlir::Operation &op);
  llvm::Error addComponent(ComponentOp op);
  llvm::Expected<Step::Compute> pureStep(mlir::Operation &op);
  Step::Adjoint pureAdjoint(mlir::Operation &op);
  unsigned slot(mlir::Value value);

  std::map<std::string, int64_t> bindings;
  llvm::DenseMap<mlir::Value, unsigned> slotOf;
};

} // namespace mixc::mix

#endif
