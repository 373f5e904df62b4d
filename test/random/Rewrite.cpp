#include "test/random/Rewrite.h"
#include "test/random/Random.h"
#include <algorithm>
#include <fmt/format.h>

namespace mixc::random {
namespace {

using Terms = std::vector<Term>;

bool is(const Term &x, Op op) { return x->op == op; }
Term left(const Term &x) { return x->args[0]; }
Term right(const Term &x) { return x->args[1]; }
bool isSum(const Term &x) { return is(x, Op::Add) || is(x, Op::Sub); }
/// A sum of two of one shape: a scalar added to every entry does not distribute over products.
bool isPlainSum(const Term &x) { return isSum(x) && left(x).shape() == right(x).shape(); }
bool isScaling(const Term &x) { return is(x, Op::Mul) && (left(x).shape().isScalar() || right(x).shape().isScalar()); }
bool isProduct(const Term &x) { return is(x, Op::Mul) && !isScaling(x); }

/// x y, where I is left out.
Term product(const Term &x, const Term &y) {
  if (is(x, Op::Identity) && !y.shape().isScalar())
    return y;
  if (is(y, Op::Identity) && !x.shape().isScalar())
    return x;
  return x * y;
}

/// x' without needless turns.
Term turned(const Term &x) {
  if (is(x, Op::Transpose))
    return left(x);
  if (is(x, Op::Identity) || x.shape().isScalar() || (is(x, Op::Call) && x->name == "diag"))
    return x;
  return transpose(x);
}

/// Does `I` find its size beside what is left of it? It needs a sum or a product.
bool holdsIdentity(const Term &x) {
  return anyOf(x, [](const Term &part) { return is(part, Op::Identity); });
}

Terms distribute(const Term &x) {
  Terms results;
  if (!is(x, Op::Mul) && !is(x, Op::Each))
    return results;
  auto times = [&](const Term &a, const Term &b) { return is(x, Op::Each) ? a % b : product(a, b); };
  if (isPlainSum(left(x)) && !(right(x).shape().isScalar() && holdsIdentity(left(x))))
    results.push_back(apply(left(x)->op, {times(left(left(x)), right(x)), times(right(left(x)), right(x))}));
  if (isPlainSum(right(x)) && !(left(x).shape().isScalar() && holdsIdentity(right(x))))
    results.push_back(apply(right(x)->op, {times(left(x), left(right(x))), times(left(x), right(right(x)))}));
  return results;
}

Terms factor(const Term &x) {
  Terms results;
  // X + a X = (1 + a) X
  if (isPlainSum(x) && isScaling(right(x)) && left(right(x)).shape().isScalar() && right(right(x)) == left(x))
    results.push_back(apply(x->op, {number(1), left(right(x))}) * left(x));
  if (!isPlainSum(x) || left(x)->op != right(x)->op || (!is(left(x), Op::Mul) && !is(left(x), Op::Each)))
    return results;
  Term a = left(left(x)), b = right(left(x)), c = left(right(x)), d = right(right(x));
  if (a == c && b.shape() == d.shape())
    results.push_back(apply(left(x)->op, {a, apply(x->op, {b, d})}));
  if (b == d && a.shape() == c.shape())
    results.push_back(apply(left(x)->op, {apply(x->op, {a, c}), b}));
  return results;
}

Terms turn(const Term &x) {
  if (!x.shape().isMatrix() || is(x, Op::Identity))
    return {};
  if (is(x, Op::Transpose)) {
    Term of = left(x);
    if (isProduct(of))
      return {turned(right(of)) * turned(left(of))};
    if (isPlainSum(of) || is(of, Op::Each))
      return {apply(of->op, {turned(left(of)), turned(right(of))})};
    return {};
  }
  if (isProduct(x))
    return {transpose(turned(right(x)) * turned(left(x)))};
  if (isPlainSum(x))
    return {transpose(apply(x->op, {turned(left(x)), turned(right(x))}))};
  return {};
}

Terms swap(const Term &x) {
  if (is(x, Op::Add) || is(x, Op::Each) || isScaling(x))
    return {apply(x->op, {right(x), left(x)})};
  if (isProduct(x) && x.shape().isScalar()) // u' v = v' u
    return {turned(right(x)) * turned(left(x))};
  if (is(x, Op::Call) && (x->name == "dot" || x->name == "min" || x->name == "max") &&
      left(x).shape() == right(x).shape())
    return {call(x->name, {right(x), left(x)}, x.shape(), x->extra)};
  return {};
}

/// Do three factors multiply the same way whichever is first?
bool associates(const Term &a, const Term &b, const Term &c) {
  auto inner = [](const Term &x, const Term &y) {
    return !x.shape().isScalar() && !y.shape().isScalar() && x.shape().cols == y.shape().rows;
  };
  auto fits = [&](const Term &x, const Term &y) { return x.shape().isScalar() || y.shape().isScalar() || inner(x, y); };
  // A scalar made by a product scales from either side, if the outer pair still fits.
  if (!fits(a, b) || !fits(b, c))
    return false;
  Shape ab = (a * b).shape(), bc = (b * c).shape();
  bool one = ab.isScalar() || c.shape().isScalar() || ab.cols == c.shape().rows;
  bool two = bc.isScalar() || a.shape().isScalar() || a.shape().cols == bc.rows;
  if (!one || !two)
    return false;
  // u (v' w) and (u v') w agree; (u' v) W and u' (v W) do not even fit; a row times a column in the middle scales.
  return apply(Op::Mul, {a * b, c}).shape() == apply(Op::Mul, {a, b * c}).shape();
}

Terms associate(const Term &x) {
  Terms results;
  if (is(x, Op::Mul)) {
    if (is(left(x), Op::Mul) && associates(left(left(x)), right(left(x)), right(x)))
      results.push_back(left(left(x)) * (right(left(x)) * right(x)));
    if (is(right(x), Op::Mul) && associates(left(x), left(right(x)), right(right(x))))
      results.push_back((left(x) * left(right(x))) * right(right(x)));
  }
  if (is(x, Op::Add) && is(left(x), Op::Add) && isPlainSum(x) && isPlainSum(left(x)))
    results.push_back(left(left(x)) + (right(left(x)) + right(x)));
  if (is(x, Op::Add) && is(right(x), Op::Add) && isPlainSum(x) && isPlainSum(right(x)))
    results.push_back((left(x) + left(right(x))) + right(right(x)));
  return results;
}

/// (a X) Y = a (X Y), X (a Y) = a (X Y)
Terms moveScalar(const Term &x) {
  Terms results;
  if (!isProduct(x))
    return results;
  auto split = [](const Term &scaling) {
    bool isLeft = left(scaling).shape().isScalar();
    return std::pair(isLeft ? left(scaling) : right(scaling), isLeft ? right(scaling) : left(scaling));
  };
  if (isScaling(left(x)) && !left(x).shape().isScalar()) {
    auto [a, X] = split(left(x));
    results.push_back(a * (X * right(x)));
    if (!is(right(x), Op::Identity))
      results.push_back(X * (a * right(x)));
  }
  if (isScaling(right(x)) && !right(x).shape().isScalar()) {
    auto [a, Y] = split(right(x));
    results.push_back(a * (left(x) * Y));
  }
  return results;
}

Terms sign(const Term &x) {
  if (is(x, Op::Sub))
    return {left(x) + -right(x), -(right(x) - left(x)), left(x) + number(-1) * right(x)};
  if (is(x, Op::Neg) && !is(left(x), Op::Number))
    return {number(-1) * left(x)};
  if (is(x, Op::Add) && is(right(x), Op::Neg))
    return {left(x) - left(right(x))};
  if (isScaling(x))
    return {-(-x)};
  return {};
}

Terms divide(const Term &x) {
  if (is(x, Op::Div))
    return {(number(1) / right(x)) * left(x)};
  return {};
}

/// Other spellings of outer products, dots and diagonals.
Terms respell(const Term &x) {
  if (is(x, Op::Call) && x->name == "outer")
    return {left(x) * transpose(right(x))};
  if (is(x, Op::Call) && x->name == "dot")
    return {transpose(left(x)) * right(x), sum(left(x) % right(x))};
  if (isProduct(x) && left(x).shape().isColumn() && is(right(x), Op::Transpose))
    return {call("outer", {left(x), left(right(x))}, x.shape())};
  if (isProduct(x) && x.shape().isScalar())
    return {call("dot", {turned(left(x)), right(x)}, {})};
  if (isProduct(x) && is(left(x), Op::Call) && left(x)->name == "diag" && x.shape().isColumn())
    return {left(left(x)) % right(x)};
  // (e g') .* S = diag(e) S diag(g)
  if (is(x, Op::Each) && x.shape().isMatrix() && isProduct(left(x)) && left(left(x)).shape().isColumn())
    return {diag(left(left(x))) * right(x) * diag(turned(right(left(x))))};
  return {};
}

/// a X = (0.25 a) X + (0.75 a) X = (a - 1) X + X
Terms split(const Term &x) {
  if (!isScaling(x) || x.shape().isScalar() || holdsIdentity(x))
    return {};
  bool isLeft = left(x).shape().isScalar();
  Term a = isLeft ? left(x) : right(x), X = isLeft ? right(x) : left(x);
  return {number(0.25) * a * X + number(0.75) * a * X, (a - number(1)) * X + X};
}

Terms timesOne(const Term &x) {
  if (is(x, Op::Old) && x.shape().isMatrix())
    return {number(1) * x, transpose(transpose(x)), x * identity(x.shape().cols)};
  return {};
}

/// Is a gradient taken with respect to this let or state?
bool isTarget(const Mixer &mixer, const std::string &name) {
  for (const Term *term : mixer.terms())
    if (anyOf(*term, [&](const Term &x) {
          return is(x, Op::Call) && x->name == "grad" && baseOf(x->extra.substr(2)) == name;
        }))
      return true;
  return false;
}

/// The value of a let n tokens ago: that of its inputs; none of a family's index.
Term earlier(const Mixer &mixer, const Term &value, int64_t n) {
  auto isParam = [&](const Term &x) {
    return std::any_of(mixer.arguments.begin(), mixer.arguments.end(),
                       [&](const Argument &argument) { return argument.isParam && argument.name == baseOf(x->name); });
  };
  if (anyOf(value, [](const Term &x) { return is(x, Op::Lag) && !x->extra.empty(); }))
    return {};
  return replaceAll(value, [&](const Term &x) {
    if (is(x, Op::Name) && !isParam(x))
      return lagged(x->name, x.shape(), n);
    return is(x, Op::Lag) ? lagged(x->name, x.shape(), static_cast<int64_t>(x->number) + n) : Term();
  });
}

std::vector<Mixer> inlined(const Mixer &mixer) {
  std::vector<Mixer> results;
  for (const Equation &let : mixer.lets) {
    if (baseOf(let.name) != let.name || !let.range.empty() || isTarget(mixer, let.name))
      continue;
    Mixer other = mixer;
    bool fits = true;
    for (Term *term : other.terms())
      *term = replaceAll(*term, [&](const Term &x) {
        bool isThis = x->name == let.name, isLagged = isThis && is(x, Op::Lag);
        Term value = isLagged ? earlier(mixer, let.value, static_cast<int64_t>(x->number)) : let.value;
        fits &= static_cast<bool>(value);
        return isLagged || (isThis && is(x, Op::Name)) ? value : Term();
      });
    std::erase_if(other.lets, [&](const Equation &candidate) { return candidate.name == let.name; });
    if (fits && other.size() < 600)
      results.push_back(other);
  }
  for (const State &state : mixer.states) {
    Mixer other = mixer;
    bool found = false;
    for (Term *term : other.terms())
      *term = replaceAll(*term, [&](const Term &x) {
        bool isThis = is(x, Op::New) && x->name == state.name;
        found |= isThis;
        return isThis ? state.update : Term();
      });
    if (found && other.size() < 600)
      results.push_back(other);
  }
  return results;
}

/// Families and sums member by member.
std::vector<Mixer> unrolled(const Mixer &mixer) {
  std::vector<Mixer> results;
  auto last = [&](const std::string &range) { return range.back() == 'n' ? mixer.count : range.back() - '0'; };
  for (size_t i = 0; i < mixer.terms().size(); ++i)
    for (const Term &other : replaceOne(*mixer.terms()[i], [&](const Term &x) -> Terms {
           if (!is(x, Op::Over))
             return {};
           Term sum;
           for (int64_t j = x->extra[5] - '0'; j <= last(x->extra); ++j) { // `j in 1..n`
             Term member = withIndex(left(x), "j", j);
             sum = sum ? sum + member : member;
           }
           return {sum};
         })) {
      Mixer copy = mixer;
      *copy.terms()[i] = other;
      results.push_back(copy);
    }
  for (const Equation &let : mixer.lets) {
    if (let.range.empty() || isTarget(mixer, let.name))
      continue;
    Mixer other = mixer;
    std::erase_if(other.lets, [&](const Equation &known) { return known.name == let.name; });
    for (int64_t j = 1; j <= mixer.count; ++j)
      other.lets.push_back({fmt::format("{}[{}]", let.name, j), withIndex(let.value, "j", j)});
    auto plain = [&](const std::string &name) {
      if (baseOf(name) != let.name || name == let.name)
        return name;
      std::string index = name.substr(let.name.size() + 1, name.size() - let.name.size() - 2);
      return let.name + "_" + (index == "n" ? std::to_string(mixer.count) : index);
    };
    bool fits = true;
    for (Equation &known : other.lets)
      known.name = plain(known.name);
    for (Term *term : other.terms())
      *term = replaceAll(*term, [&](const Term &x) {
        bool isThis = is(x, Op::Name) && plain(x->name) != x->name;
        fits &= !isThis || x->name.find('j') == std::string::npos; // another family's, which keeps its index
        return isThis ? name(plain(x->name), x.shape()) : Term();
      });
    if (fits)
      results.push_back(other);
  }
  return results;
}

/// A state declared the other way round.
std::vector<Mixer> turnedStates(const Mixer &mixer) {
  std::vector<Mixer> results;
  for (const State &state : mixer.states) {
    bool isPlain = state.start.empty() || state.start.find_first_not_of("0123456789.") == std::string::npos;
    if (state.shape.rows == state.shape.cols || !state.shape.isMatrix() || !isPlain || isTarget(mixer, state.name))
      continue;
    Mixer other = mixer;
    for (Term *term : other.terms())
      *term = replaceAll(*term, [&](const Term &x) {
        bool isThis = (is(x, Op::Old) || is(x, Op::New) || is(x, Op::End)) && x->name == state.name;
        return isThis ? transpose(Term({.op = x->op, .shape = x.shape().transposed(), .name = x->name})) : Term();
      });
    for (State &known : other.states)
      if (known.name == state.name) {
        known.shape = state.shape.transposed();
        known.update = transpose(known.update);
      }
    results.push_back(other);
  }
  return results;
}

/// Lets of terms; not of what has an index, or needs the end.
std::vector<Mixer> named(const Mixer &mixer) {
  std::vector<Mixer> results;
  auto isBound = [](const Term &x) {
    return anyOf(x, [](const Term &part) {
      return is(part, Op::End) || part->name.find("[j") != std::string::npos || part->extra == "j";
    });
  };
  for (size_t i = 0; i < mixer.terms().size(); ++i) {
    Term fresh = name("n" + std::to_string(mixer.lets.size()), {});
    Term term = *mixer.terms()[i], value;
    for (const Term &other : replaceOne(term, [&](const Term &x) -> Terms {
           bool isLeaf = x->args.empty() || x.shape().isRow();
           return isLeaf || holdsIdentity(x) || isBound(x)
                      ? Terms()
                      : Terms{Term({.op = Op::Name, .shape = x.shape(), .args = {x}, .name = fresh->name})};
         })) {
      Mixer copy = mixer;
      // The fresh name carries what it stands for until here.
      *copy.terms()[i] = replaceAll(other, [&](const Term &x) {
        if (!is(x, Op::Name) || x->name != fresh->name)
          return Term();
        value = left(x);
        return name(fresh->name, x.shape());
      });
      copy.lets.push_back({fresh->name, value});
      results.push_back(copy);
    }
  }
  return results;
}

} // namespace

const std::vector<Rule> &rules() {
  static const std::vector<Rule> all = {
      {"distribute", distribute},
      {"factor", factor},
      {"transpose", turn},
      {"swap operands", swap},
      {"associate", associate},
      {"move a scalar", moveScalar},
      {"sign", sign},
      {"divide", divide},
      {"respell", respell},
      {"times one", timesOne},
      {"split a scalar", split},
  };
  return all;
}

static constexpr const char *severalRules = "several rules";

/// Chains of rewrites, the same ones each time.
static std::vector<Mixer> chained(const Mixer &mixer) {
  constexpr int chains = 3, steps = 4;
  constexpr size_t largest = 200;
  std::vector<std::string> names = {"transpose a state"};
  for (const Rule &rule : rules())
    names.emplace_back(rule.name);
  std::vector<Mixer> results;
  for (int chain = 0; chain < chains; ++chain) {
    Random random(chain);
    Mixer last = mixer;
    bool isChanged = false;
    for (int step = 0; step < steps; ++step) {
      std::vector<Mixer> next = rewritten(last, random.pick(names));
      if (next.empty())
        continue;
      Mixer candidate = random.pick(next);
      if (candidate.size() > largest)
        continue;
      last = candidate;
      isChanged = true;
    }
    if (isChanged)
      results.push_back(last);
  }
  return results;
}

std::vector<std::string> ruleNames() {
  std::vector<std::string> names = {"inline", "name a term", "unroll", "transpose a state", severalRules};
  for (const Rule &rule : rules())
    names.emplace_back(rule.name);
  return names;
}

std::vector<Mixer> rewritten(const Mixer &mixer, const std::string &rule) {
  if (rule == "inline")
    return inlined(mixer);
  if (rule == "name a term")
    return named(mixer);
  if (rule == "unroll")
    return unrolled(mixer);
  if (rule == "transpose a state")
    return turnedStates(mixer);
  if (rule == severalRules)
    return chained(mixer);
  std::vector<Mixer> results;
  for (const Rule &candidate : rules()) {
    if (candidate.name != rule)
      continue;
    for (size_t i = 0; i < mixer.terms().size(); ++i)
      for (const Term &other : replaceOne(*mixer.terms()[i], candidate.rewrite)) {
        Mixer copy = mixer;
        *copy.terms()[i] = other;
        results.push_back(std::move(copy));
      }
  }
  return results;
}

} // namespace mixc::random
