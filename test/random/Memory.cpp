#include "test/random/Memory.h"

namespace mixc::random {

Term Memory::read(Term S, Term p) {
  Term flat = turned ? transpose(S) : S; // [V, K]
  if (random.chance(20))
    return transpose(transpose(p) * (turned ? S : transpose(S)));
  return flat * p;
}

Term Memory::outer(Term v, Term k) {
  Term rows = turned ? k : v, cols = turned ? v : k;
  switch (random.below(5)) {
  case 0: return call("outer", {rows, cols}, shape());
  case 1: return transpose(cols * transpose(rows));
  default: return rows * transpose(cols);
  }
}

Term Memory::value() {
  Term v = words.value(valueDim), from = sources.empty() ? Term() : random.pick(sources);
  if (!from || from.shape().rows != valueDim || !random.chance(70))
    return v;
  words.mark("value from another memory");
  return random.chance(50) ? from : v - from;
}

Term Memory::key() {
  Term from = sources.empty() ? Term() : random.pick(sources);
  if (!from || from.shape().rows != "K" || !random.chance(60))
    return words.key("K");
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
  wrote(0);
  switch (random.below(7)) {
  case 0: return S - outer(v, k);
  case 1: return S + words.decay() * outer(v, k);
  case 2: return S + outer(words.scalar() * v, k);
  case 3: return outer(v, k) + S;
  case 4: wrote(0); return S + outer(v, k) + outer(value(), key());
  case 5: return S + (outer(v, k) - outer(value(), k));
  default: return S + outer(v, k);
  }
}

/// S (I - b k k')
Term Memory::erased(Term S) {
  words.mark("step: householder");
  Term k = words.unitKey("K"), b = random.chance(80) ? words.decay() : number(2) * words.decay();
  wrote(1);
  auto times = [&](Term symmetric) { return turned ? symmetric * S : S * symmetric; };
  switch (random.below(6)) {
  case 0: return times(identity("K") - b * call("outer", {k, k}, {"K", "K"}));
  case 1: return S - outer(b * read(S, k), k);
  case 2: return times(-b * k * transpose(k) + identity("K"));
  case 3: return S - b * times(k * transpose(k));
  case 4: return turned ? S - k * (transpose(b * k) * S) : S - (S * k) * transpose(b * k);
  default: return times(identity("K") - b * k * transpose(k));
  }
}

/// S + b (v - S k) k'
Term Memory::delta(Term S) {
  words.mark("step: delta rule");
  Term k = words.unitKey("K"), b = words.decay(), v = value();
  wrote(1);
  auto times = [&](Term symmetric) { return turned ? symmetric * S : S * symmetric; };
  switch (random.below(7)) {
  case 0: return times(identity("K") - b * k * transpose(k)) + b * outer(v, k);
  case 1: return S - b * outer(read(S, k) - v, k);
  case 2: return S + outer(b * (v - read(S, k)), k);
  case 3: {
    Term wrong = words.named(v - read(S, k), 100);
    return S + outer(wrong, b * k);
  }
  case 4: return S - outer(read(S, k), b * k) + outer(v, b * k);
  case 5: return S - b * times(k * transpose(k)) + outer(b * v, k);
  default: { // the write's direction is not the read's
    words.mark("step: delta rule of two keys");
    return S + number(0.25) * outer(v - read(S, k), words.unitKey("K"));
  }
  }
}

Term Memory::step(Term S, const Steps &allowed) {
  if (allowed.diagonal && random.chance(30)) {
    words.mark("step: key gate");
    diagonal = true;
    Term g = diag(words.gate("K"));
    return turned ? g * S : S * g;
  }
  if (allowed.valueGate && random.chance(30)) {
    words.mark("step: value gate");
    valueGate = true;
    Term e = words.gate(valueDim);
    if (allowed.diagonal && random.chance(40)) {
      words.mark("step: gate of both axes");
      diagonal = true;
      return outer(e, words.gate("K")) % S;
    }
    return turned ? S * diag(e) : diag(e) * S;
  }
  if (allowed.channel && random.chance(30)) {
    words.mark("step: delta rule, a rate per channel");
    Term k = words.unitKey("K");
    wrote(2);
    return S + outer(words.gate(valueDim) % (value() - read(S, k)), k);
  }
  if (allowed.nonlinear && random.chance(30)) {
    Term k = words.unitKey("K");
    wrote(3);
    if (random.chance(30)) {
      words.mark("step: write scaled by its read");
      return S + outer(words.value(valueDim), words.squashed(transpose(read(S, k)) * words.value(valueDim)) * k);
    }
    words.mark("step: write not affine");
    return S + outer(words.squashed(value() - read(S, k)), k);
  }
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
  return S;
}

Promise Memory::promise() const {
  int kind = valueGate && writeKind == 1 ? 2 : writeKind;
  return {.normal = true, .chunked = !diagonal && !valueGate && kind <= 1, .writes = writes};
}

} // namespace mixc::random
