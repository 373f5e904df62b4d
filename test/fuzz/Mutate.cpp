// Mutations of whole tokens, three times in four: bytes alone seldom make another program of a program. Half of them
// put one of its kind in a token's place, an operator for an operator, a function for a function, so that much of what
// comes out checks, and is interpreted.
#include "frontend/syntax/Lexer.h"
#include <cstring>
#include <random>

using namespace mixc;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {

const char *const words[] = {
#define MIX_WORD(kind, text) text,
#define MIX_PUNCTUATION(kind, text) text,
#include "frontend/syntax/Tokens.def"
    "0",
    "1",
    "2",
    "64",
    "1e308",
    "[t-1]",
    "[t]",
    "[t-3]",
    "[end]",
    "[j]",
    "[1..n]",
    " # c\n",
    "per group",
    "in [0, 1]",
    "sum(j in 1..n, k[j])",
    "grad(y, x)",
    "exp(",
    "max(",
    "l2norm(",
    "softmax(",
    "concat(",
    "slice(",
    "roll(",
    "kron(",
    "diag(",
    "norm(",
    "outer(",
    "dot(",
    "logaddexp(",
    "let a = ",
    "state S : matrix<K, V>",
    "input k[1..n] : vector<K>"};

const char *const operators[] = {"+", "-", "*", "/", ".*", "./", "^", ".^", "<", ">=", "==", "and", "or"};
const char *const numbers[] = {"0", "1", "2", "3", "0.5", "1e-3", "64", "1e308", "1e-320", "999999999999"};
const char *const functions[] = {"exp",   "log",    "sigmoid", "tanh",      "relu",      "silu",  "gelu",   "softplus",
                                 "elu",   "sqrt",   "rsqrt",   "abs",       "sign",      "sin",   "cos",    "min",
                                 "max",   "sum",    "dot",     "logaddexp", "outer",     "diag",  "concat", "kron",
                                 "where", "clamp",  "stop",    "erf",       "log1p",     "expm1", "mean",   "norm",
                                 "roll",  "l2norm", "rmsnorm", "softmax",   "layernorm", "slice", "grad"};

class Mutator {
public:
  Mutator(const std::string &text, unsigned seed) : source("input", text), random(seed) {
    DiagnosticList diagnostics;
    tokens = lex(source, diagnostics);
    tokens.pop_back();
  }

  std::string run() {
    if (tokens.empty())
      return words[pick(std::size(words))];
    size_t index = pick(tokens.size());
    Range at = tokens[index].range;
    if (pick(2))
      return replaced(at, ofItsKind(index));
    switch (pick(5)) {
    case 0: // a token becomes another one of the text
      return replaced(at, std::string(source.slice(tokens[pick(tokens.size())].range)));
    case 1: // or a word of the language
      return replaced(at, words[pick(std::size(words))]);
    case 2: return replaced({at.begin, at.begin}, std::string(words[pick(std::size(words))]) + " ");
    case 3: // some tokens go
      return replaced(some(), "");
    default: // or some come a second time, elsewhere
      return replaced({at.begin, at.begin}, std::string(source.slice(some())) + " ");
    }
  }

private:
  size_t pick(size_t count) { return random() % count; }

  std::string ofItsKind(size_t index) {
    Tok kind = tokens[index].kind;
    if (kind >= Tok::Plus && kind <= Tok::DotCaret)
      return operators[pick(std::size(operators))];
    if (kind == Tok::Name && index + 1 < tokens.size() && tokens[index + 1].kind == Tok::LeftParen)
      return functions[pick(std::size(functions))];
    if (kind == Tok::Number && pick(2))
      return numbers[pick(std::size(numbers))];
    std::vector<Range> same;
    for (const Token &token : tokens)
      if (token.kind == kind)
        same.push_back(token.range);
    return std::string(source.slice(same[pick(same.size())]));
  }

  Range some() {
    size_t first = pick(tokens.size()), last = std::min(first + pick(12), tokens.size() - 1);
    return tokens[first].range.to(tokens[last].range);
  }

  std::string replaced(Range range, const std::string &with) {
    return source.text.substr(0, range.begin) + with + source.text.substr(range.end);
  }

  Source source;
  std::minstd_rand random;
  std::vector<Token> tokens;
};

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  if (seed % 4 == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::string text(reinterpret_cast<const char *>(data), size);
  for (unsigned i = 0; i <= seed / 4 % 3; ++i)
    text = Mutator(text, seed / 16 + i).run();
  size = std::min(text.size(), maxSize);
  memcpy(data, text.data(), size);
  return size;
}
