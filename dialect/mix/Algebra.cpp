// Ops on quantities. With A, B structured and D dense:
//
//     c A, A / c, -A, A', A + B              term by term
//     A (b I + diag(d) + x y' + D)           A scaled by columns  +  (A x) y'  +  A D
//     (a I + diag(c) + u v') D               D scaled by rows  +  u (D' v)'
//
// and everything else entry by entry.
#include "dialect/mix/Algebra.h"
#include "dialect/mix/Scalar.h"
#include <algorithm>

namespace mixc::mix {

void Algebra::finish(Quantity &result) {
  result.settle(roundToFloat32);
  if (roundToFloat32)
    result.roundToFloat();
}

double Algebra::dot(const Quantity &x, const Quantity &y) {
  double sum = mix::dot(x.storage.data(), y.storage.data(), x.rows);
  return roundToFloat32 ? static_cast<float>(sum) : sum;
}

//===-- Entry by entry ------------------------------------------------------------------------------------------===//

void Algebra::unary(UnaryKind kind, const Quantity &x, Quantity &result) {
  if (kind == UnaryKind::Neg || kind == UnaryKind::Stop)
    return scale(x, kind == UnaryKind::Neg ? -1 : 1, /*divide=*/false, result);
  const double *entries = x.entries(scratch, roundToFloat32);
  result.reset(x.rank, x.rows, x.cols);
  product.resize(x.size());
  for (int64_t i = 0; i < x.size(); ++i)
    product[i] = apply(kind, entries[i]);
  if (x.isMatrix())
    result.takeDense(product);
  else
    result.storage.swap(product);
  finish(result);
}

void Algebra::binary(BinaryKind kind, const Quantity &x, const Quantity &y, Quantity &result) {
  if (x.isMatrix() && y.isMatrix() && (kind == BinaryKind::Add || kind == BinaryKind::Sub))
    return add(x, y, kind == BinaryKind::Add ? 1 : -1, result);
  if (y.isScalar() && (kind == BinaryKind::Mul || kind == BinaryKind::Div))
    return scale(x, y.number(), kind == BinaryKind::Div, result);
  if (x.isScalar() && kind == BinaryKind::Mul)
    return scale(y, x.number(), /*divide=*/false, result);
  entrywise(kind, x, y, result);
}

/// result_i = f(x_i, y_i), where a step of 0 repeats the one number of a scalar.
template <typename Function>
static void combine(const double *x, int64_t xStep, const double *y, int64_t yStep, double *result, int64_t size,
                    Function f) {
  if (xStep && yStep)
    for (int64_t i = 0; i < size; ++i)
      result[i] = f(x[i], y[i]);
  else
    for (int64_t i = 0; i < size; ++i)
      result[i] = f(x[i * xStep], y[i * yStep]);
}

void Algebra::entrywise(BinaryKind kind, const Quantity &x, const Quantity &y, Quantity &result) {
  const Quantity &shape = x.isScalar() ? y : x;
  const double *xs = x.entries(scratch, roundToFloat32), *ys = y.entries(scratch2, roundToFloat32);
  int64_t xStep = !x.isScalar(), yStep = !y.isScalar(), size = shape.size();
  result.reset(shape.rank, shape.rows, shape.cols);
  product.resize(size);
  auto run = [&](auto f) { combine(xs, xStep, ys, yStep, product.data(), size, f); };
  switch (kind) { // the first four without a call for every entry
  case BinaryKind::Add: run([](double a, double b) { return a + b; }); break;
  case BinaryKind::Sub: run([](double a, double b) { return a - b; }); break;
  case BinaryKind::Mul: run([](double a, double b) { return a * b; }); break;
  case BinaryKind::Div: run([](double a, double b) { return a / b; }); break;
  default: run([kind](double a, double b) { return apply(kind, a, b); }); break;
  }
  if (shape.isMatrix())
    result.takeDense(product);
  else
    result.storage.swap(product);
  finish(result);
}

void Algebra::select(const Quantity &condition, const Quantity &x, const Quantity &y, Quantity &result) {
  const Quantity *shape = &condition;
  for (const Quantity *branch : {&x, &y})
    if (!branch->isScalar())
      shape = branch;
  if (condition.isScalar()) // as it is
    if (const Quantity &taken = condition.number() != 0 ? x : y; taken.rank == shape->rank)
      return scale(taken, 1, /*divide=*/false, result);
  std::vector<double> third;
  const double *conditions = condition.entries(third, roundToFloat32);
  const double *xs = x.entries(scratch, roundToFloat32), *ys = y.entries(scratch2, roundToFloat32);
  int64_t rank = shape->rank, rows = shape->rows, cols = shape->cols, size = shape->size();
  int64_t step = !condition.isScalar(), xStep = !x.isScalar(), yStep = !y.isScalar();
  product.resize(size);
  for (int64_t i = 0; i < size; ++i)
    product[i] = conditions[i * step] != 0 ? xs[i * xStep] : ys[i * yStep];
  result.reset(rank, rows, cols);
  if (result.isMatrix())
    result.takeDense(product);
  else
    result.storage.swap(product);
  finish(result);
}

void Algebra::reduce(ReduceKind kind, const Quantity &x, Quantity &result) {
  const double *entries = x.entries(scratch, roundToFloat32);
  result.reset(0, 1, 1);
  if (kind == ReduceKind::Sum) {
    double sum = 0;
    for (int64_t i = 0; i < x.size(); ++i)
      sum += entries[i];
    result.storage[0] = sum;
  } else {
    double largest = entries[0];
    for (int64_t i = 1; i < x.size(); ++i)
      largest = apply(BinaryKind::Max, largest, entries[i]);
    result.storage[0] = largest;
  }
  finish(result);
}

void Algebra::kron(const Quantity &x, const Quantity &y, Quantity &result) {
  result.reset(1, x.rows * y.rows, 1);
  for (int64_t i = 0; i < x.rows; ++i)
    for (int64_t j = 0; j < y.rows; ++j)
      result.storage[i * y.rows + j] = x.storage[i] * y.storage[j];
  finish(result);
}

//===-- Term by term --------------------------------------------------------------------------------------------===//

void Algebra::scale(const Quantity &x, double factor, bool divide, Quantity &result) {
  auto times = [&](double number) { return divide ? number / factor : number * factor; };
  auto copy = [&](const std::vector<double> &from, std::vector<double> &to) {
    to.resize(from.size());
    std::transform(from.begin(), from.end(), to.begin(), times);
  };
  result.reset(x.rank, x.rows, x.cols);
  if (!x.isMatrix()) {
    copy(x.storage, result.storage);
    return finish(result);
  }
  result.dense = x.dense;
  result.transposed = x.transposed;
  result.scale = times(x.scale);
  result.identity = x.identity == 0 ? 0 : times(x.identity);
  result.terms = x.terms;
  copy(x.diagonal, result.diagonal);
  copy(x.left, result.left);
  result.right = x.right;
  finish(result);
}

void Algebra::add(const Quantity &x, const Quantity &y, double sign, Quantity &result) {
  result.reset(2, x.rows, x.cols);
  auto take = [&](const Quantity &from, double factor) {
    if (from.dense)
      result.addDense(from.dense, from.transposed, factor * from.scale);
    result.identity += factor * from.identity;
    if (!from.diagonal.empty()) {
      result.diagonal.resize(from.rows, 0.0);
      for (int64_t i = 0; i < from.rows; ++i)
        result.diagonal[i] += factor * from.diagonal[i];
    }
    for (double entry : from.left)
      result.left.push_back(factor * entry);
    result.right.insert(result.right.end(), from.right.begin(), from.right.end());
    result.terms += from.terms;
  };
  take(x, 1);
  take(y, sign);
  finish(result);
}

void Algebra::transpose(const Quantity &x, Quantity &result) {
  result.reset(2, x.cols, x.rows);
  result.dense = x.dense;
  result.transposed = !x.transposed;
  result.scale = x.scale;
  result.identity = x.identity;
  result.diagonal = x.diagonal;
  result.terms = x.terms;
  result.left = x.right;
  result.right = x.left;
  finish(result);
}

void Algebra::diag(const Quantity &x, Quantity &result) {
  result.reset(2, x.rows, x.rows);
  result.diagonal = x.storage;
  finish(result);
}

void Algebra::outer(const Quantity &x, const Quantity &y, Quantity &result) {
  result.reset(2, x.rows, y.rows);
  auto [left, right] = result.addTerm();
  std::copy(x.storage.begin(), x.storage.end(), left);
  std::copy(y.storage.begin(), y.storage.end(), right);
  finish(result);
}

//===-- Products ------------------------------------------------------------------------------------------------===//

void Algebra::scaleColumns(const Quantity &x, const Quantity &columns, Quantity &result) {
  if (!x.isMatrix())
    return entrywise(BinaryKind::Mul, x, columns, result);
  const double *factors = columns.storage.data();
  result.reset(2, x.rows, x.cols);
  if (x.dense) {
    product.resize(x.size());
    for (int64_t i = 0; i < x.rows; ++i)
      for (int64_t j = 0; j < x.cols; ++j)
        product[i * x.cols + j] =
            x.scale * (x.transposed ? x.dense[j * x.rows + i] : x.dense[i * x.cols + j]) * factors[j];
    result.takeDense(product);
  }
  if (x.identity != 0 || !x.diagonal.empty()) {
    result.diagonal.resize(x.cols);
    for (int64_t j = 0; j < x.cols; ++j)
      result.diagonal[j] = (x.identity + (x.diagonal.empty() ? 0.0 : x.diagonal[j])) * factors[j];
  }
  result.terms = x.terms;
  result.left = x.left;
  result.right = x.right;
  for (int64_t k = 0; k < x.terms; ++k)
    for (int64_t j = 0; j < x.cols; ++j)
      result.right[k * x.cols + j] *= factors[j];
  finish(result);
}

void Algebra::scaleRows(const Quantity &rows, const Quantity &x, Quantity &result) {
  Quantity turned, scaled;
  transpose(x, turned);
  scaleColumns(turned, rows, scaled);
  // The transpose of a dense part that `scaled` owns would refer to it after it is gone: copy it.
  transpose(scaled, result);
  if (result.dense && result.dense == scaled.storage.data()) {
    result.storage = std::move(scaled.storage);
    result.dense = result.storage.data();
  }
}

void Algebra::matmul(const Quantity &x, const Quantity &y, Quantity &result) {
  if (!y.isMatrix()) {
    result.reset(1, x.rows, 1);
    x.multiply(y.storage.data(), result.storage.data(), /*byTranspose=*/false);
    return finish(result);
  }

  // x (b I + diag(d)), into the result itself
  if (!y.diagonal.empty()) {
    Quantity columns;
    columns.reset(1, y.rows, 1);
    for (int64_t j = 0; j < y.rows; ++j)
      columns.storage[j] = y.identity + y.diagonal[j];
    scaleColumns(x, columns, result);
  } else if (y.identity != 0) {
    scale(x, y.identity, /*divide=*/false, result);
  } else {
    result.reset(2, x.rows, y.cols);
  }

  // (x l_k) r_k'
  for (int64_t k = 0; k < y.terms; ++k) {
    auto [left, right] = result.addTerm();
    x.multiply(y.left.data() + k * y.rows, left, /*byTranspose=*/false);
    std::copy_n(y.right.data() + k * y.cols, y.cols, right);
  }
  if (!y.dense)
    return finish(result);

  // x D, with D the dense part of y
  Quantity d;
  d.view(y.rows, y.cols, y.dense);
  d.transposed = y.transposed;
  d.scale = y.scale;
  for (int64_t k = 0; k < x.terms; ++k) {
    auto [left, right] = result.addTerm();
    std::copy_n(x.left.data() + k * x.rows, x.rows, left);
    d.multiply(x.right.data() + k * x.cols, right, /*byTranspose=*/true);
  }
  if (x.identity != 0)
    result.addDense(d.dense, d.transposed, x.identity * d.scale);
  if (!x.dense && x.diagonal.empty())
    return finish(result);
  const double *ds = d.entries(scratch, /*roundToFloat32=*/false);
  product.assign(x.rows * y.cols, 0.0);
  if (x.dense) {
    Quantity a;
    a.view(x.rows, x.cols, x.dense);
    a.transposed = x.transposed;
    a.scale = x.scale;
    const double *as = a.entries(scratch2, /*roundToFloat32=*/false);
    for (int64_t i = 0; i < x.rows; ++i)
      for (int64_t k = 0; k < x.cols; ++k)
        for (int64_t j = 0; j < y.cols; ++j)
          product[i * y.cols + j] += as[i * x.cols + k] * ds[k * y.cols + j];
  }
  for (size_t i = 0; i < x.diagonal.size(); ++i)
    for (int64_t j = 0; j < y.cols; ++j)
      product[i * y.cols + j] += x.diagonal[i] * ds[i * y.cols + j];
  result.takeDense(product);
  finish(result);
}

} // namespace mixc::mix
