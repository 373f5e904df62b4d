#include "test/random/Memory.h"

namespace mixc::random {

Term Memory::read(Term S, Term p) {
  if (random.chance(20) && p.shape().isColumn())
    return transpose(transpose(p) * (turned ? S : transpose(S)));
  return flat(S) * p;
}

Term Memory::outer(Term v, Term k) {
  Term rows = turned ? k : v, cols = turned ? v : k;
  if (!v.shape().isColumn())
    return random.chance(30) ? transpose(cols * transpose(rows)) : rows * transpose(cols);
  switch (random.below(5)) {
  case 0: return call("outer", {rows, cols}, shape());
  case 1: return transpose(cols * transpose(rows));
  default: return rows * transpose(cols);
  }
}

Term Memory::value() {
  Term v = words.value(valueDim), from = sources.empty() ? Term() : random.pick(sources);
  if (!from || from.shape() != Shape{valueDim, ""} || !random.chance(70))
    return v;
  words.mark("value from another memory");
  return random.chance(50) ? from : v - from;
}

Term Memory::key() {
  Term from = sources.empty() ? Term() : random.pick(sources);
  if (!from || from.shape() != Shape{keyDim, ""} || !random.chance(60))
    return words.key(keyDim);
  words.mark("key from another memory");
  return words.named(call("l2norm", {from}, from.shape(), ", 0.125"));
}

Term Memory::scaled(Term S) {
  Term a = words.decay();
  words.mark("step: scalar decay");
  switch (random.below(6)) {
  case 0: return S * a;
  case 1: return S / (number(1) + call("softplus", {words.scalar()}));
  case 2: return S - a * S;
  case 3: return (number(1) - a) * S;
  case 4: return transpose(a * transpose(S));
  default: return a * S;
  }
}

Term Memory::written(Term S) {
  words.mark("step: free write");
  Term v = value(), k = key();
  lastValue = v;
  wrote(Writes::Free);
  switch (random.below(7)) {
  case 0: return S - outer(v, k);
  case 1: return S + words.decay() * outer(v, k);
  case 2: return S + outer(words.scalar() * v, k);
  case 3: return outer(v, k) + S;
  case 4: wrote(Writes::Free); return S + outer(v, k) + outer(value(), key());
  case 5: k = words.named(k, 100); return S + (outer(v, k) - outer(value(), k));
  default: return S + outer(v, k);
  }
}

/// S (I - b k k')
Term Memory::erased(Term S) {
  words.mark("step: householder");
  Term k = words.unitKey(keyDim), b = random.chance(80) ? words.decay() : number(2) * words.decay();
  wrote(Writes::Affine);
  isErased = true;
  switch (random.below(6)) {
  case 0: return times(S, identity(keyDim) - b * call("outer", {k, k}, {keyDim, keyDim}));
  case 1: return S - outer(b * read(S, k), k);
  case 2: return times(S, -b * k * transpose(k) + identity(keyDim));
  case 3: return S - b * times(S, k * transpose(k));
  case 4: return turned ? S - k * (transpose(b * k) * S) : S - (S * k) * transpose(b * k);
  default: return times(S, identity(keyDim) - b * k * transpose(k));
  }
}

/// S + b (v - S k) k'
Term Memory::delta(Term S) {
  words.mark("step: delta rule");
  Term k = words.unitKey(keyDim), b = words.decay(), v = value();
  wrote(Writes::Affine);
  switch (random.below(7)) {
  case 0: return times(S, identity(keyDim) - b * k * transpose(k)) + b * outer(v, k);
  case 1: return S - b * outer(read(S, k) - v, k);
  case 2: return S + outer(b * (v - read(S, k)), k);
  case 3: {
    Term wrong = words.named(v - read(S, k), 100);
    return S + outer(wrong, b * k);
  }
  case 4: return S - outer(read(S, k), b * k) + outer(v, b * k);
  case 5: return S - b * times(S, k * transpose(k)) + outer(b * v, k);
  default: { // the write's direction is not the read's
    words.mark("step: delta rule of two keys");
    // Along k and -k, S would grow by 1.25 at every token.
    auto positive = [](const Term &x) { return x->op == Op::Neg ? x->args[0] : x; };
    return S + number(0.25) * outer(v - read(S, positive(k)), positive(words.unitKey(keyDim)));
  }
  }
}

Term Memory::gated(Term S, const Steps &allowed) {
  if (allowed.diagonal && (!allowed.valueGate || random.chance(50))) {
    words.mark("step: key gate");
    promised.transition = Transition::Diagonal;
    Term g = words.named(words.gate(keyDim), 100);
    switch (random.below(7)) {
    case 0: return S - times(S, diag(g));
    case 1: return times(S, identity(keyDim) - diag(g));
    case 2: return number(0.5) * times(S, diag(g)) + words.decay() * (number(0.5) * S);
    case 3: { // the gate and what is erased side by side
      words.mark("step: gate minus a product");
      wrote(Writes::Affine);
      Term k = words.unitKey(keyDim);
      return times(S, diag(g) - words.decay() * k * transpose(k));
    }
    default: return times(S, diag(g));
    }
  }
  words.mark("step: value gate");
  promised.valueGate = true;
  Term e = words.named(words.gate(valueDim), 60);
  if (allowed.diagonal && random.chance(40)) {
    words.mark("step: gate of both axes");
    promised.transition = Transition::Diagonal;
    return outer(e, words.gate(keyDim)) % S;
  }
  Term gatedState = turned ? S * diag(e) : diag(e) * S;
  return e->op == Op::Name && random.chance(20) ? S - gatedState : gatedState;
}

/// Writes with a rate per channel, or that are no affine function of the read.
Term Memory::notScalar(Term S, bool isChannel) {
  Term k = words.unitKey(keyDim);
  if (isChannel) {
    words.mark("step: delta rule, a rate per channel");
    wrote(Writes::Channel);
    return S + outer(words.gate(valueDim) % (value() - read(S, k)), k);
  }
  wrote(Writes::Nonlinear);
  if (random.chance(30)) {
    words.mark("step: write scaled by its read");
    return S + outer(words.value(valueDim), words.squashed(transpose(read(S, k)) * words.value(valueDim)) * k);
  }
  words.mark("step: write not affine");
  return S + outer(words.squashed(value() - read(S, k)), k);
}

/// n factors of one token: let F[0] = S, let F[j in 1..n] = F[j-1] ...
Term Memory::family(Term S) {
  std::string fresh = "F" + std::to_string(mixer.lets.size());
  Term k = call("l2norm", {words.member("fk", {keyDim, ""})}, {keyDim, ""}, ", 0.0009765625");
  if (random.chance(50)) {
    std::string keys = "q" + std::to_string(mixer.lets.size());
    mixer.lets.push_back({keys, k, "j in 1..n"});
    k = mixc::random::name(keys + "[j]", k.shape());
  }
  Term b = words.member("fa", {}, true), v = words.member("fv" + valueDim, {valueDim, ""});
  Term from = mixc::random::name(fresh + "[j-1]", shape()), to;
  wrote(Writes::Free, mixer.count);
  switch (random.below(4)) {
  case 0: return S + sumOver("j in 1..n", outer(v, k));
  case 1: to = from + b * outer(v, k); break;
  case 2:
    wrote(Writes::Affine, 0);
    to = times(from, identity(keyDim) - b * k * transpose(k)) + b * outer(v, k);
    break;
  default: wrote(Writes::Affine, 0); to = from + outer(b * (v - read(from, k)), k);
  }
  mixer.lets.push_back({fresh + "[0]", S});
  mixer.lets.push_back({fresh, to, "j in 1..n"});
  stages.push_back(mixc::random::name(fresh + "[1]", shape()));
  return mixc::random::name(fresh + "[n]", shape());
}

/// A product over an axis that no state has: P writes.
Term Memory::manyColumns(Term S) {
  Term X = words.input("X" + valueDim, {valueDim, "P"}), B = words.input("B" + keyDim, {keyDim, "P"});
  wrote(Writes::Free, mixer.rank);
  if (random.chance(50))
    return S + (random.chance(50) ? words.decay() * outer(X, B) : outer(X, B));
  wrote(Writes::Affine, 0);
  B = words.contraction(B);
  return S + words.decay() * outer(X - read(S, B), B);
}

/// A step down an inner loss.
Term Memory::descended(Term S, const Steps &allowed) {
  if (S->op != Op::Old && S->op != Op::Name)
    S = words.bind(S);
  Term k = words.unitKey(keyDim), v = value(), r = read(S, k), e = words.named(r - v), loss;
  auto square = [](Term x) { return apply(Op::Pow, {call("norm", {x}, {}), number(2)}); };
  bool isHard = allowed.nonlinear && random.chance(85);
  switch (isHard ? 4 + random.below(3) : random.below(allowed.channel ? 4 : 3)) {
  case 0:
    wrote(Writes::Free);
    loss = -(transpose(v) * r);
    break;
  case 1:
    wrote(Writes::Affine);
    loss = number(0.5) * square(e);
    break;
  case 2:
    wrote(Writes::Affine);
    loss = number(0.5) * sum(e % e) + words.scalar() * transpose(r) * v;
    break;
  case 3:
    wrote(Writes::Channel);
    loss = number(0.5) * transpose(e) * (words.gate(valueDim) % e);
    break;
  case 4:
    words.mark("loss: normalised");
    wrote(Writes::Nonlinear);
    loss = number(0.5) * square(v + call(random.pick({"layernorm", "rmsnorm", "l2norm"}), {r}, r.shape(), ", 0.125"));
    break;
  case 5:
    words.mark("loss: robust");
    wrote(Writes::Nonlinear);
    loss = call("sqrt", {number(1) + square(e)});
    break;
  default:
    words.mark("loss: robust");
    wrote(Writes::Nonlinear);
    loss = sum(call("softplus", {e}));
  }
  Term slope = call("grad", {loss}, shape(), S->op == Op::Old ? ", " + name + "[t-1]" : ", " + S->name);
  return S - words.decay() * slope;
}

Term Memory::step(Term S, const Steps &allowed) {
  if ((allowed.diagonal || allowed.valueGate) && random.chance(40))
    return gated(S, allowed);
  if (allowed.channel && random.chance(30))
    return notScalar(S, true);
  if (allowed.nonlinear && random.chance(30))
    return notScalar(S, false);
  if (words.wants("family", 5) && keyDim == "K")
    return family(S);
  if (words.wants("product over a free axis", 5) && keyDim == "K")
    return manyColumns(S);
  if (words.wants("inner loss", allowed.nonlinear ? 30 : 12))
    return descended(S, allowed);
  switch (random.below(8)) {
  case 0:
  case 1: return scaled(S);
  case 2:
  case 3: return written(S);
  case 4:
  case 5: return erased(S);
  default: return delta(S);
  }
}

Term Memory::chain(Term S, int count, const Steps &allowed, const std::vector<Term> &from) {
  sources = from;
  for (int i = 0; i < count; ++i) {
    // Written twice where it is used twice, unless it is long.
    S = words.named(step(S, allowed), S.size() > 40 ? 100 : 25);
    if (S->op == Op::Name && i + 1 < count)
      stages.push_back(S);
  }
  // What is erased and never written is soon the rounding error of what it was.
  return isErased && !lastValue ? written(S) : S;
}

} // namespace mixc::random
