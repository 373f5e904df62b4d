#include "test/random/Vocabulary.h"

namespace mixc::random {

/// Epsilons that float32 holds.
static const char *const epsilon = ", 0.0009765625", *const smallEpsilon = ", 0.00000095367431640625";

static bool isWide(const std::string &dim) { return dim.find_first_of("+*") != std::string::npos; }

Term Vocabulary::argument(const std::string &prefix, const Shape &shape, bool bounded, bool isParam,
                          const std::string &members) {
  std::vector<const Argument *> known;
  int count = 0;
  for (const Argument &argument : mixer.arguments) {
    if (argument.name.size() != prefix.size() + 1 || argument.name.compare(0, prefix.size(), prefix) != 0)
      continue;
    ++count;
    if (argument.shape == shape && argument.isParam == isParam && argument.members == members &&
        (argument.perGroup || !onlyGroups))
      known.push_back(&argument);
  }
  if (!known.empty() && (count >= 6 || random.chance(50)))
    return name(random.pick(known)->name, shape);
  Argument added{.name = prefix + std::to_string(count), .shape = shape, .isParam = isParam};
  added.perGroup = onlyGroups || random.chance(25);
  added.members = members;
  if (bounded)
    added.interval = {0.0, 1.0};
  mixer.arguments.push_back(added);
  mark(std::string(isParam ? "param " : "input ") + (bounded ? "bounded" : "free") +
       (added.perGroup ? " per group" : ""));
  return name(added.name, shape);
}

Term Vocabulary::input(const std::string &prefix, const Shape &shape, bool bounded) {
  Term x = argument(prefix, shape, bounded, false);
  return wants("lag", 4) ? lagged(x->name, shape, random.pick({1, 1, 2, 3, 7, 64})) : x;
}
Term Vocabulary::param(const std::string &prefix, const Shape &shape, bool bounded) {
  return argument(prefix, shape, bounded, true);
}
Term Vocabulary::member(const std::string &prefix, const Shape &shape, bool bounded, const std::string &members,
                        bool isParam) {
  return name(argument(prefix, shape, bounded, isParam, members)->name + "[j]", shape);
}

Term Vocabulary::wide(const std::string &dim) {
  mark("wide key");
  mixer.isWide = true;
  Shape shape{dim, ""};
  Term k = random.chance(50) ? unitKey("K") : input("kK", {"K", ""});
  if (dim == "2*K")
    return call("concat", {k, unitKey("K")}, shape);
  if (dim == "K*2")
    return call("kron", {k, input("f", {"2", ""})}, shape);
  Term square = call("kron", {k, k}, {"K*K", ""});
  return call("concat", {number(1), k, random.chance(50) ? square : square / number(2)}, shape);
}

Term Vocabulary::ofThePast(const std::string &dim) {
  Shape shape{dim, ""};
  Term x = argument("v" + dim, shape, false, false);
  switch (random.below(3)) {
  case 0: {
    mark("convolution");
    Term taps = member("f" + dim, shape, false, "0..3", true);
    Term u = sumOver("j in 0..3", taps % lagged(x->name, shape, std::string("j")));
    return named(random.chance(50) ? call("silu", {u}) : u);
  }
  case 1: {
    mark("token shift");
    Term before = lagged(x->name, shape, 1);
    return x + param("h" + dim, shape, true) % (before - x);
  }
  default: {
    mark("lagged let");
    Term u = bind(call("tanh", {x + param("u" + dim, shape)}));
    return u + lagged(u->name, shape, random.pick({1, 2}));
  }
  }
}

Term Vocabulary::bind(Term x) {
  for (const Equation &let : mixer.lets)
    if (let.value == x)
      return name(let.name, x.shape());
  std::string fresh = "w" + std::to_string(mixer.lets.size());
  mixer.lets.push_back({fresh, x});
  mark("let");
  return name(fresh, x.shape());
}

Term Vocabulary::named(Term x, int percent) {
  bool isLeaf = x->op == Op::Name || x->op == Op::Number || x->op == Op::Identity;
  return !isLeaf && random.chance(percent) ? bind(x) : x;
}

Term Vocabulary::unitKey(const std::string &dim) {
  Shape shape{dim, ""};
  if (isWide(dim))
    return bind(call("l2norm", {wide(dim)}, shape, epsilon));
  Term k = input("k" + dim, shape);
  switch (random.below(7)) {
  case 0: mark("key: roll"); return call("roll", {k}, shape, random.pick({", 1", ", -1", ", 2"}));
  case 1: return named(call("l2norm", {call("silu", {k})}, shape, epsilon));
  case 2: return -k;
  case 3:
    mark("key: slice");
    return named(call("l2norm",
                      {call("slice", {input("x", {"K + V", ""})}, shape, dim == "K" ? ", 0, K" : ", K, K + V")}, shape,
                      epsilon));
  case 4: return k;
  default: return named(call("l2norm", {k}, shape, smallEpsilon));
  }
}

Term Vocabulary::key(const std::string &dim) {
  if (isWide(dim))
    return random.chance(50) ? unitKey(dim) : bind(number(0.5) * wide(dim));
  if (wants("past", 4))
    return bind(call("l2norm", {ofThePast(dim)}, {dim, ""}, epsilon));
  Term k = input("k" + dim, {dim, ""});
  switch (random.below(10)) {
  case 0: return decay() * unitKey(dim);
  case 1: mark("key: softmax"); return named(call("softmax", {k}));
  case 2: return gate(dim) % k;
  case 3: return call("tanh", {k});
  case 4: return number(0.5) * (k + unitKey(dim));
  case 5: return k / (number(1) + call("exp", {scalar()}));
  default: return unitKey(dim);
  }
}

Term Vocabulary::feature(const std::string &dim) {
  if (isWide(dim))
    return call("softplus", {wide(dim)});
  Term k = input("k" + dim, {dim, ""});
  switch (random.below(5)) {
  case 0: return call("softplus", {k});
  case 1: return call("softmax", {k});
  case 2: return call("exp", {k});
  case 3: return call("sigmoid", {k});
  default: return call("elu", {k}) + number(1);
  }
}

Term Vocabulary::value(const std::string &dim) {
  Shape shape{dim, ""};
  if (isWide(dim))
    return wide(dim);
  if (wants("past", 6))
    return ofThePast(dim);
  if (wants("family", 2))
    return named(sumOver("j in 1..n", member("fa", {}, true) * member("fv" + dim, shape)));
  if (wants("matrix", 2))
    return named(param("m", {dim, "K"}) * unitKey("K"));
  Term v = input("v" + dim, shape);
  switch (random.below(22)) {
  case 0: return call("silu", {v});
  case 1: return number(2) * call("tanh", {v});
  case 2: return v % gate(dim);
  case 3: return v + value(dim);
  case 4: return scalar() * v;
  case 5: return named(call("rmsnorm", {v}, shape, epsilon));
  case 6: return -value(dim);
  case 7: return call("slice", {input("x", {"K + V", ""})}, shape, dim == "K" ? ", 0, K" : ", K, K + V");
  case 8: return call("max", {v, number(0)});
  case 9: return call("min", {v, input("v" + dim, shape)});
  case 10: return call("logaddexp", {v, scalar()});
  case 11: return call("sqrt", {call("abs", {v}) + number(1)});
  case 12: return apply(Op::EachPow, {v, number(2)});
  case 13: return named(call("layernorm", {v}, shape, epsilon));
  case 14: return apply(Op::EachDiv, {v, number(1) + call("abs", {v})});
  case 15: return call(random.pick({"sin", "cos", "relu", "elu", "softplus", "sign", "sigmoid"}), {v});
  case 16: return call("rsqrt", {number(1) + v % v});
  case 17: return call("log", {number(2) + v % v});
  case 18: return param("u" + dim, shape) % v;
  case 19: return call("roll", {v}, shape, random.pick({", 1", ", -3"}));
  default: return v;
  }
}

Term Vocabulary::scalar() {
  switch (random.below(8)) {
  case 0: return call("dot", {input("kK", {"K", ""}), unitKey("K")}, {});
  case 1: return transpose(input("vV", {"V", ""})) * input("vV", {"V", ""});
  case 2: return param("c", {});
  case 3: return call(random.pick({"tanh", "sin", "silu"}), {input("s", {})});
  case 4: return sum(input("vV", {"V", ""}) % gate("V"));
  case 5: return call("norm", {input("kK", {"K", ""})}, {});
  default: return input("s", {});
  }
}

Term Vocabulary::decay() {
  switch (random.below(14)) {
  case 0: mark("decay: constant"); return constant();
  case 1: mark("decay: param"); return param("d", {}, true);
  case 2: return call("sigmoid", {scalar()});
  case 3:
    mark("decay: param and token");
    return named(call("exp", {-call("exp", {param("c", {})}) * call("softplus", {input("s", {}) + param("c", {})})}));
  case 4:
    mark("decay: power");
    return apply(Op::Pow, {call("sigmoid", {input("s", {})}), random.pick({number(0.125), number(2), number(0.5)})});
  case 5: return number(1) - input("a", {}, true);
  case 6: return input("a", {}, true) * param("d", {}, true);
  case 7: return number(1) / (number(1) + apply(Op::Pow, {input("s", {}), number(2)}));
  case 8: return call("max", {input("a", {}, true), param("d", {}, true)});
  case 9: return named(call("sigmoid", {transpose(value("V")) * input("vV", {"V", ""})}));
  default: mark("decay: token"); return input("a", {}, true);
  }
}

Term Vocabulary::gate(const std::string &dim) {
  Shape shape{dim, ""};
  if (isWide(dim))
    return call("sigmoid", {wide(dim)});
  switch (random.below(6)) {
  case 0: return param("h" + dim, shape, true);
  case 1: return call("sigmoid", {input("v" + dim, shape)});
  case 2: return named(call("exp", {-call("softplus", {input("v" + dim, shape)})}));
  case 3: return number(1) - input("g" + dim, shape, true);
  default: return input("g" + dim, shape, true);
  }
}

Term Vocabulary::squashed(Term x) {
  switch (random.below(5)) {
  case 0: return call("sin", {x});
  case 1: return x.shape().isColumn() ? call("l2norm", {x}, x.shape(), epsilon) : call("tanh", {x});
  case 2: return call("max", {number(-1), call("min", {x, number(1)})});
  default: return call("tanh", {x});
  }
}

Term Vocabulary::finished(Term x) {
  const Shape &shape = x.shape();
  std::string dim = shape.rows;
  if (shape.isMatrix()) // what functions of a whole state are not
    return random.chance(30) ? x % input("X" + dim, shape) : x;
  if (!shape.isColumn())
    return random.chance(30) ? squashed(x) : x;
  switch (random.below(12)) {
  case 0: mark("output: rmsnorm"); return call("rmsnorm", {x}, shape, epsilon) % call("sigmoid", {value(dim)});
  case 1: mark("output: layernorm"); return call("layernorm", {x}, shape, epsilon);
  case 2: return x + param("c", {}) * value(dim);
  case 3: return x % gate(dim);
  case 4: return call(random.pick({"silu", "tanh", "relu", "softmax", "abs"}), {x});
  case 5: return x / call("max", {call("norm", {x}, {}), number(1)});
  case 6: return scalar() * x;
  case 7: mark("output: concat"); return call("concat", {x, value(dim)}, {"2*" + dim, ""});
  default: return x;
  }
}

} // namespace mixc::random
