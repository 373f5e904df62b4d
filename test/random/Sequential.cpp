// States that are scans, or have no form at all: they must still be right, and what reads them as inputs keeps its own
// form.
#include "test/random/Builder.h"

namespace mixc::random {

void Builder::sequential(const std::string &name, Term state, Term update, Term read, bool mayStart) {
  declare(name, state.shape(), update, {}, mayStart);
  keep(read);
}

/// m = max(f + m, i), and a memory whose gates are relative to it, as mLSTM has them.
void Builder::stabilised() {
  Term i = words.input("s", {}), f = words.named(-call("softplus", {words.input("s", {})}), 60);
  Term m = oldState("A", {}), now = newState("A", {});
  bool isSoft = random.chance(40);
  words.mark(isSoft ? "stabiliser: logaddexp" : "stabiliser: max");
  Term from = random.chance(50) ? f + m : m + f;
  declare("A", {}, call(isSoft ? "logaddexp" : "max", {from, i}), {}, false);
  if (random.chance(50))
    mixer.states.back().start = random.chance(50) && isSoft ? "0.5" : "0";
  Term keep = words.named(call("exp", {f + m - now}), 70), added = words.named(call("exp", {i - now}), 70);
  Term k = words.unitKey("K"), q = words.key("K");
  Memory C("B", "V", "K", random.chance(40), mixer, random, words);
  Promise promise{.normal = true, .count = 1};
  declare("B", C.shape(), keep * C.before() + C.outer(added * words.value("V"), k), promise);
  declare("C", {"K", ""}, keep * oldState("C", {"K", ""}) + added * k, promise);
  Term size = call("max", {call("abs", {transpose(newState("C", {"K", ""})) * q}), call("exp", {-now})});
  reads.push_back(C.read(C.after(), q) / size);
}

Term Builder::gateOf(const Shape &shape) {
  if (random.chance(40))
    return words.input("G", shape, true);
  // As Mamba's: a vector of the token and a param.
  Term step = call("softplus", {words.input("vV", {"V", ""})}), A = call("exp", {words.param("m", shape)});
  Term G = shape.rows == "V" ? -diag(step) * A : -A * diag(step);
  if (random.chance(50)) {
    Term other = words.gate("K");
    G = shape.rows == "V" ? G * diag(other) : diag(other) * G;
  }
  return call("exp", {G});
}

void Builder::fullGate() {
  Memory H("A", "V", "K", random.chance(40), mixer, random, words);
  sequential("A", H.before(), gateOf(H.shape()) % H.before() + H.outer(words.value("V"), words.unitKey("K")),
             H.read(random.chance(70) ? H.after() : H.before(), words.key("K")));
  if (random.chance(60))
    return;
  words.mark("full gate: of a full gate");
  Memory M("B", "V", "K", H.shape().rows == "K", mixer, random, words);
  sequential("B", M.before(), gateOf(M.shape()) % M.before() + words.decay() * H.after(),
             M.read(M.after(), words.key("K")));
}

void Builder::vectorScan() {
  bool isScalar = random.chance(30);
  std::string name = freshState();
  Term h = isScalar ? oldState(name, {}) : oldState(name, {"V", ""});
  Term now = random.chance(70) ? newState(name, h.shape()) : h;
  if (isScalar)
    sequential(name, h, words.decay() * h + words.scalar(), call("tanh", {now}) * words.value("V"));
  else
    sequential(name, h, words.gate("V") % h + words.value("V"), now);
}

void Builder::semiring() {
  bool isScalar = random.chance(50);
  std::string name = freshState(), function = random.pick({"max", "min", "logaddexp"});
  words.mark("semiring: " + function);
  Term m = isScalar ? oldState(name, {}) : oldState(name, {"V", ""}), now = newState(name, m.shape());
  Term x = isScalar ? words.scalar() : words.value("V"), fade = isScalar ? words.decay() : words.gate("V");
  Term from = random.chance(70) ? m - fade : m;
  Term apart = function == "min" ? now - x : x - now; // below 0 mostly: a vector of ones is no test
  sequential(name, m, call(function, {from, x}),
             isScalar ? call("tanh", {now}) * words.value("V") : call("exp", {call("min", {apart, number(1)})}));
}

/// A pair of vectors turned by an angle.
void Builder::complexScan() {
  Shape shape{"V", ""};
  Term re = oldState("A", shape), im = oldState("B", shape), angle = words.param("u" + std::string("V"), shape),
       a = words.gate("V"), c = words.named(a % call("cos", {angle}), 60),
       s = words.named(a % call("sin", {angle}), 60);
  declare("A", shape, c % re - s % im + words.value("V"), {});
  declare("B", shape, s % re + c % im + (random.chance(50) ? words.value("V") : words.param("uV", shape)), {});
  keep(newState("A", shape));
  keep(random.chance(50) ? newState("B", shape) : im);
}

void Builder::minimalGate() {
  std::string name = freshState();
  Term h = oldState(name, {"V", ""}), z = words.gate("V");
  sequential(name, h, (number(1) - z) % h + z % words.value("V"), newState(name, h.shape()));
}

void Builder::dense() {
  std::string name = freshState();
  Term h = oldState(name, {"V", ""});
  sequential(name, h, call("tanh", {weights("V", h) + words.value("V")}), newState(name, h.shape()));
}

void Builder::lstm() {
  Shape V{"V", ""};
  Term c = oldState("A", V), h = oldState("B", V);
  auto gate = [&](const char *function) { return call(function, {words.value("V") + weights("V", h)}); };
  declare("A", V, gate("sigmoid") % c + gate("sigmoid") % gate("tanh"), {});
  declare("B", V, gate("sigmoid") % call("tanh", {newState("A", V)}), {});
  keep(newState("B", V));
}

void Builder::gru() {
  Shape V{"V", ""};
  std::string name = freshState();
  Term h = oldState(name, V);
  auto gate = [&] { return words.named(call("sigmoid", {words.value("V") + weights("V", h)}), 60); };
  Term update = gate(), fresh = call("tanh", {words.value("V") + gate() % weights("V", h)});
  sequential(name, h, update % h + (number(1) - update) % fresh, newState(name, V));
}

/// Two layers, both learned by a step down a loss.
void Builder::deepMemory() {
  Shape first{"K", "K"}, second{"V", "K"};
  Term A = oldState("A", first), B = oldState("B", second), k = words.unitKey("K"), q = words.unitKey("K");
  auto forward = [&](Term one, Term two, Term x) { return two * call("tanh", {one * x}); };
  Term loss = number(0.5) * apply(Op::Pow, {call("norm", {forward(A, B, k) - words.value("V")}, {}), number(2)});
  loss = words.named(loss, 50);
  auto next = [&](Term S) {
    return (number(1) - number(0.5) * words.decay()) * S -
           number(0.25) * words.decay() * call("grad", {loss}, S.shape(), ", " + S->name + "[t-1]");
  };
  declare("A", first, next(A), {});
  declare("B", second, next(B), {});
  keep(forward(newState("A", first), newState("B", second), q));
}

/// A gate that depends on what is read: no normal form.
void Builder::ownGate() {
  Memory H("A", "V", "K", random.chance(40), mixer, random, words);
  Term k = words.unitKey("K"), a = call("sigmoid", {transpose(H.read(H.before(), k)) * words.value("V")});
  sequential("A", H.before(), a * H.before() + H.outer(words.value("V"), k), H.read(H.after(), k));
}

/// The norm of a state, or the state as an output.
void Builder::wholeState() {
  Memory H("A", "V", "K", random.chance(40), mixer, random, words);
  Term update = words.decay() * H.before() + H.outer(words.value("V"), words.unitKey("K"));
  bool isNorm = random.chance(60);
  sequential("A", H.before(), update,
             isNorm ? H.read(H.after(), words.key("K")) / (number(1) + call("norm", {H.after()}, {}))
                    : words.decay() * H.after());
}

/// h = A h + B x, A a dense matrix, constant over time.
void Builder::constantMatrix() {
  std::string name = freshState();
  Term h = oldState(name, {"K", ""}), A = words.param("m", {"K", "K"});
  sequential(name, h, words.contraction(A) * h + words.value("K"), words.named(newState(name, h.shape())));
}

} // namespace mixc::random
