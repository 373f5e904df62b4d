// The shape of a value, on symbols: K and V differ even if both are bound to 128.
#ifndef MIXC_FRONTEND_SEMA_TYPE_H
#define MIXC_FRONTEND_SEMA_TYPE_H

#include "dialect/mix/Dim.h"
#include "frontend/syntax/Ast.h"

namespace mixc {

using mix::Dim;

struct Type {
  enum class Kind {
    Error, // already reported: fits everything, silently
    Scalar,
    Column, // vector<rows>
    Row,    // its transpose, row<cols>
    Matrix, // matrix<rows, cols>
    Square, // made of `I`, of a size that its surroundings will tell
  };
  Kind kind = Kind::Error;
  Dim rows, cols;
  bool isCondition = false; // true or false, for every entry

  static Type error() { return {}; }
  static Type scalar() { return {Kind::Scalar, {}, {}, false}; }
  static Type column(Dim rows) { return {Kind::Column, std::move(rows), {}, false}; }
  static Type row(Dim cols) { return {Kind::Row, {}, std::move(cols), false}; }
  static Type matrix(Dim rows, Dim cols) { return {Kind::Matrix, std::move(rows), std::move(cols), false}; }
  static Type square() { return {Kind::Square, {}, {}, false}; }

  bool isError() const { return kind == Kind::Error; }
  bool isScalar() const { return kind == Kind::Scalar; }
  bool isColumn() const { return kind == Kind::Column; }
  bool isRow() const { return kind == Kind::Row; }
  bool isMatrix() const { return kind == Kind::Matrix; }
  bool isSquare() const { return kind == Kind::Square; }
  bool operator==(const Type &other) const {
    return kind == other.kind && rows == other.rows && cols == other.cols && isCondition == other.isCondition;
  }

  Type numbers() const { return as(false); }
  Type conditions() const { return as(true); }

  Type transposed() const;
  /// As the author would write it, but for a row, which has no name in the language.
  std::string str() const;

private:
  Type as(bool condition) const {
    Type type = *this;
    type.isCondition = condition && !isError();
    return type;
  }
};

/// The shape of an elementwise operation: both agree, or one is a scalar, or one is an `I` that can take the size of
/// the other. None if they do not fit.
std::optional<Type> meet(const Type &a, const Type &b);

} // namespace mixc

#endif
