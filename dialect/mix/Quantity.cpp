// Structured matrices: see the head of Quantity.h for what they stand for.
#include "dialect/mix/Quantity.h"
#include <algorithm>

namespace mixc::mix {

double dot(const double *x, const double *y, int64_t size) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= size; i += 8)
    for (int64_t lane = 0; lane < 8; ++lane)
      sums[lane] += x[i + lane] * y[i + lane];
  double sum = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
  for (; i < size; ++i)
    sum += x[i] * y[i];
  return sum;
}

/// y += a x
static void axpy(double a, const double *x, double *y, int64_t size) {
  for (int64_t i = 0; i < size; ++i)
    y[i] += a * x[i];
}

void roundToFloat(double *x, int64_t size) {
  for (int64_t i = 0; i < size; ++i)
    x[i] = static_cast<float>(x[i]);
}

void Quantity::reset(unsigned newRank, int64_t newRows, int64_t newCols) {
  rank = newRank;
  rows = newRows;
  cols = newCols;
  dense = nullptr;
  transposed = false;
  scale = 1;
  identity = 0;
  terms = 0;
  diagonal.clear();
  left.clear();
  right.clear();
  if (rank < 2)
    storage.assign(rows, 0.0);
}

void Quantity::view(int64_t newRows, int64_t newCols, const double *data) {
  reset(2, newRows, newCols);
  dense = data;
}

std::pair<double *, double *> Quantity::addTerm() {
  ++terms;
  left.resize(terms * rows);
  right.resize(terms * cols);
  return {left.data() + (terms - 1) * rows, right.data() + (terms - 1) * cols};
}

/// entries (rows x cols) += factor * data, transposed or not.
static void addScaled(double *entries, const double *data, bool transposed, double factor, int64_t rows, int64_t cols) {
  if (!transposed)
    return axpy(factor, data, entries, rows * cols);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < cols; ++j)
      entries[i * cols + j] += factor * data[j * rows + i];
}

void Quantity::addDense(const double *data, bool dataTransposed, double factor) {
  if (!dense) {
    dense = data;
    transposed = dataTransposed;
    scale = factor;
    return;
  }
  if (dense != storage.data() || transposed || scale != 1) {
    std::vector<double> own(size(), 0.0);
    addScaled(own.data(), dense, transposed, scale, rows, cols);
    storage.swap(own);
    dense = storage.data();
    transposed = false;
    scale = 1;
  }
  addScaled(storage.data(), data, dataTransposed, factor, rows, cols);
}

void Quantity::takeDense(std::vector<double> &data) {
  if (dense)
    return addDense(data.data(), false, 1);
  storage.swap(data);
  dense = storage.data();
  transposed = false;
  scale = 1;
}

void Quantity::write(double *entries, bool roundToFloat32) const {
  auto round = [&] {
    if (roundToFloat32)
      mix::roundToFloat(entries, size());
  };
  if (!isMatrix()) {
    std::copy(storage.begin(), storage.begin() + size(), entries);
    return round();
  }
  if (!dense) {
    std::fill(entries, entries + size(), 0.0);
  } else if (!transposed) {
    for (int64_t i = 0; i < size(); ++i)
      entries[i] = scale * dense[i];
  } else {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < cols; ++j)
        entries[i * cols + j] = scale * dense[j * rows + i];
  }
  round();
  if (identity != 0 || !diagonal.empty()) {
    for (int64_t i = 0; i < rows; ++i)
      entries[i * cols + i] += identity + (diagonal.empty() ? 0.0 : diagonal[i]);
    round();
  }
  for (int64_t k = 0; k < terms; ++k) {
    for (int64_t i = 0; i < rows; ++i)
      axpy(left[k * rows + i], right.data() + k * cols, entries + i * cols, cols);
    round();
  }
}

const double *Quantity::entries(std::vector<double> &scratch, bool roundToFloat32) const {
  if (!isMatrix())
    return storage.data();
  if (isDense())
    return dense;
  scratch.resize(size());
  write(scratch.data(), roundToFloat32);
  return scratch.data();
}

void Quantity::settle(bool roundToFloat32) {
  if (!isMatrix() || 2 * terms <= std::min(rows, cols))
    return;
  std::vector<double> own(size());
  write(own.data(), roundToFloat32);
  reset(rank, rows, cols);
  takeDense(own);
}

void Quantity::multiply(const double *x, double *result, bool byTranspose) const {
  int64_t height = byTranspose ? cols : rows, width = byTranspose ? rows : cols;
  std::fill(result, result + height, 0.0);
  // The stored array is height x width if both transpositions cancel, width x height otherwise.
  if (dense && transposed == byTranspose) {
    for (int64_t i = 0; i < height; ++i)
      result[i] = scale * dot(dense + i * width, x, width);
  } else if (dense) {
    for (int64_t j = 0; j < width; ++j)
      axpy(scale * x[j], dense + j * height, result, height);
  }
  if (identity != 0)
    axpy(identity, x, result, height);
  for (size_t i = 0; i < diagonal.size(); ++i)
    result[i] += diagonal[i] * x[i];
  for (int64_t k = 0; k < terms; ++k) {
    const double *l = left.data() + k * rows, *r = right.data() + k * cols;
    if (byTranspose)
      axpy(dot(l, x, rows), r, result, cols);
    else
      axpy(dot(r, x, cols), l, result, rows);
  }
}

void Quantity::roundToFloat() {
  auto round = [](std::vector<double> &numbers) { mix::roundToFloat(numbers.data(), numbers.size()); };
  scale = static_cast<float>(scale);
  identity = static_cast<float>(identity);
  if (!isMatrix() || dense == storage.data())
    round(storage);
  round(diagonal);
  round(left);
  round(right);
}

} // namespace mixc::mix
