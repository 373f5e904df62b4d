// The shapes of operators.
//   elementwise   both shapes agree, or one side is a scalar
//   a * b         scalar times anything; [N,M][M,P] -> [N,P]; u' v -> scalar; u v' -> matrix; never because a dim is 1
#include "frontend/sema/ExprChecker.h"
#include "frontend/syntax/Print.h"
#include <fmt/format.h>

namespace mixc {
using ast::BinaryOp;
using llvm::dyn_cast;
using mix::BinaryKind;

std::string operandText(const ast::Expr &e) {
  std::string text = printExpr(e);
  if (text.size() > 40)
    return "";
  bool atom = e.kind != ast::Expr::Kind::Binary && e.kind != ast::Expr::Kind::Negate;
  return atom ? text : "(" + text + ")";
}

/// `k^T`, and no `T` is declared.
static bool isTransposeMark(const ast::Binary &e, Scope &scope) {
  auto *mark = dyn_cast<ast::Reference>(e.right.get());
  return e.op == BinaryOp::Power && mark && mark->indices.empty() && mark->name.text == "T" && !scope.find("T");
}

Expr *ExprChecker::binary(const ast::Binary &e) {
  if (isTransposeMark(e, scope)) {
    const std::string operand = operandText(*e.left);
    diagnostics.add(Code::UnknownName, e.right->range, "unknown name `T`")
        .help(fmt::format("the transpose of `{0}` is `{0}'`", operand.empty() ? "x" : operand));
    return error(e.range);
  }
  if (e.op >= BinaryOp::Less)
    return e.op >= BinaryOp::And ? both(e) : compare(e);
  Expr *a = check(*e.left);
  Expr *b = check(*e.right);
  if (a->type.isError() || b->type.isError())
    return error(e.range);
  switch (e.op) {
  case BinaryOp::Add: return elementwise(BinaryKind::Add, "sum", e.range, *e.left, *e.right, a, b);
  case BinaryOp::Subtract: return elementwise(BinaryKind::Sub, "difference", e.range, *e.left, *e.right, a, b);
  case BinaryOp::Hadamard: return elementwise(BinaryKind::Mul, "elementwise product", e.range, *e.left, *e.right, a, b);
  case BinaryOp::ElementDivide:
    return elementwise(BinaryKind::Div, "elementwise quotient", e.range, *e.left, *e.right, a, b);
  case BinaryOp::ElementPower:
    return elementwise(BinaryKind::Pow, "elementwise power", e.range, *e.left, *e.right, a, b);
  case BinaryOp::Multiply: return product(e, a, b);
  case BinaryOp::Divide:
    if (!b->type.isScalar()) {
      Diagnostic &diagnostic =
          diagnostics.add(Code::DivisionShape, b->range, fmt::format("division by `{}`", b->type.str()))
              .label("not a scalar");
      if (meet(a->type, b->type))
        diagnostic.help("elements are divided by elements with `./`");
      return error(e.range);
    }
    return elementwise(BinaryKind::Div, "quotient", e.range, *e.left, *e.right, a, b);
  case BinaryOp::Power: {
    const Expr *wrong = !a->type.isScalar() ? a : !b->type.isScalar() ? b : nullptr;
    if (wrong) {
      Diagnostic &diagnostic = diagnostics.add(Code::PowerShape, wrong->range,
                                               fmt::format("`^` takes scalars, and this is `{}`", wrong->type.str()));
      if (meet(a->type, b->type))
        diagnostic.help("the power of every element is written `.^`");
      return error(e.range);
    }
    return elementwise(BinaryKind::Pow, "power", e.range, *e.left, *e.right, a, b);
  }
  default: break; // conditions are above
  }
  return error(e.range);
}

Expr *ExprChecker::elementwise(BinaryKind kind, std::string_view what, Range range, const ast::Expr &left,
                               const ast::Expr &right, Expr *a, Expr *b) {
  std::optional<Type> type = meet(a->type, b->type);
  if (!type) {
    meetMismatch(what, left, right, a, b);
    return error(range);
  }
  if (type->isMatrix()) {
    fit(a, type->rows);
    fit(b, type->rows);
  }
  Expr *result = make(Expr::Op::Binary, *type, range, {a, b});
  result->binary = kind;
  return result;
}

std::string transposedText(const ast::Expr &e, const Type &type) {
  auto text = [](const ast::Expr &part) { return operandText(part); };
  if (auto *transpose = dyn_cast<ast::Transpose>(&e))
    return text(*transpose->operand);
  auto *outer = dyn_cast<ast::Binary>(&e);
  auto *row = outer ? dyn_cast<ast::Transpose>(outer->right.get()) : nullptr;
  if (type.isMatrix() && row && outer->op == BinaryOp::Multiply && !text(*outer->left).empty() &&
      !text(*row->operand).empty())
    return fmt::format("{} * {}'", text(*row->operand), text(*outer->left));
  std::string operand = text(e);
  return operand.empty() ? "" : operand + "'";
}

void ExprChecker::meetMismatch(std::string_view what, const ast::Expr &left, const ast::Expr &right, Expr *a, Expr *b) {
  bool leftIsWrong = b->type == wanted && !(a->type == wanted);
  const ast::Expr &wrong = leftIsWrong ? left : right;
  const ast::Expr &other = leftIsWrong ? right : left;
  Expr *wrongExpr = leftIsWrong ? a : b, *otherExpr = leftIsWrong ? b : a;
  Diagnostic &diagnostic =
      diagnostics
          .add(Code::ShapesMeet, wrong.range, fmt::format("{} of `{}` and `{}`", what, a->type.str(), b->type.str()))
          .label(wrongExpr->type.str())
          .also(other.range, otherExpr->type.str());
  if (a->type.isSquare() || b->type.isSquare()) {
    diagnostic.note("`I` is square");
    return;
  }
  std::string turned = transposedText(wrong, wrongExpr->type);
  if (wrongExpr->type.transposed() == otherExpr->type && !turned.empty())
    diagnostic.help(fmt::format("write `{}`", turned));
}

//===-- Products -----------------------------------------------------------------------------------------------===//

Expr *ExprChecker::product(const ast::Binary &e, Expr *a, Expr *b) {
  if (a->type.isScalar() || b->type.isScalar()) {
    Expr *result = make(Expr::Op::Binary, a->type.isScalar() ? b->type : a->type, e.range, {a, b});
    result->binary = BinaryKind::Mul;
    return result;
  }
  auto rowsOf = [](const Expr *x) { return x->type.rows; };
  auto colsOf = [](const Expr *x) { return x->type.cols; };
  // `I` takes its size from its neighbour.
  if (a->type.isSquare() && (b->type.isMatrix() || b->type.isColumn()))
    fit(a, rowsOf(b));
  if (b->type.isSquare() && (a->type.isMatrix() || a->type.isRow()))
    fit(b, colsOf(a));
  std::optional<Type> type;
  if (a->type.isSquare() && b->type.isSquare())
    type = Type::square();
  else if (a->type.isRow() && b->type.isColumn() && colsOf(a) == rowsOf(b))
    type = Type::scalar();
  else if (a->type.isColumn() && b->type.isRow())
    type = Type::matrix(rowsOf(a), colsOf(b));
  else if (a->type.isMatrix() && b->type.isColumn() && colsOf(a) == rowsOf(b))
    type = Type::column(rowsOf(a));
  else if (a->type.isRow() && b->type.isMatrix() && colsOf(a) == rowsOf(b))
    type = Type::row(colsOf(b));
  else if (a->type.isMatrix() && b->type.isMatrix() && colsOf(a) == rowsOf(b))
    type = Type::matrix(rowsOf(a), colsOf(b));
  if (!type)
    return productMismatch(e, a, b);
  return make(Expr::Op::Product, *type, e.range, {a, b});
}

Expr *ExprChecker::productMismatch(const ast::Binary &e, Expr *a, Expr *b) {
  Diagnostic &diagnostic =
      diagnostics
          .add(Code::ProductShape, b->range, fmt::format("product of `{}` and `{}`", a->type.str(), b->type.str()))
          .label(b->type.str())
          .also(a->range, a->type.str());
  std::string left = operandText(*e.left), right = operandText(*e.right);
  if (left.empty() || right.empty())
    left = "a", right = "b";
  // `alpha * v * k` is `(alpha * v) * k`: the suggestion is what stands there, less the parentheses.
  if (auto *chain = dyn_cast<ast::Binary>(e.left.get()); chain && left.size() > 2 && left.front() == '(')
    if (chain->op != BinaryOp::Add && chain->op != BinaryOp::Subtract)
      left = left.substr(1, left.size() - 2);
  auto untransposed = [](const ast::Expr &x) {
    auto *transpose = dyn_cast<ast::Transpose>(&x);
    return transpose ? operandText(*transpose->operand) : std::string();
  };
  const Type &x = a->type, &y = b->type;
  if (x.isColumn() && y.isColumn()) {
    diagnostic.help(
        fmt::format("write `{} * {}'` for the outer product, a `{}`", left, right, Type::matrix(x.rows, y.rows).str()));
    if (x.rows == y.rows)
      diagnostic.help(fmt::format("write `dot({0}, {1})` for the scalar product, or `{0} .* {1}` to multiply elements",
                                  left, right));
  } else if (x.isRow() && y.isRow()) {
    if (x.cols == y.cols)
      diagnostic.help(fmt::format("write `{} * {}` for the scalar product", left,
                                  untransposed(*e.right).empty() ? right + "'" : untransposed(*e.right)));
  } else if (x.isMatrix() && y.isRow() && x.cols == y.cols) {
    diagnostic.help(fmt::format("write `{} * {}`: a matrix times a column", left,
                                untransposed(*e.right).empty() ? right + "'" : untransposed(*e.right)));
  } else if (x.isColumn() && y.isMatrix() && x.rows == y.rows) {
    diagnostic.help(fmt::format("write `{}' * {}`: a row times a matrix", left, right));
  } else if (x.isMatrix() && (y.isColumn() || y.isMatrix()) && x.rows == y.rows) {
    std::string turned = untransposed(*e.left);
    diagnostic.help(fmt::format("write `{} * {}`", turned.empty() ? left + "'" : turned, right));
  } else if (x.isMatrix() && y.isMatrix() && x.cols == y.cols) {
    std::string turned = untransposed(*e.right);
    diagnostic.help(fmt::format("write `{} * {}`", left, turned.empty() ? right + "'" : turned));
  } else if (x.isSquare() || y.isSquare()) {
    diagnostic.note("`I` is a matrix: it multiplies a column from the left and a row from the right");
  } else {
    diagnostic.note(fmt::format("the left side has {}, the right side {}",
                                x.isColumn() ? "one column" : fmt::format("`{}` columns", x.cols.str()),
                                y.isRow() ? "one row" : fmt::format("`{}` rows", y.rows.str())));
  }
  return error(e.range);
}

} // namespace mixc
