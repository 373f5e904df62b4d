// Declarations: types, families, intervals, starts.
#include "frontend/sema/MixerChecker.h"
#include "frontend/syntax/Print.h"
#include <cmath>
#include <fmt/format.h>

namespace mixc {

std::optional<Type> MixerChecker::typeOf(const ast::Type &type) {
  std::vector<Dim> dims;
  bool failed = false;
  for (const ast::ExprPtr &e : type.dims) {
    std::optional<Dim> dim = scope.dim(*e, {}, diagnostics);
    if (!dim) {
      failed = true;
      continue;
    }
    // A dim whose symbols all have numbers must come out as a size.
    std::vector<std::string> symbols = dim->symbols();
    bool bound = llvm::all_of(symbols, [&](const std::string &symbol) { return scope.numbers().count(symbol) != 0; });
    std::optional<int64_t> size = bound ? dim->evaluate(scope.numbers()) : std::nullopt;
    if (bound && (!size || *size < 1)) {
      Diagnostic &diagnostic =
          diagnostics.add(Code::BadBinding, e->range,
                          size ? fmt::format("`{}` is {}, and a size is at least 1", printExpr(*e), *size)
                               : fmt::format("`{}` is not a whole number", printExpr(*e)));
      for (const std::string &symbol : symbols)
        diagnostic.note(fmt::format("{} = {}", symbol, scope.numbers().at(symbol)));
      failed = true;
    }
    dims.push_back(*dim);
  }
  if (failed)
    return std::nullopt;
  switch (type.kind) {
  case ast::Type::Kind::Scalar: return Type::scalar();
  case ast::Type::Kind::Vector: return Type::column(dims[0]);
  case ast::Type::Kind::Matrix: return Type::matrix(dims[0], dims[1]);
  }
  return std::nullopt;
}

void MixerChecker::checkQualifiers(const ast::Declaration &declaration) {
  auto refuse = [&](Range range, std::string_view what, std::string_view help) {
    diagnostics
        .add(Code::UnexpectedToken, range,
             fmt::format("{} has no {}",
                         declaration.role == ast::Role::Input || declaration.role == ast::Role::Output
                             ? fmt::format("an `{}`", spelling(declaration.role))
                             : fmt::format("a `{}`", spelling(declaration.role)),
                         what))
        .help(std::string(help));
  };
  bool isGiven = declaration.role == ast::Role::Input || declaration.role == ast::Role::Param;
  if (declaration.interval && !isGiven)
    refuse(declaration.interval->range, "interval", "an interval is a promise about an `input` or a `param`");
  if (declaration.start && declaration.role != ast::Role::State)
    refuse(declaration.start->range, "start", "only a `state` starts somewhere");
  if (declaration.perGroup && declaration.role == ast::Role::Output)
    refuse(*declaration.perGroup, "`per group`", "there is one output for every head");
}

std::optional<std::pair<double, double>> MixerChecker::interval(const ast::Declaration &declaration) {
  if (!declaration.interval)
    return std::nullopt;
  std::optional<double> low = scope.constant(*declaration.interval->low, diagnostics);
  std::optional<double> high = scope.constant(*declaration.interval->high, diagnostics);
  if (!low || !high)
    return std::nullopt;
  if (std::isnan(*low) || std::isnan(*high) || *low > *high) {
    Diagnostic &diagnostic =
        diagnostics.add(Code::BadInterval, declaration.interval->range,
                        fmt::format("no number is in [{}, {}]", printExpr(*declaration.interval->low),
                                    printExpr(*declaration.interval->high)));
    if (*low > *high)
      diagnostic.help(fmt::format("write `in [{}, {}]`", printExpr(*declaration.interval->high),
                                  printExpr(*declaration.interval->low)));
    return std::nullopt;
  }
  return std::pair(*low, *high);
}

static Symbol::Kind symbolKind(ast::Role role) {
  switch (role) {
  case ast::Role::Input: return Symbol::Kind::Input;
  case ast::Role::Param: return Symbol::Kind::Param;
  case ast::Role::State: return Symbol::Kind::State;
  case ast::Role::Output: return Symbol::Kind::Output;
  }
  return Symbol::Kind::Input;
}

void MixerChecker::declare(const ast::Declaration &declaration) {
  checkQualifiers(declaration);
  Declaration declared;
  declared.role = declaration.role;
  // A declaration of unknown type still declares its names: what reads them is not to blame.
  declared.type = typeOf(declaration.type).value_or(Type::error());
  declared.perGroup = declaration.perGroup.has_value();
  declared.interval = interval(declaration);
  for (const ast::Declaration::Declared &name : declaration.names) {
    Symbol *symbol = scope.declare(symbolKind(declaration.role), name.name);
    if (!symbol)
      continue;
    declared.range = name.name.range;
    if (!name.family) {
      symbol->entity = out->declarations.size();
      declared.name = name.name.text;
      out->declarations.push_back(declared);
      continue;
    }
    symbol->isFamily = true;
    auto range = scope.range(*name.family, {}, diagnostics);
    if (!range) {
      targetsKnown = false;
      continue;
    }
    for (int64_t j = range->first; j <= range->second; ++j) {
      symbol->members[j] = out->declarations.size();
      Declaration member = declared;
      member.name = fmt::format("{}[{}]", name.name.text, j);
      member.family = name.name.text;
      member.index = j;
      out->declarations.push_back(std::move(member));
    }
  }
}

void MixerChecker::resolveStarts(const ast::Declaration &declaration) {
  if (!declaration.start || declaration.role != ast::Role::State)
    return;
  const ast::Expr &e = *declaration.start;
  Start start;
  start.range = e.range;
  std::optional<Type> wants;
  if (llvm::isa<ast::Identity>(e)) {
    start.kind = Start::Kind::Identity;
  } else if (auto *reference = llvm::dyn_cast<ast::Reference>(&e);
             reference && !scope.numbers().count(reference->name.text)) {
    std::optional<Target> target = scope.resolve(*reference, {}, diagnostics);
    if (!target)
      return;
    if (target->symbol->kind != Symbol::Kind::Param) {
      diagnostics.add(Code::BadStart, e.range, fmt::format("`{}` is not a param", reference->name.text))
          .help("a state starts at a number, `-inf`, `I` or a param");
      return;
    }
    start.kind = Start::Kind::Param;
    start.param = target->entity;
    checking.usedDeclarations.insert(target->entity);
    wants = out->declarations[target->entity].type;
  } else {
    DiagnosticList muted;
    std::optional<double> value = scope.constant(e, muted);
    if (!value || std::isnan(*value)) {
      diagnostics.add(Code::BadStart, e.range, fmt::format("a state cannot start at `{}`", printExpr(e)))
          .help("a state starts at a number, `-inf`, `I` or a param");
      return;
    }
    start.number = *value;
  }
  for (const ast::Declaration::Declared &name : declaration.names) {
    const Symbol *symbol = scope.find(name.name.text);
    for (Declaration &state : out->declarations) {
      if (!symbol || (state.name != name.name.text && state.family != name.name.text) ||
          state.role != ast::Role::State || state.type.isError())
        continue;
      bool square = state.type.isMatrix() && state.type.rows == state.type.cols;
      if (start.kind == Start::Kind::Identity && !square)
        diagnostics
            .add(Code::BadStart, e.range, fmt::format("`I` is square, and `{}` is `{}`", state.name, state.type.str()))
            .also(state.range, "declared here")
            .help(state.type.isMatrix()
                      ? fmt::format(
                            "two dims differ, whatever their numbers: declare a `matrix<{0}, {0}>`, or start at a "
                            "param, `param {1}0 : {2}`",
                            state.type.cols.str(), state.name, state.type.str())
                      : "a number starts every entry: `= 1`");
      else if (start.kind == Start::Kind::Param && state.perGroup && !out->declarations[start.param].perGroup)
        diagnostics
            .add(Code::GroupState, e.range,
                 fmt::format("`{}` is per group, and starts at a param of every head", state.name))
            .also(state.range, "declared `per group`")
            .help("declare the param `per group` too");
      else if (wants && !(*wants == state.type) && !wants->isError())
        diagnostics
            .add(Code::BadStart, e.range,
                 fmt::format("`{}` is `{}`, and starts at a `{}`", state.name, state.type.str(), wants->str()))
            .also(state.range, "declared here");
      else
        state.start = start;
    }
  }
}

} // namespace mixc
