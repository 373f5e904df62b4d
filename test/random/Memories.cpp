// States in normal form: one memory or several, mixed, joined, in cascade.
#include "test/random/Builder.h"
#include <fmt/format.h>

namespace mixc::random {

Steps Builder::anySteps() {
  if (random.chance(40))
    return {};
  auto may = [&](const char *construct, int percent) { return words.wants(construct, percent); };
  return {.diagonal = may("key gate", 50),
          .valueGate = may("value gate", 50),
          .channel = may("channel", 40),
          .nonlinear = may("nonlinear", 50)};
}

void Builder::declare(const std::string &name, const Shape &shape, Term update, const Promise &promise, bool mayStart) {
  State state{.name = name, .shape = shape, .start = "", .update = update};
  if (mayStart && words.wants("learned start", 5)) {
    Term start = words.param("z", shape);
    state.start = start->name;
  } else if (mayStart && random.chance(10)) {
    state.start = shape.isMatrix() && shape.rows == shape.cols && random.chance(50) ? "I" : "0.5";
    words.mark("start");
  }
  mixer.states.push_back(state);
  mixer.promises[name] = promise;
}

std::string Builder::anyKeyDim() {
  return words.wants("wide key", 8) ? random.pick({"1 + K + K*K", "2*K", "K*2"}) : "K";
}

Memory Builder::fresh(const std::string &valueDim, const std::string &keyDim, bool turned) {
  words.mark(turned ? "memory turned" : "memory");
  return Memory(freshState(), valueDim, keyDim, turned, mixer, random, words);
}

Term Builder::lateRead(Memory &memory, Term S) {
  Term p = words.key(memory.keyDim), flat = memory.flat(S);
  if (words.wants("product over a free axis", 20)) {
    Term C = words.input("B" + memory.keyDim, {memory.keyDim, "P"});
    return random.chance(50) ? memory.read(S, C) : memory.read(S, C) * words.input("vP", {"P", ""});
  }
  switch (random.below(4)) {
  case 0: words.mark("read: two hops"); return flat * (transpose(flat) * memory.read(S, p));
  case 1:
    words.mark("read: other axis");
    return random.chance(50) ? transpose(flat) * words.value(memory.valueDim)
                             : transpose(transpose(words.value(memory.valueDim)) * flat);
  case 2: words.mark("read: all entries"); return sum(S) * words.value(memory.valueDim);
  default: { // conjugate gradients: a direction that depends on the first read
    words.mark("read: along what was read");
    Term first = memory.read(S, p);
    Term size = number(1) + call("norm", {first}, {});
    return memory.read(S, p / size) + memory.read(S, transpose(flat) * (first / size)) * words.decay();
  }
  }
}

Term Builder::readOf(Memory &memory, int latePercent) {
  if (words.wants("late read", memory.promise().valueGate ? 40 : latePercent) && memory.keyDim == "K")
    return lateRead(memory, random.chance(30) ? memory.before() : memory.after());
  Term p = words.key(memory.keyDim);
  if (!memory.halfway().empty() && random.chance(40)) {
    words.mark("read: half-updated");
    return memory.read(random.pick(memory.halfway()), p);
  }
  if (memory.lastWritten() && random.chance(25)) { // the token itself counts otherwise than the past
    words.mark("read: with a bonus");
    return memory.read(memory.before() + memory.outer(memory.lastWritten(), words.gate(memory.keyDim) % p),
                       words.key(memory.keyDim));
  }
  bool isOld = random.chance(30);
  words.mark(isOld ? "read: old" : "read: new");
  return memory.read(isOld ? memory.before() : memory.after(), p);
}

/// What leaves an update may be read more than once.
void Builder::keep(const Term &read) { reads.push_back(words.named(read)); }

Memory Builder::memory(const Steps &allowed, const std::vector<Term> &sources) {
  std::string keyDim = anyKeyDim();
  bool isTurned = random.chance(40), isSquare = keyDim == "K" && random.chance(20);
  if (isSquare)
    words.mark("memory of one dim");
  Memory memory = fresh(isSquare ? "K" : "V", keyDim, isTurned);
  bool isPerGroup = words.wants("state per group", 5);
  words.useGroups(isPerGroup);
  Term update = memory.chain(memory.before(), 1 + static_cast<int>(random.below(4)), allowed,
                             isPerGroup ? std::vector<Term>() : sources);
  declare(memory.name, memory.shape(), update, memory.promise());
  mixer.states.back().perGroup = isPerGroup;
  words.useGroups(false);
  for (uint64_t i = 0, count = 1 + random.below(2); i < count; ++i)
    keep(readOf(memory));
  if (words.wants("end", 5))
    ends.push_back(memory.read(memory.atEnd(), words.key(keyDim)));
  return memory;
}

void Builder::sideBySide() {
  for (uint64_t i = 0, count = 2 + random.below(2); i < count; ++i)
    memory(random.chance(60) ? Steps() : anySteps(), {});
}

void Builder::cascade() {
  for (uint64_t i = 0, count = 2 + random.below(2); i < count; ++i) {
    std::vector<Term> sources = reads;
    memory(random.chance(60) ? Steps() : anySteps(), sources);
  }
}

/// y = H q / (z' q), z a memory of one row with the same keys.
void Builder::normaliser() {
  std::string dim = anyKeyDim();
  Term k = words.bind(words.feature(dim)), q = words.bind(words.feature(dim)), a = words.named(words.decay());
  bool fades = random.chance(60), hasGate = words.wants("key gate", 20);
  Memory H = fresh("V", dim, random.chance(40));
  Promise promise{.normal = true, .count = 1};
  if (hasGate)
    promise.transition = Transition::Diagonal;
  Term g = words.gate(dim), z = oldState("B", {dim, ""}), S = H.before();
  if (hasGate) {
    S = H.shape().cols == dim ? S * diag(g) : diag(g) * S;
    z = random.chance(50) ? g % z : diag(g) * z;
  }
  declare("A", H.shape(), (fades ? a * S : S) + H.outer(words.value("V"), k), promise, false);
  declare("B", {dim, ""}, (fades ? a * z : z) + k, promise, false);
  Term zq = transpose(newState("B", {dim, ""})) * q;
  if (random.chance(50))
    zq = call("max", {random.chance(50) ? call("abs", {zq}) : zq, number(1)});
  reads.push_back(H.read(H.after(), q) / zq);
}

/// M takes S whole: one component of two states, or three. Some are declared transposed.
void Builder::momentum() {
  bool isTurned = random.chance(40), isMTurned = random.chance(30) ? !isTurned : isTurned;
  if (isMTurned != isTurned)
    words.mark("momentum, transposed");
  Memory S = fresh("V", "K", isTurned), M(std::string(1, 'B'), "V", "K", isMTurned, mixer, random, words);
  auto lies = [&](Term x) { return isMTurned != isTurned ? transpose(x) : x; };
  Term k = words.unitKey("K"), error = M.read(M.before(), k) - words.value("V");
  Promise promise{.normal = true, .count = 1, .writes = Writes::Affine};
  if (words.wants("nonlinear", 15)) {
    promise.writes = Writes::Nonlinear;
    error = words.squashed(error);
  }
  Term fade = words.decay() * S.before();
  if (words.wants("key gate", 20)) {
    words.mark("momentum, key gate");
    promise.transition = Transition::Diagonal;
    Term g = diag(words.gate("K"));
    fade = isTurned ? g * S.before() : S.before() * g;
  }
  declare("A", S.shape(), fade - words.decay() * S.outer(error, k), promise);
  Term kept = random.chance(50) ? M.before() : words.decay() * M.before();
  promise.count = 0;
  declare("B", M.shape(), kept + lies(random.chance(70) ? S.after() : words.decay() * S.before()), promise);
  keep(readOf(M));
  if (!words.wants("double integrator", 25))
    return;
  Memory N("C", "V", "K", isTurned, mixer, random, words);
  declare("C", N.shape(), words.decay() * N.before() + words.decay() * lies(random.chance(50) ? M.after() : M.before()),
          promise);
  keep(readOf(N));
}

/// What was kept is read, and the token itself by other means than by what it leaves (RWKV-6).
void Builder::bonus() {
  Memory H = fresh("V", "K", random.chance(40));
  Term S = H.step(H.before(), {.diagonal = random.chance(60), .valueGate = random.chance(60)});
  Promise promise = H.promise();
  Term v = words.value("V"), k = words.key("K");
  ++promise.count;
  declare(H.name, H.shape(), S + H.outer(v, k), promise);
  Term u = random.chance(50) ? words.param("hK", {"K", ""}, true) : words.gate("K");
  keep(H.read(H.before() + H.outer(v, u % k), words.key("K")));
}

/// A vector that is read along keys alone.
void Builder::oneRow() {
  std::string name = freshState();
  Term z = oldState(name, {"K", ""}), k = words.unitKey("K"), b = words.decay(), s = words.scalar();
  bool isFree = random.chance(45), fades = random.chance(50);
  Promise promise{.normal = true, .count = 1, .writes = isFree ? Writes::Free : Writes::Affine};
  Term from = fades ? words.decay() * z : z;
  if (words.wants("key gate", 20)) {
    promise.transition = Transition::Diagonal;
    from = words.gate("K") % z;
  }
  Term rule = isFree ? s * k : b * (s - transpose(from) * k) * k;
  if (!isFree && words.wants("nonlinear", 20)) {
    promise.writes = Writes::Nonlinear;
    rule = words.squashed(s - transpose(from) * k) * k;
  }
  if (isFree && random.chance(70)) // free of reads, both are one write of the number 1
    rule = rule - words.scalar() * words.key("K");
  Term update = random.chance(50) ? from + rule : rule + from;
  declare(name, z.shape(), update, promise);
  Term p = words.key("K");
  Term r = random.chance(50) ? transpose(newState(name, z.shape())) * p : call("dot", {p, z}, {});
  keep(r * words.value("V"));
}

/// A pair of states turned by an angle: complex decay.
void Builder::rotation() {
  bool isTurned = random.chance(40), perKey = words.wants("key gate", 40);
  Memory re = fresh("V", "K", isTurned), im("B", "V", "K", isTurned, mixer, random, words);
  Term angle = perKey ? words.value("K") : words.scalar(), c = words.named(call("cos", {angle}), 60),
       s = words.named(call("sin", {angle}), 60), a = words.decay();
  auto times = [&](Term g, Term S) {
    if (!perKey)
      return a * g * S;
    return isTurned ? a * (diag(g) * S) : a * (S * diag(g));
  };
  Promise promise{.normal = true, .count = 1};
  if (perKey)
    promise.transition = Transition::Diagonal;
  Term k = words.unitKey("K"), v = words.value("V"), error = v;
  if (random.chance(50)) {
    promise.writes = Writes::Affine;
    error = v - number(0.5) * re.read(re.before(), k) - number(0.5) * im.read(im.before(), words.unitKey("K"));
  }
  Term reNext = times(c, re.before()) - times(s, im.before()) + re.outer(error, k);
  Term imNext = times(s, re.before()) + times(c, im.before());
  if (random.chance(50))
    imNext = imNext + im.outer(words.value("V"), words.key("K"));
  else
    promise.count = 1;
  declare("A", re.shape(), reNext, promise);
  declare("B", im.shape(), imNext, promise);
  keep(readOf(re, perKey ? 40 : 15));
  keep(readOf(im, perKey ? 40 : 15));
}

/// H takes what was written one token ago as well: the write is remembered whole.
void Builder::trapezoid() {
  Memory H = fresh("V", "K", random.chance(40)), E("B", "V", "K", H.shape().rows == "K", mixer, random, words);
  Term k = words.named(words.unitKey("K")), v = words.value("V");
  Promise promise{.normal = true, .count = 1};
  if (random.chance(50)) {
    promise.writes = Writes::Affine;
    v = v - number(0.5) * H.read(H.before(), k);
  }
  Term w = words.bind(H.outer(v, k)), a = words.decay();
  bool takesOld = random.chance(50);
  declare("A", H.shape(), a * H.before() + words.decay() * w + words.decay() * E.before(), promise);
  declare("B", E.shape(), takesOld ? words.decay() * E.before() + w : w, promise);
  keep(readOf(H));
}

/// Two or three states, each a mixture of all; one of them or all are written.
void Builder::mixing() {
  size_t n = 2 + random.below(2);
  bool isTurned = random.chance(40), perKey = words.wants("key gate", 30);
  std::vector<Memory> all;
  all.reserve(n);
  for (size_t i = 0; i < n; ++i)
    all.emplace_back(std::string(1, static_cast<char>('A' + i)), "V", "K", isTurned, mixer, random, words);
  words.mark(fmt::format("mixing of {}", n));
  Promise promise{.normal = true, .count = 1, .writes = Writes::Affine};
  if (perKey)
    promise.transition = Transition::Diagonal;
  Term k = words.unitKey("K"), error = words.value("V");
  for (Memory &memory : all)
    if (random.chance(50))
      error = error - number(0.25) * memory.read(memory.before(), k);
  error = words.named(error, 100);
  for (size_t i = 0; i < n; ++i) {
    Term update;
    for (size_t j = 0; j < n; ++j) {
      if (i != j && random.chance(30))
        continue;
      Term S = number(n == 2 ? 0.5 : 0.375) * all[j].before(), a = words.decay();
      if (perKey && random.chance(50))
        S = isTurned ? diag(words.gate("K")) * S : S * diag(words.gate("K"));
      else
        S = random.chance(70) ? a * S : S;
      update = !update ? S : random.chance(80) ? update + S : update - S;
    }
    if (i == 0 || random.chance(50))
      update =
          update + all[i].outer(random.chance(60) ? error : words.value("V"), random.chance(50) ? k : words.key("K"));
    declare(all[i].name, all[i].shape(), update, promise);
  }
  for (Memory &memory : all)
    if (random.chance(60) || &memory == &all[0])
      keep(readOf(memory, perKey ? 40 : 15));
}

/// States that share the value axis alone: one error writes to all of them.
void Builder::joined() {
  std::string other = random.pick({"V", "2*K", "K*2", "1 + K + K*K"});
  Memory A = fresh("V", "K", random.chance(40)), B("B", "V", other, random.chance(40), mixer, random, words);
  Term k = words.unitKey("K"), l = words.unitKey(other), a = words.decay();
  Term error = words.value("V") - number(0.5) * A.read(A.before(), k) - number(0.5) * B.read(B.before(), l);
  Promise promise{.normal = true, .count = 1, .writes = Writes::Affine};
  if (words.wants("nonlinear", 20)) {
    promise.writes = Writes::Nonlinear;
    error = words.squashed(error);
  }
  error = words.bind(error);
  bool sameDecay = random.chance(50);
  declare("A", A.shape(), a * A.before() + A.outer(error, k), promise);
  declare("B", B.shape(), (sameDecay ? a : words.decay()) * B.before() + B.outer(error, l), promise);
  keep(readOf(A));
  keep(readOf(B));
}

/// Writes that read along values; the output reads along keys (gated Oja).
void Builder::oja() {
  Memory H = fresh("V", "K", random.chance(40));
  Term v = words.unitKey("V"), k = words.key("K"), flat = H.before();
  Promise promise{.normal = true, .count = 1, .writes = Writes::Affine};
  if (words.wants("key gate", 50)) { // the axis that is read along is the values'
    words.mark("oja, gate");
    promise.transition = Transition::Diagonal;
    Term g = diag(words.gate("V"));
    flat = H.shape().rows == "V" ? g * flat : flat * g;
  } else {
    flat = scaled(random.chance(70), flat);
  }
  Term error = k - transpose(H.flat(H.before())) * v;
  declare(H.name, H.shape(), flat + words.decay() * H.outer(v, error), promise);
  keep(H.read(random.chance(70) ? H.after() : H.before(), words.key("K")));
  if (random.chance(40))
    keep(transpose(H.flat(H.after())) * words.key("V"));
}

} // namespace mixc::random
