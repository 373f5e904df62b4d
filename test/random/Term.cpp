#include "test/random/Term.h"
#include <fmt/format.h>

namespace mixc::random {

std::string Shape::text() const {
  if (isScalar())
    return "scalar";
  if (isMatrix())
    return fmt::format("matrix<{}, {}>", rows, cols);
  return fmt::format("{}<{}>", isRow() ? "row" : "vector", rows + cols);
}

Term::Term(Node node) : node(std::make_shared<const Node>(std::move(node))) {}
const Shape &Term::shape() const { return node->shape; }

size_t Term::size() const {
  size_t total = 1;
  for (const Term &arg : node->args)
    total += arg.size();
  return total;
}

//===-- Text ----------------------------------------------------------------------------------------------------===//

namespace {

enum Level { Sums, Products, Signs, Powers, Turns, Atoms };

struct Spelling {
  Level level;
  const char *symbol;
};

Spelling spelling(Op op) {
  switch (op) {
  case Op::Add: return {Sums, " + "};
  case Op::Sub: return {Sums, " - "};
  case Op::Mul: return {Products, " * "};
  case Op::Each: return {Products, " .* "};
  case Op::Div: return {Products, " / "};
  case Op::EachDiv: return {Products, " ./ "};
  case Op::Neg: return {Signs, "-"};
  case Op::Pow: return {Powers, "^"};
  case Op::EachPow: return {Powers, " .^ "};
  case Op::Transpose: return {Turns, "'"};
  default: return {Atoms, ""};
  }
}

std::string print(const Term &term, int least) {
  auto [level, symbol] = spelling(term->op);
  std::string text;
  switch (term->op) {
  case Op::Number: text = fmt::format("{}", term->number); break;
  case Op::Identity: text = "I"; break;
  case Op::Name: text = term->name; break;
  case Op::Old: text = term->name + "[t-1]"; break;
  case Op::New: text = term->name + "[t]"; break;
  case Op::End: text = term->name + "[end]"; break;
  case Op::Lag:
    text = term->name + "[t-" + (term->extra.empty() ? fmt::format("{}", term->number) : term->extra) + "]";
    break;
  case Op::Over: text = "sum(" + term->extra + ", " + print(term->args[0], Sums) + ")"; break;
  case Op::Call: {
    for (const Term &arg : term->args)
      text += (text.empty() ? "" : ", ") + print(arg, Sums);
    text = term->name + "(" + text + term->extra + ")";
    break;
  }
  case Op::Neg: text = symbol + print(term->args[0], Powers); break;
  case Op::Transpose: text = print(term->args[0], Turns) + symbol; break;
  case Op::Pow:
  case Op::EachPow: text = print(term->args[0], Turns) + symbol + print(term->args[1], Turns); break;
  default: // to the left
    text = print(term->args[0], level) + symbol + print(term->args[1], level + 1);
  }
  return level < least ? "(" + text + ")" : text;
}

} // namespace

std::string Term::text() const { return print(*this, Sums); }

//===-- Building ------------------------------------------------------------------------------------------------===//

Term number(double value) {
  // The language has no negative numbers, only a minus.
  return value < 0 ? -number(-value) : Term({.op = Op::Number, .shape = {}, .number = value});
}
Term identity(const std::string &dim) { return Term({.op = Op::Identity, .shape = {dim, dim}}); }
Term name(const std::string &name, const Shape &shape) { return Term({.op = Op::Name, .shape = shape, .name = name}); }
Term oldState(const std::string &name, const Shape &shape) {
  return Term({.op = Op::Old, .shape = shape, .name = name});
}
Term newState(const std::string &name, const Shape &shape) {
  return Term({.op = Op::New, .shape = shape, .name = name});
}

Term endOfState(const std::string &name, const Shape &shape) {
  return Term({.op = Op::End, .shape = shape, .name = name});
}
Term lagged(const std::string &name, const Shape &shape, int64_t n) {
  return Term({.op = Op::Lag, .shape = shape, .name = name, .number = static_cast<double>(n)});
}
Term lagged(const std::string &name, const Shape &shape, const std::string &index) {
  return Term({.op = Op::Lag, .shape = shape, .name = name, .extra = index});
}
Term sumOver(const std::string &range, Term body) {
  return Term({.op = Op::Over, .shape = body.shape(), .args = {body}, .extra = range});
}
std::string baseOf(const std::string &name) { return name.substr(0, name.find('[')); }

Term call(const std::string &function, std::vector<Term> args, const Shape &shape, const std::string &extra) {
  return Term({.op = Op::Call, .shape = shape, .args = std::move(args), .name = function, .extra = extra});
}

Term call(const std::string &function, std::vector<Term> args) {
  Shape shape = args[0].shape();
  if (args.size() > 1 && shape.isScalar())
    shape = args[1].shape();
  return call(function, std::move(args), shape);
}

static Shape shapeOf(Op op, const std::vector<Term> &args) {
  const Shape &x = args[0].shape();
  if (op == Op::Transpose)
    return x.transposed();
  if (args.size() == 1)
    return x;
  const Shape &y = args[1].shape();
  if (x.isScalar())
    return y;
  if (y.isScalar())
    return x;
  return op == Op::Mul ? Shape{x.rows, y.cols} : x;
}

Term apply(Op op, std::vector<Term> args) {
  Shape shape = shapeOf(op, args);
  return Term({.op = op, .shape = shape, .args = std::move(args)});
}

//===-- Replacing -----------------------------------------------------------------------------------------------===//

static Term withArgs(const Term &term, std::vector<Term> args) {
  Node node = *term.operator->();
  node.args = std::move(args);
  return Term(std::move(node));
}

std::vector<Term> replaceOne(const Term &term, const std::function<std::vector<Term>(const Term &)> &replace) {
  std::vector<Term> results = replace(term);
  for (size_t i = 0; i < term->args.size(); ++i)
    for (const Term &other : replaceOne(term->args[i], replace)) {
      std::vector<Term> args = term->args;
      args[i] = other;
      results.push_back(withArgs(term, std::move(args)));
    }
  return results;
}

Term replaceAll(const Term &term, const std::function<Term(const Term &)> &replace) {
  std::vector<Term> args;
  for (const Term &arg : term->args)
    args.push_back(replaceAll(arg, replace));
  Term copy = args.empty() ? term : withArgs(term, std::move(args));
  Term other = replace(copy);
  return other ? other : copy;
}

Term withIndex(const Term &term, const std::string &index, int64_t number) {
  auto numbered = [&](std::string text) {
    for (int64_t less : {0, 1}) {
      std::string from = "[" + index + (less ? "-1]" : "]");
      if (size_t at = text.find(from); at != std::string::npos)
        text.replace(at, from.size(), fmt::format("[{}]", number - less));
    }
    return text;
  };
  return replaceAll(term, [&](const Term &x) {
    if (x->op == Op::Lag && x->extra == index)
      return number ? lagged(numbered(x->name), x.shape(), number) : name(numbered(x->name), x.shape());
    if (x->op == Op::Lag && numbered(x->name) != x->name)
      return lagged(numbered(x->name), x.shape(), static_cast<int64_t>(x->number));
    return x->op == Op::Name && numbered(x->name) != x->name ? name(numbered(x->name), x.shape()) : Term();
  });
}

bool anyOf(const Term &term, const std::function<bool(const Term &)> &test) {
  if (test(term))
    return true;
  for (const Term &arg : term->args)
    if (anyOf(arg, test))
      return true;
  return false;
}

} // namespace mixc::random
