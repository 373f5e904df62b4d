// What a mixer may not exceed (lowering/Limits.h), said where it is written.
#include "lowering/Limits.h"
#include "frontend/sema/MixerChecker.h"
#include <fmt/format.h>
#include <unordered_map>

namespace mixc {

bool MixerChecker::hasTooManyStates() {
  size_t states = llvm::count_if(out->declarations, [](const Declaration &d) { return d.role == ast::Role::State; });
  if (states <= limits::states)
    return false;
  diagnostics
      .add(Code::TooManyStates, mixer.name.range,
           fmt::format("`{}` has {} states, and a mixer may have {}", out->name, states, limits::states))
      .help("states that are updated alike are rows of one matrix, or one state of several mixers");
  return true;
}

/// Sizes that are known must be sizes that a machine holds.
void MixerChecker::checkSizes() {
  std::set<std::string> families; // once a family
  for (const Declaration &declared : out->declarations) {
    if (declared.type.isError() || declared.type.isScalar() ||
        (!declared.family.empty() && !families.insert(declared.family).second))
      continue;
    std::vector<Dim> dims = {declared.type.rows};
    if (declared.type.isMatrix())
      dims.push_back(declared.type.cols);
    std::vector<int64_t> sizes;
    for (const Dim &dim : dims)
      if (std::optional<int64_t> size = dim.evaluate(scope.numbers()))
        sizes.push_back(*size);
    if (sizes.size() < dims.size() || limits::product(sizes))
      continue;
    std::string text = fmt::format("{}", sizes[0]);
    if (sizes.size() > 1)
      text += fmt::format(" x {}", sizes[1]);
    Diagnostic &diagnostic =
        diagnostics.add(Code::TooLarge, declared.range,
                        fmt::format("the {} `{}` has {} numbers, and a tensor may have {}", spelling(declared.role),
                                    declared.name, text, limits::numbers));
    std::set<std::string> told;
    for (const Dim &dim : dims)
      for (const std::string &symbol : dim.symbols())
        if (told.insert(symbol).second)
          diagnostic.note(fmt::format("{} = {}", symbol, scope.numbers().at(symbol)));
    diagnostic.help("that is 4 TiB of float32 a head: give its dims smaller numbers with `-D`");
  }
}

/// A value that is computed by too many operations, one after the other: a let of a let of a let.
void MixerChecker::checkDepth() {
  std::unordered_map<const Expr *, unsigned> depths;
  auto depthOf = [&](const Expr *e) {
    auto known = depths.find(e);
    return known == depths.end() ? 0 : known->second;
  };
  for (const Expr &e : out->expressions) { // each after what it is made of
    unsigned &depth = depths[&e];
    for (const Expr *arg : e.args)
      depth = std::max(depth, depthOf(arg) + 1);
    if (e.op == Expr::Op::Let)
      depth = depthOf(out->definitions[e.entity].value) + 1;
  }
  for (const Definition &definition : out->definitions)
    if (unsigned depth = depthOf(definition.value); depth > limits::depth) {
      diagnostics
          .add(Code::TooDeep, definition.range,
               fmt::format("`{}` is {} operations deep, and a value may be {}", definition.name, depth, limits::depth))
          .help("a chain of sums is one `sum(j in 1..n, ...)`; what goes on from token to token is a state");
      return;
    }
}

} // namespace mixc
