// One kernel on one call: drawn numbers go in, and what comes out of the interpreter must come out of a backend.
#ifndef MIXC_TEST_CONFORMANCE_TRIAL_H
#define MIXC_TEST_CONFORMANCE_TRIAL_H

#include "dialect/tile/Interpreter.h"
#include "test/conformance/Backend.h"

namespace mixc::conformance {

/// What a call is like.
struct Shape {
  std::string name;
  std::vector<int64_t> lengths;
  bool isPacked = false;
  int64_t heads = 1, groups = 1;
  bool isGrouped = false; // all that heads can share, groups of them do
  int absent = -1;        // what he may leave out the caller does: every second one, from the first or the second on
};

/// The calls that every kernel is tried on: with and without missing rows, groups, and tensors that may be absent.
std::vector<Shape> shapesFor(tile::KernelOp kernel);

class Trial {
public:
  /// Draws what the kernel reads, and lets the interpreter say what it must write.
  static llvm::Expected<Trial> make(tile::KernelOp kernel, const Shape &shape);

  /// What is wrong with what a backend makes of it, a line for every tensor; empty if nothing is.
  std::string run(Kernels &kernels);

private:
  struct Tensor {
    Argument argument;
    tile::Per per = tile::Per::Token;
    int64_t rows = 0, columns = 1;
    std::vector<double> numbers; // given; then expected

    double *at(int64_t row, int64_t column) { return numbers.data() + (row * columns + column) * argument.elements; }
    bool isWritten() const;
    bool isParam() const { return argument.role == tile::Role::Param || argument.role == tile::Role::ParamGrad; }
    std::string difference(const std::vector<char> &before, const std::vector<char> &after) const;
  };

  Trial(tile::KernelOp kernel, const Shape &shape);
  void addTensor(unsigned index);
  int64_t firstRow(const Tensor &tensor, int64_t sequence) const;
  int64_t rowsOf(const Tensor &tensor, int64_t sequence) const;
  bool isLastOfGroup(int64_t head) const { return (head + 1) % (call.heads / call.groups) == 0; }
  llvm::Error interpret(int64_t firstSequence, int64_t head, std::vector<Tensor> &results);
  tile::Buffer read(Tensor &tensor, int64_t sequence, int64_t head);
  llvm::Error write(Tensor &tensor, const tile::Buffer &buffer, int64_t sequence, int64_t head);

  tile::KernelOp kernel;
  std::string name;
  Shape shape;
  Call call;
  std::vector<Tensor> tensors, expected;
};

} // namespace mixc::conformance

#endif
