// Equations: which name each defines, and whether both sides have one shape.
#include "frontend/sema/MixerChecker.h"
#include "frontend/sema/Suggest.h"
#include "frontend/syntax/Print.h"
#include <fmt/format.h>

namespace mixc {

/// The symbol that an equation defines; null, and reported, if it cannot.
Symbol *MixerChecker::target(const ast::Equation &equation, bool isFamily) {
  Symbol *symbol = scope.find(equation.name.text);
  if (equation.isLet) {
    if (!symbol) {
      symbol = scope.declare(Symbol::Kind::Let, equation.name);
      symbol->isFamily = isFamily;
      return symbol;
    }
    if (symbol->kind == Symbol::Kind::Let && symbol->isFamily && isFamily)
      return symbol;
    if (symbol->kind == Symbol::Kind::Let) {
      diagnostics
          .add(Code::SecondEquation, equation.target, fmt::format("`{}` has a second equation", equation.name.text))
          .also(symbol->range, "the first is here");
      return nullptr;
    }
    scope.declare(Symbol::Kind::Let, equation.name); // reports it
    return nullptr;
  }
  if (!symbol) {
    Diagnostic &diagnostic =
        diagnostics.add(Code::UnknownName, equation.name.range, fmt::format("unknown name `{}`", equation.name.text));
    std::vector<std::string> definable;
    for (const Declaration &declared : out->declarations)
      if (declared.role == ast::Role::State || declared.role == ast::Role::Output)
        definable.push_back(declared.family.empty() ? declared.name : declared.family);
    if (std::string meant = scope.timedName(equation.name.text); !meant.empty())
      diagnostic.help(fmt::format("write `{} = ...`", meant));
    else if (std::string near = nearest(equation.name.text, definable); !near.empty())
      diagnostic.label(fmt::format("did you mean `{}`?", near));
    else
      diagnostic.help(fmt::format("a name for an expression is `let {} = ...`", equation.name.text));
    return nullptr;
  }
  if (symbol->kind == Symbol::Kind::State || symbol->kind == Symbol::Kind::Output)
    return symbol;
  static constexpr std::string_view what[] = {"a dim", "an input", "a param", "a state", "an output", "a `let`"};
  diagnostics
      .add(Code::NotDefinable, equation.target,
           fmt::format("`{}` is {}, and has no equation here", symbol->name, what[size_t(symbol->kind)]))
      .also(symbol->range, "declared here")
      .help("states and outputs have equations; a name for an expression is `let w = ...`");
  return nullptr;
}

void MixerChecker::collect(const ast::Equation &equation) {
  // The last index may be the time, which is always `t`; one before it is the family's.
  size_t count = equation.indices.size();
  if (count && equation.indices.back().value && mentionsTime(*equation.indices.back().value)) {
    const ast::Expr &time = *equation.indices[--count].value;
    if (!llvm::isa<ast::Time>(time)) {
      const Symbol *named = scope.find(equation.name.text);
      const bool isState = named && named->kind == Symbol::Kind::State;
      diagnostics
          .add(Code::TimeIndex, time.range,
               fmt::format("an equation defines a value at time t, not at `{}`", printExpr(time)))
          .help(fmt::format("write `{}[t] = ...`", equation.name.text) +
                (isState ? fmt::format(", with `{}[t-1]` for the state before the token", equation.name.text) : ""));
      unresolved.insert(&equation);
      targetsKnown = false;
      return;
    }
  }
  if (count > 1) {
    diagnostics.add(Code::FamilyIndex, equation.indices[1].range,
                    fmt::format("one index too many for `{}`", equation.name.text));
    targetsKnown = false;
    return;
  }
  Symbol *symbol = target(equation, count == 1);
  if (!symbol) {
    targetsKnown = false;
    return;
  }
  if (symbol->isFamily != (count == 1)) {
    diagnostics
        .add(Code::FamilyIndex, equation.target,
             symbol->isFamily ? fmt::format("`{}` is a family: which of its members?", symbol->name)
                              : fmt::format("`{}` is not a family", symbol->name))
        .also(symbol->range, "declared here");
    targetsKnown = false;
    return;
  }
  if (count == 0)
    return collectInstance(equation, *symbol, std::nullopt, {});
  const ast::Equation::Index &index = equation.indices.front();
  if (!index.binder) {
    if (std::optional<int64_t> member = scope.integer(*index.value, {}, diagnostics))
      return collectInstance(equation, *symbol, *member, {});
    targetsKnown = false;
    return;
  }
  auto range = scope.range(index.span, {}, diagnostics);
  if (!range || scope.shadows(*index.binder, {}, diagnostics)) {
    targetsKnown = false;
    return;
  }
  for (int64_t j = range->first; j <= range->second && !reported.count(&equation); ++j)
    collectInstance(equation, *symbol, j, {{index.binder->text, j}});
}

void MixerChecker::collectInstance(const ast::Equation &equation, const Symbol &known, std::optional<int64_t> member,
                                   Indices indices) {
  Symbol &symbol = *scope.find(known.name);
  unsigned index = equations.instances.size();
  Instance instance{Definition::Kind::Let, symbol.name, 0, &equation, std::move(indices)};
  if (member)
    instance.name = fmt::format("{}[{}]", symbol.name, *member);
  const ast::Equation *first = nullptr;
  if (symbol.kind == Symbol::Kind::Let) {
    if (!member) {
      symbol.entity = index;
    } else if (auto [entry, isNew] = symbol.members.try_emplace(*member, index); !isNew) {
      first = equations.instances[entry->second].equation;
    }
  } else {
    instance.kind = symbol.kind == Symbol::Kind::State ? Definition::Kind::Update : Definition::Kind::Output;
    instance.declaration = symbol.entity;
    if (member) {
      auto found = symbol.members.find(*member);
      if (found == symbol.members.end()) {
        diagnostics.add(Code::NoSuchMember, equation.target, fmt::format("there is no `{}`", instance.name))
            .also(symbol.range, "declared here");
        reported.insert(&equation);
        return;
      }
      instance.declaration = found->second;
    }
    if (auto [entry, isNew] = equations.defining.try_emplace(instance.declaration, index); !isNew)
      first = equations.instances[entry->second].equation;
  }
  if (first) {
    diagnostics
        .add(Code::SecondEquation, equation.target,
             fmt::format("`{}` has a second {}", instance.name,
                         instance.kind == Definition::Kind::Update ? "update" : "equation"))
        .also(first->target, "the first is here");
    reported.insert(&equation);
    return;
  }
  equations.instances.push_back(std::move(instance));
}

void MixerChecker::checkEquation(const Node &node) {
  const Instance &instance = equations.instances[node.instance];
  DiagnosticList muted;
  bool isFirst = node.lag == 0 && !reported.count(instance.equation);
  size_t before = diagnostics.errorCount();
  ExprChecker checker(checking, node, isFirst ? diagnostics : muted, diagnostics);
  if (instance.kind != Definition::Kind::Let)
    checker.wanted = out->declarations[instance.declaration].type;
  const ast::Expr &written = *instance.equation->value;
  Expr *value = instance.kind == Definition::Kind::Let ? checker.checkEither(written) : checker.check(written);
  if (isFirst && !value->type.isError())
    checkValue(node, instance, value, checker);
  if (diagnostics.errorCount() != before)
    reported.insert(instance.equation);
  if (instance.kind == Definition::Kind::Let)
    checking.letDefinitions[node.key()] = out->definitions.size();
  Definition definition{instance.kind, instance.name, instance.declaration, node.lag, instance.equation->range, value};
  out->definitions.push_back(std::move(definition));
}

void MixerChecker::checkValue(const Node &node, const Instance &instance, Expr *value, ExprChecker &checker) {
  Range range = instance.equation->value->range;
  if (instance.kind == Definition::Kind::Let) {
    if (value->type.isSquare())
      diagnostics.add(Code::IdentitySize, range, fmt::format("nothing tells the size of `I` in `{}`", instance.name))
          .help("write `I` where it is used, next to a matrix");
    return;
  }
  const Declaration &declared = out->declarations[instance.declaration];
  if (declared.type.isError())
    return;
  if (value->type.isSquare() && declared.type.isMatrix() && declared.type.rows == declared.type.cols)
    checker.fit(value, declared.type.rows);
  std::string_view what = instance.kind == Definition::Kind::Update ? "update" : "equation";
  if (!(value->type == declared.type)) {
    Diagnostic &diagnostic = diagnostics
                                 .add(Code::EquationShape, range,
                                      fmt::format("`{}` is `{}`, and its {} is `{}`", declared.name,
                                                  declared.type.str(), what, value->type.str()))
                                 .label(value->type.str())
                                 .also(declared.range, fmt::format("{}, as declared", declared.type.str()));
    std::string turned = transposedText(*instance.equation->value, value->type);
    if (value->type.transposed() == declared.type && !turned.empty())
      diagnostic.help(fmt::format("write `{}`", turned));
  } else if (declared.role == ast::Role::State && declared.perGroup && value->perHead) {
    diagnostics
        .add(Code::GroupState, range,
             fmt::format("`{}` is per group, and its update uses values of a head", declared.name))
        .also(declared.range, "declared `per group`")
        .help("declare what it uses `per group` too, or the state without it");
  }
}

void MixerChecker::checkComplete() {
  bool givesNothing = true;
  std::set<std::string> families; // once a family, not once a member
  for (unsigned i = 0; i < out->declarations.size(); ++i) {
    const Declaration &declared = out->declarations[i];
    bool needsEquation = declared.role == ast::Role::State || declared.role == ast::Role::Output;
    givesNothing &= !needsEquation;
    if (!needsEquation || equations.defining.count(i) || !targetsKnown)
      continue;
    if (!declared.family.empty() && !families.insert(declared.family).second)
      continue;
    if (declared.role == ast::Role::State)
      diagnostics
          .add(Code::StateNeverUpdated, declared.range, fmt::format("the state `{}` is never updated", declared.name))
          .help(fmt::format("write `{}[t] = ...`", declared.name));
    else
      diagnostics
          .add(Code::OutputWithoutEquation, declared.range,
               fmt::format("the output `{}` has no equation", declared.name))
          .help(fmt::format("write `{}[t] = ...`", declared.name));
  }
  if (givesNothing && targetsKnown)
    diagnostics
        .add(Code::GivesNothing, mixer.name.range, fmt::format("`{}` has no state and no output", mixer.name.text))
        .help("what it gives at every token is an `output`, what it carries from token to token a `state`");
}

void MixerChecker::warnUnused() {
  auto warn = [&](Range range, std::string_view role, std::string_view name) {
    diagnostics.add(Code::Unused, range, fmt::format("the {} `{}` is never read", role, name));
  };
  std::map<std::string, std::pair<const Declaration *, bool>> families;
  for (unsigned i = 0; i < out->declarations.size(); ++i) {
    const Declaration &declared = out->declarations[i];
    if (declared.role == ast::Role::Output)
      continue;
    bool used = checking.usedDeclarations.count(i);
    if (!declared.family.empty()) {
      auto entry = families.try_emplace(declared.family, &declared, used).first;
      entry->second.second |= used;
    } else if (!used) {
      warn(declared.range, spelling(declared.role), declared.name);
    }
  }
  for (auto &[name, family] : families)
    if (!family.second)
      warn(family.first->range, spelling(family.first->role), name);
  std::map<std::string, std::pair<Range, bool>> lets;
  for (unsigned i = 0; i < equations.instances.size(); ++i) {
    const Instance &instance = equations.instances[i];
    if (instance.kind != Definition::Kind::Let)
      continue;
    auto entry = lets.try_emplace(instance.equation->name.text, instance.equation->name.range, false).first;
    entry->second.second |= checking.usedLets.count(i) != 0;
  }
  for (auto &[name, let] : lets)
    if (!let.second)
      warn(let.first, "let", name);
}

} // namespace mixc
