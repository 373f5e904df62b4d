// Reverse mode on quantities: the cotangents of the values of one token, and the adjoints of the tensor ops.
#ifndef MIXC_DIALECT_MIX_REVERSE_H
#define MIXC_DIALECT_MIX_REVERSE_H

#include "dialect/mix/Program.h"

namespace mixc::mix {

/// The cotangent of a value: the sum of a quantity and of products of matrices that are not multiplied out,
///
///     M' = S + sum_k c_k L_k R_k
///
/// In H (I - beta k k') the second factor has the cotangent H' Y, and all that is asked of it is its product with k:
/// two products of a matrix with a vector, where H' Y itself is one with a matrix.
struct Cotangent {
  struct Product {
    double factor;
    const Quantity *left, *right;
  };

  const Quantity *sum = nullptr; // null: zero
  std::vector<Product> products;

  bool isZero() const { return !sum && products.empty(); }
};

/// The cotangents at one token, by slot. Steps are undone from last to first, so that a cotangent is complete when its
/// step is; quantities that cotangents are made of are temporaries of the frame, or outlive the token.
///
/// A cotangent that is exactly 0 stays 0: what takes no part has gradient 0, whatever its slope. What was not chosen by
/// a max or min may be infinite. That holds entry by entry; in matrix products 0 times infinity is NaN, as it is
/// forward.
class Reverse {
public:
  Reverse(Frame &frame, const Program &program) : frame(frame), active(program.active), cotangents(program.slots) {}

  void clear();
  Cotangent &operator[](unsigned slot) { return cotangents[slot]; }
  const Quantity &value(unsigned slot) { return frame[slot]; }
  /// Does the value depend on anything that has a gradient? If not, it is given no cotangent.
  bool wants(unsigned slot) const { return active[slot]; }
  void add(unsigned slot, const Quantity &term);
  /// Adds a value of the slot's shape, given by its entries, and rounds it.
  void addEntries(unsigned slot, std::vector<double> &&entries);
  /// All entries, row-major; good until the next call.
  const double *entries(Cotangent &bar);

  /// Adjoints of the ops: given that of the result, add to the cotangents of x and y.
  void unary(UnaryKind kind, Cotangent &bar, unsigned x);
  void binary(BinaryKind kind, Cotangent &bar, unsigned x, unsigned y);
  void select(Cotangent &bar, unsigned condition, unsigned x, unsigned y);
  void reduce(ReduceKind kind, Cotangent &bar, unsigned x);
  void transpose(Cotangent &bar, unsigned x);
  void diag(Cotangent &bar, unsigned x);
  void matmul(Cotangent &bar, unsigned x, unsigned y);
  void outer(Cotangent &bar, unsigned x, unsigned y);
  void kron(Cotangent &bar, unsigned x, unsigned y);
  void dot(Cotangent &bar, unsigned x, unsigned y);

  /// M v, or M' v.
  const Quantity &multiply(const Cotangent &bar, const Quantity &vector, bool byTranspose);
  const Quantity &outerProduct(const Quantity &x, const Quantity &y);
  const Quantity &transposed(const Quantity &matrix);
  const Quantity &scalar(double value);
  /// sum_ij x_ij M_ij
  double inner(const Quantity &x, Cotangent &bar);
  /// sum_i x_ij y_ij, for each column j
  const Quantity &columnSums(const Quantity &x, const Quantity &y);

  Frame &frame;

private:
  void addScaled(unsigned slot, const Cotangent &bar, double sign);
  void addTimes(unsigned slot, Cotangent &bar, const Quantity &factor, bool divide);
  void addProduct(unsigned slot, const Cotangent::Product &product);
  void multiplyOut(Cotangent &bar);
  std::vector<double> diagonal(const Cotangent &bar) const;
  void elementwise(BinaryKind kind, Cotangent &bar, unsigned x, unsigned y);
  void scaling(Cotangent &bar, unsigned matrix, unsigned factor, bool divide);

  const std::vector<bool> &active;
  std::vector<Cotangent> cotangents;
  std::vector<double> scratch, scratchX, scratchY;
};

} // namespace mixc::mix

#endif
