// Parentheses are written where the precedence of the tree needs them, and nowhere else.
#include "frontend/syntax/Print.h"
#include <fmt/format.h>

namespace mixc {
namespace ast {

std::string_view spelling(BinaryOp op) {
  static constexpr std::string_view names[] = {"+", "-", "*",  "/",  ".*", "./", "^",   ".^",
                                               "<", ">", "<=", ">=", "==", "!=", "and", "or"};
  return names[size_t(op)];
}

std::string_view spelling(Role role) {
  static constexpr std::string_view names[] = {"input", "param", "state", "output"};
  return names[size_t(role)];
}

} // namespace ast
using namespace ast;

namespace {

enum Precedence {
  LowestLevel,
  OrLevel = LowestLevel,
  AndLevel,
  NotLevel,
  CompareLevel,
  AddLevel,
  MultiplyLevel,
  NegateLevel,
  PowerLevel,
  PostfixLevel,
  AtomLevel
};

Precedence levelOf(const Expr &e) {
  if (auto *binary = llvm::dyn_cast<Binary>(&e)) {
    switch (binary->op) {
    case BinaryOp::Add:
    case BinaryOp::Subtract: return AddLevel;
    case BinaryOp::Power:
    case BinaryOp::ElementPower: return PowerLevel;
    case BinaryOp::And: return AndLevel;
    case BinaryOp::Or: return OrLevel;
    case BinaryOp::Less:
    case BinaryOp::Greater:
    case BinaryOp::LessEqual:
    case BinaryOp::GreaterEqual:
    case BinaryOp::Equal:
    case BinaryOp::NotEqual: return CompareLevel;
    default: return MultiplyLevel;
    }
  }
  if (llvm::isa<Not>(e))
    return NotLevel;
  return llvm::isa<Negate>(e) ? NegateLevel : llvm::isa<Transpose>(e) ? PostfixLevel : AtomLevel;
}

class Printer {
public:
  std::string out;

  void expr(const Expr &e, int atLeast = LowestLevel) {
    bool parentheses = levelOf(e) < atLeast;
    if (parentheses)
      out += '(';
    bare(e);
    if (parentheses)
      out += ')';
  }

  void mixer(const Mixer &mixer) {
    out += "mixer " + mixer.name.text;
    for (const DimDeclaration &dim : mixer.dims) {
      out += &dim == &mixer.dims.front() ? "<" : ", ";
      out += dim.name.text;
      if (dim.value) {
        out += " = ";
        expr(*dim.value);
      }
    }
    out += mixer.dims.empty() ? " {\n" : "> {\n";
    for (const auto &statement : mixer.statements) {
      out += "  ";
      if (auto *declared = llvm::dyn_cast<Declaration>(statement.get()))
        declaration(*declared);
      else if (auto *written = llvm::dyn_cast<Equation>(statement.get()))
        equation(*written);
      else
        out += "require chunked";
      out += '\n';
    }
    out += "}\n";
  }

private:
  void bare(const Expr &e) {
    switch (e.kind) {
    case Expr::Kind::Number: out += llvm::cast<Number>(e).text; break;
    case Expr::Kind::Infinity: out += "inf"; break;
    case Expr::Kind::Identity: out += "I"; break;
    case Expr::Kind::Time: out += "t"; break;
    case Expr::Kind::End: out += "end"; break;
    case Expr::Kind::Reference: {
      auto &reference = llvm::cast<Reference>(e);
      out += reference.name.text;
      for (const ExprPtr &index : reference.indices)
        bracketed(*index);
      break;
    }
    case Expr::Kind::Negate:
      out += '-';
      expr(*llvm::cast<Negate>(e).operand, NegateLevel);
      break;
    case Expr::Kind::Not:
      out += "not ";
      expr(*llvm::cast<Not>(e).operand, NotLevel);
      break;
    case Expr::Kind::Transpose:
      expr(*llvm::cast<Transpose>(e).operand, PostfixLevel);
      out += '\'';
      break;
    case Expr::Kind::Binary: binary(llvm::cast<Binary>(e)); break;
    case Expr::Kind::Call: {
      auto &call = llvm::cast<Call>(e);
      out += call.function.text + "(";
      for (const ExprPtr &argument : call.arguments) {
        if (&argument != &call.arguments.front())
          out += ", ";
        expr(*argument);
      }
      out += ')';
      break;
    }
    case Expr::Kind::Sum: {
      auto &sum = llvm::cast<Sum>(e);
      out += "sum(" + sum.index.text + " in ";
      span(sum.span);
      out += ", ";
      expr(*sum.body);
      out += ')';
      break;
    }
    }
  }

  void binary(const Binary &e) {
    int level = levelOf(e);
    bool power = level == PowerLevel;
    // `^` is right-associative, and its exponent may be a negation; comparisons are not associative, the others to the
    // left.
    expr(*e.left, power ? PostfixLevel : level == CompareLevel ? AddLevel : level);
    bool tight = e.op == BinaryOp::Power;
    out += tight ? "^" : fmt::format(" {} ", spelling(e.op));
    expr(*e.right, power ? NegateLevel : level + 1);
  }

  // `t-1`, as everybody writes it, where other sums have spaces.
  void bracketed(const Expr &index) {
    size_t begin = out.size();
    out += '[';
    expr(index);
    out += ']';
    std::string_view operators = "+-*/.^";
    std::string tight;
    for (size_t i = begin; i < out.size(); ++i)
      if (out[i] != ' ' ||
          (operators.find(out[i - 1]) == operators.npos && operators.find(out[i + 1]) == operators.npos))
        tight += out[i];
    out.replace(begin, out.npos, tight);
  }

  void span(const Span &span) {
    expr(*span.from);
    out += "..";
    expr(*span.to);
  }

  void declaration(const Declaration &declaration) {
    out += spelling(declaration.role);
    for (const Declaration::Declared &declared : declaration.names) {
      out += &declared == &declaration.names.front() ? " " : ", ";
      out += declared.name.text;
      if (declared.family) {
        out += '[';
        span(*declared.family);
        out += ']';
      }
    }
    static constexpr std::string_view kinds[] = {"scalar", "vector", "matrix"};
    out += fmt::format(" : {}", kinds[size_t(declaration.type.kind)]);
    for (const ExprPtr &dim : declaration.type.dims) {
      out += &dim == &declaration.type.dims.front() ? "<" : ", ";
      expr(*dim);
    }
    if (!declaration.type.dims.empty())
      out += '>';
    if (declaration.perGroup)
      out += " per group";
    if (declaration.interval) {
      out += " in [";
      expr(*declaration.interval->low);
      out += ", ";
      expr(*declaration.interval->high);
      out += ']';
    }
    if (declaration.start) {
      out += " = ";
      expr(*declaration.start);
    }
  }

  void equation(const Equation &equation) {
    out += equation.isLet ? "let " + equation.name.text : equation.name.text;
    for (const Equation::Index &index : equation.indices) {
      if (!index.binder) {
        bracketed(*index.value);
        continue;
      }
      out += "[" + index.binder->text + " in ";
      span(index.span);
      out += ']';
    }
    out += " = ";
    expr(*equation.value);
  }
};

} // namespace

std::string printExpr(const Expr &e) {
  Printer printer;
  printer.expr(e);
  return std::move(printer.out);
}

std::string printAst(const File &file) {
  Printer printer;
  for (const Mixer &mixer : file.mixers) {
    if (&mixer != &file.mixers.front())
      printer.out += '\n';
    printer.mixer(mixer);
  }
  return std::move(printer.out);
}

} // namespace mixc
