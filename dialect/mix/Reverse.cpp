// Adjoints of the ops, with z = f(x, y) and its cotangent z':
//
//     z = x y          x' += z' y^T            y' += x^T z'          (matrices; with y a vector, x' += z' y^T is outer)
//     z = x y^T        x' += z' y              y' += z'^T x          (outer)
//     z = c A          A' += c z'              c' += sum_ij A_ij z'_ij
//     z_i = f(x_i, y_i)    x'_i += z'_i df/dx,  summed over i where x is a scalar
#include "dialect/mix/Reverse.h"
#include "dialect/mix/Scalar.h"
#include <cmath>

namespace mixc::mix {

void Reverse::clear() {
  for (Cotangent &cotangent : cotangents) {
    cotangent.sum = nullptr;
    cotangent.products.clear();
  }
}

//===-- Cotangents ----------------------------------------------------------------------------------------------===//

void Reverse::add(unsigned slot, const Quantity &term) {
  if (!wants(slot))
    return;
  const Quantity *&sum = cotangents[slot].sum;
  if (!sum) {
    sum = &term;
    return;
  }
  Quantity &total = frame.temporary();
  frame.algebra.binary(BinaryKind::Add, *sum, term, total);
  sum = &total;
}

void Reverse::addEntries(unsigned slot, std::vector<double> &&entries) {
  if (!wants(slot))
    return;
  const Quantity &shape = frame[slot];
  Quantity &term = frame.temporary();
  term.reset(shape.rank, shape.rows, shape.cols);
  if (shape.isMatrix())
    term.takeDense(entries);
  else
    term.storage = std::move(entries);
  frame.algebra.finish(term);
  add(slot, term);
}

void Reverse::addScaled(unsigned slot, const Cotangent &bar, double sign) {
  if (!wants(slot))
    return;
  if (bar.sum && sign > 0)
    add(slot, *bar.sum);
  if (bar.sum && sign < 0) {
    Quantity &negated = frame.temporary();
    frame.algebra.unary(UnaryKind::Neg, *bar.sum, negated);
    add(slot, negated);
  }
  for (auto [factor, left, right] : bar.products)
    cotangents[slot].products.push_back({sign * factor, left, right});
}

/// += c M, or M / c
void Reverse::addTimes(unsigned slot, Cotangent &bar, const Quantity &factor, bool divide) {
  if (!wants(slot))
    return;
  if (const double c = factor.number(); !std::isfinite(divide ? 1 / c : c)) {
    const double *bars = entries(bar);
    std::vector<double> result(bar.sum->size());
    for (int64_t i = 0; i < bar.sum->size(); ++i)
      result[i] = bars[i] == 0 ? 0 : divide ? bars[i] / c : bars[i] * c;
    return addEntries(slot, std::move(result));
  }
  if (bar.sum) {
    Quantity &scaled = frame.temporary();
    frame.algebra.binary(divide ? BinaryKind::Div : BinaryKind::Mul, *bar.sum, factor, scaled);
    add(slot, scaled);
  }
  for (auto [known, left, right] : bar.products)
    cotangents[slot].products.push_back({divide ? known / factor.number() : known * factor.number(), left, right});
}

/// Multiplied out at once where a factor has no dense part, which makes it cheap.
void Reverse::addProduct(unsigned slot, const Cotangent::Product &product) {
  if (product.left->dense && product.right->dense) {
    cotangents[slot].products.push_back(product);
    return;
  }
  Cotangent multiplied{nullptr, {product}};
  multiplyOut(multiplied);
  add(slot, *multiplied.sum);
}

void Reverse::multiplyOut(Cotangent &bar) {
  for (auto [factor, left, right] : bar.products) {
    Quantity *term = &frame.temporary();
    frame.algebra.matmul(*left, *right, *term);
    if (factor != 1) {
      Quantity &scaled = frame.temporary();
      frame.algebra.binary(BinaryKind::Mul, *term, scalar(factor), scaled);
      term = &scaled;
    }
    if (bar.sum) {
      Quantity &total = frame.temporary();
      frame.algebra.binary(BinaryKind::Add, *bar.sum, *term, total);
      term = &total;
    }
    bar.sum = term;
  }
  bar.products.clear();
}

const double *Reverse::entries(Cotangent &bar) {
  multiplyOut(bar);
  return bar.sum->entries(scratch, frame.algebra.roundToFloat32);
}

const Quantity &Reverse::scalar(double value) {
  Quantity &result = frame.temporary();
  result.reset(0, 1, 1);
  result.storage[0] = value;
  frame.algebra.finish(result);
  return result;
}

const Quantity &Reverse::transposed(const Quantity &matrix) {
  Quantity &result = frame.temporary();
  frame.algebra.transpose(matrix, result);
  return result;
}

const Quantity &Reverse::outerProduct(const Quantity &x, const Quantity &y) {
  Quantity &result = frame.temporary();
  frame.algebra.outer(x, y, result);
  return result;
}

const Quantity &Reverse::multiply(const Cotangent &bar, const Quantity &vector, bool byTranspose) {
  Quantity &result = frame.temporary();
  std::vector<double> inner, term;
  const Quantity *shaped = bar.sum ? bar.sum : nullptr;
  int64_t rows = shaped ? shaped->rows : bar.products[0].left->rows;
  int64_t cols = shaped ? shaped->cols : bar.products[0].right->cols;
  result.reset(1, byTranspose ? cols : rows, 1);
  if (bar.sum)
    bar.sum->multiply(vector.storage.data(), result.storage.data(), byTranspose);
  for (auto [factor, left, right] : bar.products) {
    inner.resize(left->cols);
    term.resize(result.rows);
    (byTranspose ? left : right)->multiply(vector.storage.data(), inner.data(), byTranspose);
    (byTranspose ? right : left)->multiply(inner.data(), term.data(), byTranspose);
    for (int64_t i = 0; i < result.rows; ++i)
      result.storage[i] += factor * term[i];
  }
  frame.algebra.finish(result);
  return result;
}

/// The entries (i, i) of a matrix.
static double diagonalEntry(const Quantity &matrix, int64_t i) {
  double sum = matrix.identity + (matrix.diagonal.empty() ? 0 : matrix.diagonal[i]);
  if (matrix.dense)
    sum += matrix.scale * matrix.dense[i * matrix.cols + i];
  for (int64_t k = 0; k < matrix.terms; ++k)
    sum += matrix.left[k * matrix.rows + i] * matrix.right[k * matrix.cols + i];
  return sum;
}

/// Of a square matrix.
std::vector<double> Reverse::diagonal(const Cotangent &bar) const {
  int64_t size = bar.sum ? bar.sum->rows : bar.products[0].left->rows;
  std::vector<double> result(size), left, right;
  for (int64_t i = 0; bar.sum && i < size; ++i)
    result[i] = diagonalEntry(*bar.sum, i);
  for (const Cotangent::Product &product : bar.products) {
    int64_t inner = product.left->cols;
    left.resize(size * inner);
    right.resize(size * inner);
    product.left->write(left.data(), frame.algebra.roundToFloat32);
    product.right->write(right.data(), frame.algebra.roundToFloat32);
    for (int64_t i = 0; i < size; ++i)
      for (int64_t k = 0; k < inner; ++k)
        result[i] += product.factor * left[i * inner + k] * right[k * size + i];
  }
  return result;
}

double Reverse::inner(const Quantity &x, Cotangent &bar) {
  double sum = 0;
  if (!x.isMatrix() || x.dense) { // entry by entry
    const double *bars = entries(bar), *xs = x.entries(scratchX, frame.algebra.roundToFloat32);
    for (int64_t i = 0; i < x.size(); ++i)
      sum += bars[i] == 0 ? 0 : bars[i] * xs[i];
    return sum;
  }
  if (x.identity != 0 || !x.diagonal.empty()) {
    std::vector<double> bars = diagonal(bar);
    for (int64_t i = 0; i < x.rows; ++i)
      sum += (x.identity + (x.diagonal.empty() ? 0 : x.diagonal[i])) * bars[i];
  }
  for (int64_t k = 0; k < x.terms; ++k) { // l_k' M r_k
    Quantity right;
    right.reset(1, x.cols, 1);
    std::copy_n(x.right.begin() + k * x.cols, x.cols, right.storage.begin());
    sum += mix::dot(x.left.data() + k * x.rows, multiply(bar, right, false).storage.data(), x.rows);
  }
  return sum;
}

const Quantity &Reverse::columnSums(const Quantity &x, const Quantity &y) {
  const double *xs = x.entries(scratchX, frame.algebra.roundToFloat32);
  const double *ys = y.entries(scratchY, frame.algebra.roundToFloat32);
  Quantity &result = frame.temporary();
  result.reset(1, x.cols, 1);
  for (int64_t i = 0; i < x.rows; ++i)
    for (int64_t j = 0; j < x.cols; ++j)
      result.storage[j] += ys[i * x.cols + j] == 0 ? 0 : xs[i * x.cols + j] * ys[i * x.cols + j];
  frame.algebra.finish(result);
  return result;
}

//===-- Entry by entry ------------------------------------------------------------------------------------------===//

void Reverse::unary(UnaryKind kind, Cotangent &bar, unsigned x) {
  if (kind == UnaryKind::Neg)
    return addScaled(x, bar, -1);
  if (!wants(x) || kind == UnaryKind::Stop)
    return;
  const double *bars = entries(bar), *xs = frame[x].entries(scratchX, frame.algebra.roundToFloat32);
  std::vector<double> result(frame[x].size());
  for (int64_t i = 0; i < frame[x].size(); ++i)
    result[i] = bars[i] == 0 ? 0 : bars[i] * derivative(kind, xs[i]);
  addEntries(x, std::move(result));
}

void Reverse::binary(BinaryKind kind, Cotangent &bar, unsigned x, unsigned y) {
  const Quantity &xs = frame[x], &ys = frame[y];
  if (xs.isMatrix() && ys.isMatrix() && (kind == BinaryKind::Add || kind == BinaryKind::Sub)) {
    addScaled(x, bar, 1);
    return addScaled(y, bar, kind == BinaryKind::Add ? 1 : -1);
  }
  if (xs.isMatrix() && ys.isScalar() && (kind == BinaryKind::Mul || kind == BinaryKind::Div))
    return scaling(bar, x, y, kind == BinaryKind::Div);
  if (xs.isScalar() && ys.isMatrix() && kind == BinaryKind::Mul)
    return scaling(bar, y, x, /*divide=*/false);
  elementwise(kind, bar, x, y);
}

/// z = c A, or A / c
void Reverse::scaling(Cotangent &bar, unsigned matrix, unsigned factor, bool divide) {
  addTimes(matrix, bar, frame[factor], divide);
  if (!wants(factor))
    return;
  double sum = inner(frame[matrix], bar), c = frame[factor].number();
  add(factor, scalar(!divide ? sum : sum == 0 ? 0 : -sum / c / c));
}

void Reverse::elementwise(BinaryKind kind, Cotangent &bar, unsigned x, unsigned y) {
  const double *xs = frame[x].entries(scratchX, frame.algebra.roundToFloat32);
  const double *ys = frame[y].entries(scratchY, frame.algebra.roundToFloat32);
  const double *bars = entries(bar);
  std::vector<double> toX(frame[x].size()), toY(frame[y].size());
  int64_t xStep = !frame[x].isScalar(), yStep = !frame[y].isScalar();
  for (int64_t i = 0; i < bar.sum->size(); ++i) {
    if (bars[i] == 0)
      continue;
    auto [byX, byY] = derivatives(kind, xs[i * xStep], ys[i * yStep]);
    toX[i * xStep] += bars[i] * byX;
    toY[i * yStep] += bars[i] * byY;
  }
  addEntries(x, std::move(toX));
  addEntries(y, std::move(toY));
}

void Reverse::select(Cotangent &bar, unsigned condition, unsigned x, unsigned y) {
  const Quantity &conditions = frame[condition];
  if (conditions.isScalar()) // all of it to the one that is taken
    if (unsigned taken = conditions.number() != 0 ? x : y; frame[taken].rank == (bar.sum ? bar.sum->rank : 2))
      return addScaled(taken, bar, 1);
  const double *bars = entries(bar);
  std::vector<double> held;
  const double *holds = conditions.entries(held, frame.algebra.roundToFloat32);
  std::vector<double> toX(frame[x].size()), toY(frame[y].size());
  int64_t step = !conditions.isScalar(), xStep = !frame[x].isScalar(), yStep = !frame[y].isScalar();
  for (int64_t i = 0; i < bar.sum->size(); ++i)
    (holds[i * step] != 0 ? toX[i * xStep] : toY[i * yStep]) += bars[i];
  addEntries(x, std::move(toX));
  addEntries(y, std::move(toY));
}

void Reverse::reduce(ReduceKind kind, Cotangent &bar, unsigned x) {
  double each = bar.sum->number();
  if (!wants(x) || each == 0)
    return;
  const Quantity &shape = frame[x];
  if (kind == ReduceKind::Sum && shape.isMatrix()) {
    Quantity ofRows, ones;
    ofRows.reset(1, shape.rows, 1);
    ones.reset(1, shape.cols, 1);
    ofRows.storage.assign(shape.rows, each);
    ones.storage.assign(shape.cols, 1);
    return add(x, outerProduct(ofRows, ones));
  }
  std::vector<double> result(shape.size(), each);
  if (kind == ReduceKind::Max) { // the largest share it
    const double *xs = shape.entries(scratchX, frame.algebra.roundToFloat32);
    double largest = *std::max_element(xs, xs + shape.size());
    auto ties = static_cast<double>(std::count(xs, xs + shape.size(), largest));
    for (int64_t i = 0; i < shape.size(); ++i)
      result[i] = xs[i] == largest ? each / ties : 0;
  }
  addEntries(x, std::move(result));
}

void Reverse::kron(Cotangent &bar, unsigned x, unsigned y) {
  const double *bars = entries(bar);
  const std::vector<double> &xs = frame[x].storage, &ys = frame[y].storage;
  std::vector<double> toX(xs.size()), toY(ys.size());
  for (size_t i = 0; i < xs.size(); ++i)
    for (size_t j = 0; j < ys.size(); ++j) {
      toX[i] += bars[i * ys.size() + j] * ys[j];
      toY[j] += bars[i * ys.size() + j] * xs[i];
    }
  addEntries(x, std::move(toX));
  addEntries(y, std::move(toY));
}

void Reverse::dot(Cotangent &bar, unsigned x, unsigned y) {
  if (bar.sum->number() == 0)
    return;
  for (auto [to, other] : {std::pair(x, y), std::pair(y, x)}) {
    if (!wants(to))
      continue;
    Quantity &term = frame.temporary();
    frame.algebra.binary(BinaryKind::Mul, frame[other], *bar.sum, term);
    add(to, term);
  }
}

//===-- Matrices ------------------------------------------------------------------------------------------------===//

void Reverse::transpose(Cotangent &bar, unsigned x) {
  if (bar.sum && wants(x))
    add(x, transposed(*bar.sum));
  for (auto [factor, left, right] : bar.products)
    if (wants(x))
      cotangents[x].products.push_back({factor, &transposed(*right), &transposed(*left)});
}

void Reverse::diag(Cotangent &bar, unsigned x) {
  if (wants(x))
    addEntries(x, diagonal(bar));
}

void Reverse::outer(Cotangent &bar, unsigned x, unsigned y) {
  if (wants(x))
    add(x, multiply(bar, frame[y], /*byTranspose=*/false));
  if (wants(y))
    add(y, multiply(bar, frame[x], /*byTranspose=*/true));
}

void Reverse::matmul(Cotangent &bar, unsigned x, unsigned y) {
  if (!frame[y].isMatrix()) {
    if (wants(x))
      add(x, outerProduct(*bar.sum, frame[y]));
    if (wants(y))
      add(y, multiply({&frame[x], {}}, *bar.sum, /*byTranspose=*/true));
    return;
  }
  auto product = [&](const Quantity &left, const Quantity &right) -> const Quantity & {
    Quantity &result = frame.temporary();
    frame.algebra.matmul(left, right, result);
    return result;
  };
  if (wants(x)) {
    const Quantity &right = transposed(frame[y]);
    if (bar.sum)
      addProduct(x, {1, bar.sum, &right});
    for (const Cotangent::Product &known : bar.products)
      addProduct(x, {known.factor, known.left, &product(*known.right, right)});
  }
  if (wants(y)) {
    const Quantity &left = transposed(frame[x]);
    if (bar.sum)
      addProduct(y, {1, &left, bar.sum});
    for (const Cotangent::Product &known : bar.products)
      addProduct(y, {known.factor, &product(left, *known.left), known.right});
  }
}

} // namespace mixc::mix
