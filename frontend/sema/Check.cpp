#include "frontend/sema/Check.h"
#include "frontend/sema/MixerChecker.h"
#include "frontend/sema/Suggest.h"
#include "llvm/ADT/StringExtras.h"
#include <fmt/format.h>

namespace mixc {

MixerChecker::MixerChecker(const ast::Mixer &mixer, const Bindings &bindings, DiagnosticList &diagnostics)
    : mixer(mixer), diagnostics(diagnostics), out(std::make_unique<Mixer>()),
      scope((out->name = mixer.name.text, mixer), bindings, *out, diagnostics), checking{scope, *out, equations} {
  out->range = mixer.range;
}

// The order of statements means nothing: first all names, then all equations.
std::unique_ptr<Mixer> MixerChecker::run() {
  using llvm::dyn_cast;
  size_t before = diagnostics.errorCount();
  for (const auto &statement : mixer.statements)
    if (auto *declaration = dyn_cast<ast::Declaration>(statement.get()))
      declare(*declaration);
    else if (llvm::isa<ast::Require>(*statement))
      out->requireChunked = true;
  for (const auto &statement : mixer.statements)
    if (auto *declaration = dyn_cast<ast::Declaration>(statement.get()))
      resolveStarts(*declaration);
  for (const auto &statement : mixer.statements)
    if (auto *equation = dyn_cast<ast::Equation>(statement.get()))
      collect(*equation);
  checkComplete();
  for (const Node &node : evaluationOrder(equations, scope, diagnostics))
    checkEquation(node);
  if (diagnostics.errorCount() == before)
    warnUnused();
  return std::move(out);
}

/// Names and numbers of `-D` that no mixer of the file can take.
static void checkBindings(const ast::File &file, const Bindings &bindings, DiagnosticList &diagnostics) {
  std::vector<std::string> dims;
  for (const ast::Mixer &mixer : file.mixers)
    for (const ast::DimDeclaration &dim : mixer.dims)
      dims.push_back(dim.name.text);
  for (auto &[name, number] : bindings.dims) {
    if (llvm::is_contained(dims, name))
      continue;
    Diagnostic &diagnostic = diagnostics.add(Code::BadBinding, file.mixers.front().name.range,
                                             fmt::format("`-D {}={}`: there is no dim `{}`", name, number, name));
    if (std::string near = nearest(name, dims); !near.empty())
      diagnostic.help(fmt::format("did you mean `-D {}={}`?", near, number));
  }
}

/// What a mixer's kernels and functions are called begins with its name and one of these words: `a_decode`,
/// `a_decode_workspace_size`, `a_forward_8_kernel`.
static constexpr llvm::StringLiteral entryWords[] = {"forward", "backward", "decode", "replay"};

/// `name` is what a mixer `of` calls one of its kernels.
static bool isEntryOf(llvm::StringRef name, llvm::StringRef of) {
  if (of.empty() || !name.consume_front(of) || !name.consume_front("_"))
    return false;
  for (llvm::StringRef word : entryWords)
    if (llvm::StringRef rest = name; rest.consume_front(word)) {
      rest.consume_back("_kernel");
      if (rest.empty() || (rest.consume_front("_") && llvm::all_of(rest, llvm::isDigit)))
        return true;
    }
  return false;
}

/// All mixers of a library share one space of names.
static void checkEntryNames(llvm::ArrayRef<const ast::Mixer *> mixers, DiagnosticList &diagnostics) {
  for (const ast::Mixer *mixer : mixers)
    for (const ast::Mixer *other : mixers)
      if (isEntryOf(mixer->name.text, other->name.text))
        diagnostics
            .add(Code::EntryName, mixer->name.range,
                 fmt::format("`{}` is what a kernel of the mixer `{}` is called", mixer->name.text, other->name.text))
            .also(other->name.range, "it is here")
            .help(fmt::format("rename one of them, or compile them one by one: `--mixer={}`", mixer->name.text));
}

std::unique_ptr<Program> check(const ast::File &file, const Bindings &bindings, DiagnosticList &diagnostics,
                               const std::optional<std::string> &onlyMixer) {
  size_t before = diagnostics.errorCount();
  auto program = std::make_unique<Program>();
  std::map<std::string, Range> names;
  std::vector<std::string> known;
  llvm::SmallVector<const ast::Mixer *> chosen;
  bool found = !onlyMixer;
  for (const ast::Mixer &mixer : file.mixers) {
    known.push_back(mixer.name.text);
    if (onlyMixer && mixer.name.text != *onlyMixer)
      continue;
    found = true;
    chosen.push_back(&mixer);
    if (auto [entry, isNew] = names.try_emplace(mixer.name.text, mixer.name.range); !isNew && !mixer.name.text.empty())
      diagnostics.add(Code::DuplicateName, mixer.name.range, fmt::format("there are two mixers `{}`", mixer.name.text))
          .also(entry->second, "the first is here");
    if (!mixer.broken)
      program->mixers.push_back(MixerChecker(mixer, bindings, diagnostics).run());
  }
  if (!found && !file.mixers.empty()) {
    Diagnostic &diagnostic = diagnostics.add(Code::UnknownName, file.mixers.front().name.range,
                                             fmt::format("there is no mixer `{}` in this file", *onlyMixer));
    if (std::string near = nearest(*onlyMixer, known); !near.empty())
      diagnostic.help(fmt::format("did you mean `{}`?", near));
  }
  checkEntryNames(chosen, diagnostics);
  if (!file.mixers.empty() && diagnostics.errorCount() == before)
    checkBindings(file, bindings, diagnostics);
  return diagnostics.errorCount() == before ? std::move(program) : nullptr;
}

} // namespace mixc
