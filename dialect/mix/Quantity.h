// A value at one token, as the interpreter holds it. A matrix is a sum
//
//     M = scale D + identity I + diag(diagonal) + sum_k left_k right_k'
//
// so that H (I - beta k k') + beta v k' costs a few products of a matrix with a vector, not one with a matrix. The
// terms are exact; only the order of float64 additions differs from what a dense matrix would give.
#ifndef MIXC_DIALECT_MIX_QUANTITY_H
#define MIXC_DIALECT_MIX_QUANTITY_H

#include <cstdint>
#include <vector>

namespace mixc::mix {

/// A scalar, vector or matrix. Its dense part may lie in another quantity (or in the caller's data), which must then
/// outlive it unchanged: within a token every value is computed once, so this holds for operands of the same token.
struct Quantity {
  unsigned rank = 0;
  int64_t rows = 1, cols = 1; // 1 where the rank has no such axis

  std::vector<double> storage;   // scalars and vectors; and the dense part of a matrix, if it owns it
  const double *dense = nullptr; // D, row-major rows x cols (cols x rows if transposed); null if there is none
  bool transposed = false;       // the dense part is D'
  double scale = 1;              // of the dense part
  double identity = 0;
  std::vector<double> diagonal;    // empty if there is none
  int64_t terms = 0;               // how many outer products
  std::vector<double> left, right; // [terms, rows], [terms, cols]

  /// Makes this a quantity of the shape with no parts (for scalars and vectors: zeros).
  void reset(unsigned rank, int64_t rows, int64_t cols);
  int64_t size() const { return rows * cols; }
  bool isScalar() const { return rank == 0; }
  bool isMatrix() const { return rank == 2; }
  double number() const { return storage[0]; }
  bool isDense() const { return dense && !transposed && scale == 1 && identity == 0 && diagonal.empty() && terms == 0; }

  /// Makes this a matrix whose entries lie elsewhere (row-major).
  void view(int64_t rows, int64_t cols, const double *data);
  /// Adds an outer product, and gives where to write its two vectors.
  std::pair<double *, double *> addTerm();
  /// Adds factor * (rows x cols numbers elsewhere, transposed or not) to the dense part.
  void addDense(const double *data, bool dataTransposed, double factor);
  /// The same, but may keep the numbers: `data` holds anything afterwards.
  void takeDense(std::vector<double> &data);

  /// Writes all entries, row-major. With `roundToFloat32` rounds after each term, as separate ops would.
  void write(double *entries, bool roundToFloat32) const;
  /// All entries, row-major: the dense part itself if it is all there is, or written to `scratch`.
  const double *entries(std::vector<double> &scratch, bool roundToFloat32) const;
  /// Makes a matrix dense that has too many terms for these to save work.
  void settle(bool roundToFloat32);
  /// result = M x, or M' x.
  void multiply(const double *x, double *result, bool byTranspose) const;
  /// Rounds everything it owns to float32.
  void roundToFloat();
};

/// sum_i x_i y_i, in eight interleaved sums.
double dot(const double *x, const double *y, int64_t size);
void roundToFloat(double *x, int64_t size);

} // namespace mixc::mix

#endif
