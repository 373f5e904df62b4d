#include "frontend/sema/Scope.h"
#include "frontend/sema/Functions.h"
#include "frontend/sema/Suggest.h"
#include "frontend/syntax/Habits.h"
#include "frontend/syntax/Print.h"
#include <fmt/format.h>

namespace mixc {

Scope::Scope(const ast::Mixer &mixer, const Bindings &bindings, Mixer &out, DiagnosticList &diagnostics)
    : out(out), diagnostics(diagnostics) {
  for (const ast::DimDeclaration &dim : mixer.dims) {
    if (!declare(Symbol::Kind::Dim, dim.name))
      continue;
    out.dims.push_back(dim.name.text);
    auto bound = bindings.dims.find(dim.name.text);
    std::optional<int64_t> number;
    // The default is read even where it is overridden, so that a wrong one is always reported.
    if (dim.value)
      number = integer(*dim.value, {}, diagnostics);
    if (number && *number < 0)
      diagnostics.add(Code::BadBinding, dim.value->range, fmt::format("`{}` cannot be {}", dim.name.text, *number));
    if (bound != bindings.dims.end()) {
      number = bound->second;
      if (*number < 0)
        diagnostics.add(Code::BadBinding, dim.name.range, fmt::format("`{}` cannot be {}", dim.name.text, *number));
    }
    if (number)
      out.numbers[dim.name.text] = *number;
  }
}

Symbol *Scope::declare(Symbol::Kind kind, const ast::Name &name) {
  auto [entry, isNew] = symbols.try_emplace(name.text);
  if (!isNew) {
    diagnostics.add(Code::DuplicateName, name.range, fmt::format("`{}` is declared twice", name.text))
        .also(entry->second.range, "first declared here");
    return nullptr;
  }
  entry->second.kind = kind;
  entry->second.name = name.text;
  entry->second.range = name.range;
  return &entry->second;
}

Symbol *Scope::find(llvm::StringRef name) {
  auto entry = symbols.find(name);
  return entry == symbols.end() ? nullptr : &entry->second;
}

bool Scope::shadows(const ast::Name &index, const Indices &indices, DiagnosticList &diagnostics) const {
  auto entry = symbols.find(index.text);
  bool outer = llvm::any_of(indices, [&](auto &known) { return known.first == index.text; });
  if (entry == symbols.end() && !outer)
    return false;
  Diagnostic &diagnostic =
      diagnostics.add(Code::IndexShadows, index.range, fmt::format("the index `{}` shadows another name", index.text));
  if (entry != symbols.end())
    diagnostic.also(entry->second.range, "declared here");
  diagnostic.help("give the index a name of its own");
  return true;
}

std::vector<std::string> Scope::names(bool dimsOnly) const {
  std::vector<std::string> result;
  for (const auto &entry : symbols)
    if (!dimsOnly || entry.second.kind == Symbol::Kind::Dim)
      result.push_back(entry.first().str());
  // The order of a hash table must not be seen in a message.
  std::sort(result.begin(), result.end());
  return result;
}

std::string Scope::timedName(llvm::StringRef name) const {
  llvm::StringRef base;
  std::string_view time = timeInName(name, base);
  auto symbol = time.empty() ? symbols.end() : symbols.find(base);
  if (symbol == symbols.end())
    return "";
  const Symbol::Kind kind = symbol->second.kind;
  if (kind == Symbol::Kind::Dim || kind == Symbol::Kind::Param || (kind == Symbol::Kind::Output && time != "[t]"))
    return base.str();
  return fmt::format("{}{}", base.str(), kind == Symbol::Kind::Input && time == "[t]" ? "" : time);
}

void Scope::unknownName(const ast::Name &name, DiagnosticList &diagnostics) const {
  Diagnostic &diagnostic = diagnostics.add(Code::UnknownName, name.range, fmt::format("unknown name `{}`", name.text));
  if (diagnostics.full())
    return;
  if (isFunction(name.text))
    diagnostic.help(fmt::format("`{0}` is a function: write `{0}(...)`", name.text));
  else if (std::string meant = timedName(name.text); !meant.empty())
    diagnostic.help(fmt::format("write `{}`", meant));
  else if (std::string near = nearest(name.text, names(false)); !near.empty())
    diagnostic.label(fmt::format("did you mean `{}`?", near));
}

std::optional<Target> Scope::resolve(const ast::Reference &reference, const Indices &indices,
                                     DiagnosticList &diagnostics) const {
  Target target;
  for (auto &[index, value] : indices) {
    if (index != reference.name.text)
      continue;
    target.number = value;
    if (reference.indices.empty())
      return target;
    diagnostics.add(Code::FamilyIndex, reference.indices.front()->range,
                    fmt::format("`{}` is an index, and has none itself", index));
    return std::nullopt;
  }
  auto entry = symbols.find(reference.name.text);
  if (entry == symbols.end()) {
    unknownName(reference.name, diagnostics);
    return std::nullopt;
  }
  const Symbol &symbol = entry->second;
  target.symbol = &symbol;
  target.entity = symbol.entity;
  size_t index = 0;
  if (!resolveMember(reference, symbol, index, target, indices, diagnostics))
    return std::nullopt;
  if (index < reference.indices.size()) {
    if (!resolveTime(reference, symbol, *reference.indices[index], target, indices, diagnostics))
      return std::nullopt;
    ++index;
  }
  if (index < reference.indices.size()) {
    diagnostics.add(Code::FamilyIndex, reference.indices[index]->range,
                    fmt::format("one index too many for `{}`", symbol.name));
    return std::nullopt;
  }
  return target;
}

bool Scope::resolveMember(const ast::Reference &reference, const Symbol &symbol, size_t &index, Target &target,
                          const Indices &indices, DiagnosticList &diagnostics) const {
  bool hasMember = !reference.indices.empty() && !mentionsTime(*reference.indices.front());
  if (symbol.isFamily && !hasMember) {
    diagnostics
        .add(Code::FamilyIndex, reference.name.range,
             fmt::format("`{}` is a family: which of its members?", symbol.name))
        .help(symbol.members.empty()
                  ? "its range is empty"
                  : fmt::format("write `{}[{}]`, for instance", symbol.name, symbol.members.begin()->first));
    return false;
  }
  if (!hasMember)
    return true;
  const ast::Expr &member = *reference.indices.front();
  if (!symbol.isFamily) {
    Diagnostic &diagnostic =
        diagnostics.add(Code::FamilyIndex, member.range, fmt::format("`{}` is not a family", symbol.name));
    if (symbol.kind == Symbol::Kind::Dim)
      diagnostic.also(symbol.range, "it is a dim");
    else
      diagnostic.help("brackets hold a time, as in `[t-1]`, or the index of a family; entries of a vector are "
                      "`slice(x, from, to)`");
    return false;
  }
  std::optional<int64_t> which = integer(member, indices, diagnostics);
  if (!which)
    return false;
  auto found = symbol.members.find(*which);
  if (found == symbol.members.end()) {
    std::string range = symbol.members.empty()
                            ? "none, for its range is empty"
                            : fmt::format("{}..{}", symbol.members.begin()->first, symbol.members.rbegin()->first);
    diagnostics.add(Code::NoSuchMember, member.range, fmt::format("there is no `{}[{}]`", symbol.name, *which))
        .also(symbol.range, fmt::format("its members are {}", range));
    return false;
  }
  target.entity = found->second;
  index = 1;
  return true;
}

bool Scope::resolveTime(const ast::Reference &reference, const Symbol &symbol, const ast::Expr &index, Target &target,
                        const Indices &indices, DiagnosticList &diagnostics) const {
  if (symbol.kind == Symbol::Kind::Dim || symbol.kind == Symbol::Kind::Param) {
    diagnostics.add(Code::TimeIndex, index.range, fmt::format("`{}` is constant over time", symbol.name))
        .also(symbol.range, symbol.kind == Symbol::Kind::Dim ? "it is a dim" : "it is a param")
        .help(fmt::format("write `{}` alone", symbol.name));
    return false;
  }
  if (llvm::isa<ast::End>(index)) {
    target.end = true;
    if (symbol.kind == Symbol::Kind::State)
      return true;
    diagnostics.add(Code::EndRead, index.range,
                    fmt::format("`{}` is not a state: only states have an `[end]`", symbol.name));
    return false;
  }
  std::optional<Linear> at = linear(index, indices, diagnostics);
  if (!at)
    return false;
  if (at->time != 1) {
    diagnostics.add(Code::TimeIndex, index.range, fmt::format("`{}` is not a time", printExpr(index)))
        .help("write `t`, or `t-1` for the token before");
    return false;
  }
  target.lag = -at->offset;
  if (at->offset > 0) {
    Diagnostic &diagnostic = diagnostics.add(Code::Future, reference.range,
                                             fmt::format("`{}[t+{}]` is not known at time t", symbol.name, at->offset));
    if (symbol.kind == Symbol::Kind::State)
      diagnostic.help(fmt::format("the state before the token is `{0}[t-1]`, after it `{0}[t]`", symbol.name));
    return false;
  }
  return true;
}

} // namespace mixc
