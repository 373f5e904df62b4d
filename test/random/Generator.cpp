// Several memories side by side, one reading another, with a normaliser, with momentum; or something that has no chunk form.
#include "test/random/Generator.h"
#include "test/random/Memory.h"

namespace mixc::random {
namespace {

class Generator {
public:
  explicit Generator(uint64_t seed) : random(seed), words(mixer, random, marks) {}

  Generated run() {
    mixer.chunked = true;
    switch (random.below(14)) {
    case 0: several(false); break;
    case 1:
    case 2:
    case 3: several(true); break;
    case 4:
    case 5: normalised(); break;
    case 6: momentum(); break;
    case 7: oneRow(); break;
    case 8: sequential(); break;
    default: memory(anySteps(), {}); break;
    }
    outputs();
    mixer.prune();
    return {std::move(mixer), std::move(marks)};
  }

private:
  Steps anySteps() {
    if (random.chance(50))
      return {};
    return {.diagonal = random.chance(50),
            .valueGate = random.chance(50),
            .channel = random.chance(40),
            .nonlinear = random.chance(50)};
  }

  std::string freshState() { return std::string(1, static_cast<char>('A' + mixer.states.size())); }

  void declare(const std::string &name, const Shape &shape, Term update, const Promise &promise, bool mayStart = true) {
    State state{.name = name, .shape = shape, .start = "", .update = update};
    if (mayStart && random.chance(10)) {
      state.start = shape.isMatrix() && shape.rows == shape.cols && random.chance(50) ? "I" : "0.5";
      words.mark("start");
    }
    mixer.states.push_back(state);
    mixer.promises[name] = promise;
    mixer.chunked &= promise.chunked;
  }

  /// A read of a memory before the token, after it or between two steps.
  Term readOf(Memory &memory) {
    Term p = words.key("K");
    if (!memory.halfway().empty() && random.chance(40)) {
      words.mark("read: half-updated");
      return memory.read(random.pick(memory.halfway()), p);
    }
    bool isOld = random.chance(30);
    words.mark(isOld ? "read: old" : "read: new");
    return memory.read(isOld ? memory.before() : memory.after(), p);
  }

  Memory memory(const Steps &allowed, const std::vector<Term> &sources) {
    bool isTurned = random.chance(40), isSquare = random.chance(20);
    std::string name = freshState();
    words.mark(isTurned ? "memory turned" : "memory");
    if (isSquare)
      words.mark("memory of one dim");
    Memory memory(name, isSquare ? "K" : "V", isTurned, random, words);
    Term update = memory.chain(memory.before(), 1 + static_cast<int>(random.below(4)), allowed, sources);
    declare(name, memory.shape(), update, memory.promise());
    // What leaves the update may be read more than once.
    for (uint64_t i = 0, count = 1 + random.below(2); i < count; ++i)
      reads.push_back(words.named(readOf(memory)));
    return memory;
  }

  void several(bool cascaded) {
    words.mark(cascaded ? "cascade" : "side by side");
    for (uint64_t i = 0, count = 2 + random.below(2); i < count; ++i) {
      std::vector<Term> sources = cascaded ? reads : std::vector<Term>();
      memory(random.chance(60) ? Steps() : anySteps(), sources);
    }
  }

  /// y = H q / (z' q), z a memory of one row with the same keys.
  void normalised() {
    words.mark("normaliser");
    Term k = words.bind(words.feature("K")), q = words.bind(words.feature("K")), a = words.named(words.decay());
    bool fades = random.chance(60), isTurned = random.chance(40);
    Memory H(freshState(), "V", isTurned, random, words);
    auto faded = [&](Term S) { return fades ? a * S : S; };
    declare("A", H.shape(), faded(H.before()) + H.outer(words.value("V"), k), {true, true, 1}, false);
    Term z = oldState("B", {"K", ""});
    declare("B", z.shape(), faded(z) + k, {true, true, 1}, false);
    Term zq = transpose(newState("B", z.shape())) * q;
    if (random.chance(50))
      zq = call("max", {random.chance(50) ? call("abs", {zq}) : zq, number(1)});
    reads.push_back(H.read(H.after(), q) / zq);
  }

  /// M takes S whole: one component of two states.
  void momentum() {
    words.mark("momentum");
    Memory S("A", "V", random.chance(40), random, words), M("B", "V", S.shape().rows == "K", random, words);
    Term k = words.unitKey("K"), error = M.read(M.before(), k) - words.value("V");
    declare("A", S.shape(), words.decay() * S.before() - words.decay() * S.outer(error, k), {true, false, 1});
    Term kept = random.chance(50) ? M.before() : words.decay() * M.before();
    declare("B", M.shape(), kept + (random.chance(70) ? S.after() : words.decay() * S.before()), {true, false, 1});
    reads.push_back(readOf(M));
  }

  /// A vector that is read along keys alone.
  void oneRow() {
    words.mark("one-row memory");
    std::string name = freshState();
    Term z = oldState(name, {"K", ""}), k = words.unitKey("K"), b = words.decay(), s = words.scalar();
    bool isFree = random.chance(30), fades = random.chance(50);
    Term from = fades ? words.decay() * z : z;
    Term rule = isFree ? s * k : b * (s - transpose(from) * k) * k;
    Term update = random.chance(50) ? from + rule : rule + from;
    declare(name, z.shape(), update, {true, true, 1});
    Term p = words.key("K");
    Term r = random.chance(50) ? transpose(newState(name, z.shape())) * p : call("dot", {p, z}, {});
    reads.push_back(r * words.value("V"));
    if (random.chance(50))
      memory(anySteps(), {reads.back()});
  }

  /// States that have no chunk form yet, or none at all: they must still be right.
  void sequential() {
    mixer.chunked = false;
    std::string name = freshState();
    Shape V{"V", ""}, matrix{"V", "K"};
    Term H = oldState(name, matrix), k = words.unitKey("K"), v = words.value("V"), h = oldState(name, V),
         w = v * transpose(k);
    auto put = [&](const char *what, Term state, Term update, Term read) {
      words.mark(what);
      declare(name, state.shape(), update, {});
      reads.push_back(read);
    };
    auto now = [&](const Term &state) { return newState(name, state.shape()); };
    Term s = oldState(name, {});
    switch (random.below(10)) {
    case 0: put("sequential: gate of every entry", H, words.input("G", matrix, true) % H + w, now(H) * k); break;
    case 1:
      put("sequential: late read", H, H + w,
          (now(H) * k) * (transpose(words.value("V")) * (now(H) * words.unitKey("K"))));
      break;
    case 2: put("sequential: read across", H, words.decay() * H + w, transpose(transpose(v) * now(H))); break;
    case 3: put("sequential: sum of all entries", H, words.decay() * H + w, sum(now(H)) * v); break;
    case 4:
      put("sequential: norm of a state", H, words.decay() * H + w,
          now(H) * k / (number(1) + call("norm", {now(H)}, {})));
      break;
    case 5: put("sequential: vector", h, words.gate("V") % h + v, now(h)); break;
    case 6: put("sequential: scalar", s, words.decay() * s + words.scalar(), now(s) * v); break;
    case 7: put("sequential: largest so far", s, call("max", {s, words.scalar()}), call("tanh", {now(s)}) * v); break;
    case 8:
      put("sequential: dense, not linear", h, call("tanh", {words.param("R", {"V", "V"}) * h + v}), now(h));
      break;
    default:
      put("sequential: gate of its own read", H, call("sigmoid", {transpose(H * k) * words.value("V")}) * H + w,
          now(H) * k);
      break;
    }
    if (random.chance(40))
      memory(anySteps(), reads);
  }

  void outputs() {
    std::vector<Term> results;
    for (const Term &read : reads) {
      Term y = words.finished(read);
      if (!results.empty() && results.back().shape() == y.shape() && random.chance(50))
        results.back() = random.chance(50) ? results.back() + y : results.back() % call("sigmoid", {y});
      else
        results.push_back(y);
    }
    if (random.chance(10))
      results.push_back(sum(reads.back()) + number(1));
    for (const Term &y : results)
      mixer.outputs.push_back({"y" + std::to_string(mixer.outputs.size()), y});
  }

  Mixer mixer;
  Random random;
  std::set<std::string> marks;
  Vocabulary words;
  std::vector<Term> reads;
};

} // namespace

Generated generate(uint64_t seed) { return Generator(seed).run(); }

} // namespace mixc::random
