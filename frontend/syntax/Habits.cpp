#include "frontend/syntax/Habits.h"
#include "llvm/ADT/ArrayRef.h"
#include <algorithm>

namespace mixc {
namespace {

struct Habit {
  std::string_view word, help;
};

std::string_view lookUp(llvm::ArrayRef<Habit> table, llvm::StringRef word) {
  const Habit *habit =
      std::find_if(table.begin(), table.end(), [&](const Habit &h) { return word == llvm::StringRef(h.word); });
  return habit == table.end() ? std::string_view() : habit->help;
}

constexpr std::string_view letHelp = "a name for an expression is `let w = ...`",
                           repeatHelp = "equations hold at every token; what is repeated within one is a family, "
                                        "`let S[j in 1..n] = ...`, or a `sum(j in 1..n, ...)`",
                           choiceHelp = "a choice between two values is `where(a < b, x, y)`",
                           mixerHelp = "a mixer is `mixer name<K, V> { ... }`, and a name for an expression "
                                       "`let w = ...`",
                           commentHelp = "a comment begins with `#`",
                           productHelp = "products of matrices and vectors are written `a * b`",
                           tokenSumHelp = "what goes over tokens is a state: `s[t] = s[t-1] + x`";

constexpr Habit statements[] = {
    {"return", "an output has an equation: write `y[t] = ...`"},
    {"yield", "an output has an equation: write `y[t] = ...`"},
    {"def", mixerHelp},
    {"function", mixerHelp},
    {"func", mixerHelp},
    {"fn", mixerHelp},
    {"class", mixerHelp},
    {"module", mixerHelp},
    {"for", repeatHelp},
    {"while", repeatHelp},
    {"foreach", repeatHelp},
    {"if", choiceHelp},
    {"elif", choiceHelp},
    {"else", choiceHelp},
    {"import", "a file holds mixers alone; the functions of the language are always there"},
    {"include", "a file holds mixers alone; the functions of the language are always there"},
    {"using", "a file holds mixers alone; the functions of the language are always there"},
    {"var", letHelp},
    {"val", letHelp},
    {"const", letHelp},
    {"auto", letHelp},
    {"float", letHelp},
    {"double", letHelp},
    {"int", letHelp},
    {"define", letHelp},
    {"where", letHelp},
    {"begin", "the body of a mixer stands in braces"},
};

constexpr Habit characters[] = {
    {";", "statements need no separator: leave it out"},
    {"@", "the matrix product is `*`"},
    {"&", "conditions are joined by `and`, `or` and `not`"},
    {"!", "conditions are joined by `and`, `or` and `not`"},
    {"?", choiceHelp},
    {"|", "the absolute value is `abs(x)`, the length of a vector `norm(x)`"},
    {"%", commentHelp},
    {"\"", commentHelp},
    {"\\", "names are written out, without a backslash: `alpha`, `k'`"},
    {"$", "equations stand as they are, without `$`"},
    {"~", "write `=`"},
    {"←", "write `=`"},
    {"≔", "write `=`"},
    {"√", "write `sqrt(x)`"},
    {"‖", "the length of a vector is `norm(x)`"},
    {"∥", "the length of a vector is `norm(x)`"},
    {"²", "write `^2`, or `.^ 2` for every entry"},
    {"³", "write `^3`, or `.^ 3` for every entry"},
    {"ₜ", "write `[t]`"},
    {"₋", "the value of the token before is `[t-1]`"},
    {"₁", "names are ASCII: write `1`"},
    {"⊗", "write `outer(a, b)`, or `a * b'`"},
    {"∈", "write `:`, as in `input x : vector<K>`; an interval follows `in`"},
    {"∇", "write `grad(loss, X)`"},
    {"∂", "write `grad(loss, X)`"},
};

constexpr std::string_view sharedHelp = "what all heads share is `per group`, called with one group",
                           tokenHelp = "an input has a value for every token; what is constant over time is a `param`";

constexpr Habit per[] = {
    {"head", "leave it out: a declaration has one value per head where nothing else is said"},
    {"heads", "leave it out: a declaration has one value per head where nothing else is said"},
    {"token", tokenHelp},
    {"time", tokenHelp},
    {"step", tokenHelp},
    {"groups", "write `per group`"},
    {"mixer", sharedHelp},
    {"layer", sharedHelp},
    {"model", sharedHelp},
    {"batch", sharedHelp},
    {"sequence", sharedHelp},
    {"call", sharedHelp},
};

constexpr std::string_view lagHelp = "the value of the token before is `x[t-1]`",
                           numberHelp = "a number meets every entry, and states start at zero where nothing is said",
                           randomHelp = "a mixer has no chance in it: what is drawn is an input";

constexpr Habit functions[] = {
    {"swish", "write `silu(x)`"},
    {"SiLU", "write `silu(x)`"},
    {"sigma", "write `sigmoid(x)`"},
    {"logistic", "write `sigmoid(x)`"},
    {"expit", "write `sigmoid(x)`"},
    {"sig", "write `sigmoid(x)`"},
    {"ln", "write `log(x)`"},
    {"log2", "write `log(x) / log(2)`"},
    {"log10", "write `log(x) / log(10)`"},
    {"exp2", "write `2 .^ x`"},
    {"pow", "write `x^n` of a scalar, `x .^ n` of every entry"},
    {"power", "write `x^n` of a scalar, `x .^ n` of every entry"},
    {"square", "write `x .^ 2`"},
    {"sqr", "write `x .^ 2`"},
    {"reciprocal", "write `1 ./ x`"},
    {"inv", "write `1 / x`; a matrix has no inverse here"},
    {"neg", "write `-x`"},
    {"maximum", "write `max(x, y)`"},
    {"minimum", "write `min(x, y)`"},
    {"fmax", "write `max(x, y)`"},
    {"fmin", "write `min(x, y)`"},
    {"add", "write `a + b`"},
    {"sub", "write `a - b`"},
    {"mul", "write `a * b`, or `a .* b` for every entry"},
    {"multiply", "write `a * b`, or `a .* b` for every entry"},
    {"div", "write `a / b`, or `a ./ b` for every entry"},
    {"hadamard", "write `a .* b`"},
    {"matmul", productHelp},
    {"mm", productHelp},
    {"bmm", productHelp},
    {"einsum", productHelp},
    {"inner", "write `dot(a, b)`, or `a' * b`"},
    {"vdot", "write `dot(a, b)`, or `a' * b`"},
    {"transpose", "write `x'`"},
    {"T", "write `x'`"},
    {"eye", "write `I`"},
    {"identity", "write `I`"},
    {"zeros", numberHelp},
    {"ones", numberHelp},
    {"full", numberHelp},
    {"cat", "write `concat(a, b)`"},
    {"concatenate", "write `concat(a, b)`"},
    {"stack", "write `concat(a, b)`"},
    {"hstack", "write `concat(a, b)`"},
    {"split", "write `slice(x, from, to)`"},
    {"chunk", "write `slice(x, from, to)`"},
    {"head", "write `slice(x, 0, n)`"},
    {"normalize", "write `l2norm(x)`, `rmsnorm(x)` or `layernorm(x)`"},
    {"l2_norm", "write `l2norm(x)`"},
    {"l2normalize", "write `l2norm(x)`"},
    {"l2", "write `l2norm(x)` for the direction, `norm(x)` for the length"},
    {"rms_norm", "write `rmsnorm(x)`"},
    {"RMSNorm", "write `rmsnorm(x)`"},
    {"layer_norm", "write `layernorm(x)`"},
    {"LayerNorm", "write `layernorm(x)`"},
    {"length", "write `norm(x)`"},
    {"fabs", "write `abs(x)`"},
    {"sgn", "write `sign(x)`"},
    {"arctan", "there is no arc tangent"},
    {"tan", "write `sin(x) ./ cos(x)`"},
    {"sinh", "write `(exp(x) - exp(-x)) / 2`"},
    {"cosh", "write `(exp(x) + exp(-x)) / 2`"},
    {"mish", "write `x .* tanh(softplus(x))`"},
    {"relu2", "write `relu(x) .^ 2`"},
    {"squared_relu", "write `relu(x) .^ 2`"},
    {"relu6", "write `min(relu(x), 6)`"},
    {"leaky_relu", "write `max(x, 0.01 * x)`"},
    {"logsumexp", "write `log(sum(exp(x)))`, or `logaddexp(a, b)` of two"},
    {"log_softmax", "write `log(softmax(x))`"},
    {"heaviside", choiceHelp},
    {"cond", choiceHelp},
    {"ifelse", choiceHelp},
    {"select", choiceHelp},
    {"cumsum", tokenSumHelp},
    {"cumprod", "what goes over tokens is a state: `p : scalar = 1`, `p[t] = p[t-1] * x`"},
    {"cummax", "what goes over tokens is a state: `m : scalar = -inf`, `m[t] = max(m[t-1], x)`"},
    {"scan", tokenSumHelp},
    {"conv", "a short convolution is `sum(j in 0..3, w[j] .* x[t-j])` with a family `param w[0..3]`"},
    {"conv1d", "a short convolution is `sum(j in 0..3, w[j] .* x[t-j])` with a family `param w[0..3]`"},
    {"shift", lagHelp},
    {"delay", lagHelp},
    {"lag", lagHelp},
    {"prev", lagHelp},
    {"previous", lagHelp},
    {"last", lagHelp},
    {"rand", randomHelp},
    {"randn", randomHelp},
    {"dropout", randomHelp},
    {"detach", "write `stop(x)`"},
    {"stop_gradient", "write `stop(x)`"},
    {"no_grad", "write `stop(x)`"},
    {"clip", "write `clamp(x, lo, hi)`"},
    {"log_sigmoid", "write `logsigmoid(x)`"},
    {"prod", "a product of a family is a chain of lets: `let P[0] = 1`, `let P[j in 1..n] = P[j-1] * a[j]`"},
    {"trace", "write `sum(I .* X)`"},
    {"range", "a range is `1..n`, both ends in it"},
};

struct TimedName {
  std::string_view mark, time;
};
constexpr TimedName endings[] = {{"_tm1", "[t-1]"},   {"_t_1", "[t-1]"},      {"_t1", "[t-1]"},   {"_prev", "[t-1]"},
                                 {"_old", "[t-1]"},   {"_previous", "[t-1]"}, {"_last", "[t-1]"}, {"Prev", "[t-1]"},
                                 {"_new", "[t]"},     {"_next", "[t]"},       {"_now", "[t]"},    {"_cur", "[t]"},
                                 {"_current", "[t]"}, {"_t", "[t]"},          {"_", "[t]"}};
constexpr TimedName beginnings[] = {{"prev_", "[t-1]"}, {"previous_", "[t-1]"}, {"old_", "[t-1]"},
                                    {"last_", "[t-1]"}, {"new_", "[t]"},        {"next_", "[t]"}};

} // namespace

std::string_view habitOfStatement(llvm::StringRef word) { return lookUp(statements, word); }
std::string_view habitOfCharacter(std::string_view character) { return lookUp(characters, character); }
std::string_view habitOfPer(llvm::StringRef word) { return lookUp(per, word); }
std::string_view habitOfFunction(llvm::StringRef name) { return lookUp(functions, name); }

std::string_view timeInName(llvm::StringRef name, llvm::StringRef &base) {
  for (const TimedName &ending : endings)
    if (name.size() > ending.mark.size() && name.ends_with(ending.mark))
      return base = name.drop_back(ending.mark.size()), ending.time;
  for (const TimedName &beginning : beginnings)
    if (name.size() > beginning.mark.size() && name.starts_with(beginning.mark))
      return base = name.drop_front(beginning.mark.size()), beginning.time;
  return {};
}

} // namespace mixc
