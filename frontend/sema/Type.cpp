#include "frontend/sema/Type.h"
#include <fmt/format.h>

namespace mixc {

Type Type::transposed() const {
  switch (kind) {
  case Kind::Column: return row(rows);
  case Kind::Row: return column(cols);
  case Kind::Matrix: return matrix(cols, rows);
  default: return *this;
  }
}

std::string Type::str() const {
  if (isCondition)
    return isScalar() ? "condition" : numbers().str() + " of conditions";
  switch (kind) {
  case Kind::Error: return "?";
  case Kind::Scalar: return "scalar";
  case Kind::Column: return fmt::format("vector<{}>", rows.str());
  case Kind::Row: return fmt::format("row<{}>", cols.str());
  case Kind::Matrix: return fmt::format("matrix<{}, {}>", rows.str(), cols.str());
  case Kind::Square: return "identity";
  }
  return "?";
}

std::optional<Type> meet(const Type &a, const Type &b) {
  if (a.isError() || b.isError())
    return Type::error();
  if (a == b || b.isScalar())
    return a;
  if (a.isScalar())
    return b;
  if (a.isSquare() && b.isMatrix() && b.rows == b.cols)
    return b;
  if (b.isSquare() && a.isMatrix() && a.rows == a.cols)
    return a;
  return std::nullopt;
}

} // namespace mixc
