// `mixc explain MIX0203`: a diagnostic's page. `mixc explain FILE`: what was found in the equations and why.
#include "frontend/driver/Commands.h"
#include "frontend/driver/Progress.h"
#include "frontend/explain/Explanation.h"
#include "frontend/render/Diagnostics.h"
#include "frontend/sema/Suggest.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

/// Whether the word is meant as a code: `MIX0203`, `0203`.
bool looksLikeCode(StringRef word) {
  word.consume_front_insensitive("MIX");
  return !word.empty() && all_of(word, isDigit);
}

Error explainCode(const std::string &code) {
  if (std::optional<std::string_view> page = explanation(code)) {
    outs() << StringRef(page->data(), page->size());
    return Error::success();
  }
  std::vector<std::string> known;
  for (const CodeInfo &entry : allCodes())
    known.emplace_back(entry.text);
  std::string near = nearest(code, known);
  return usageError(fmt::format("there is no diagnostic `{}`", code),
                    near.empty() ? "codes look like MIX0203" : fmt::format("did you mean `{}`?", near));
}

bool hasAllNumbers(const Explanation &explanation) { return explanation.numbers.size() == explanation.dims.size(); }

/// Of the kernels, and of gradients with either choice of what is kept for them.
Error addAllCosts(std::vector<Explanation> &explanations, Compilation &compilation) {
  Compilation keepingStates = compilation.keeping(Keep::States);
  for (Compilation *each : {&compilation, &keepingStates})
    if (Error error = each->advance("tile"))
      return error;
  Progress progress("counting what the kernels cost");
  for (Explanation &explanation : explanations) {
    addCosts(explanation, compilation.module());
    addGradientCosts(explanation, compilation.module(), keepingStates.module());
  }
  return Error::success();
}

} // namespace

Error explainCommand(const Options &options) {
  if (looksLikeCode(options.file) && !sys::fs::exists(options.file))
    return explainCode(options.file);
  Expected<Source> source = readSource(options.file);
  if (!source)
    return source.takeError();
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  Compilation compilation(*context, std::move(*source), compileOptions(options));
  if (Error error = compilation.read())
    return error;
  if (Error error = compilation.advance("component"))
    return error;
  say(compilation.warnings(), *compilation.text());
  Progress progress("explaining");
  std::vector<Explanation> explanations;
  for (auto mixer : compilation.module().getOps<mix::MixerOp>())
    explanations.push_back(explain(mixer, dimNumbers(mixer, options.dims)));
  // Costs need sizes: without them what is symbolic is told.
  if (all_of(explanations, hasAllNumbers))
    if (Error error = addAllCosts(explanations, compilation))
      return error;
  if (options.json) {
    json::Array all;
    for (const Explanation &explanation : explanations)
      all.push_back(jsonOf(explanation));
    outs() << formatv("{0:2}\n", json::Value(std::move(all)));
    return Error::success();
  }
  const bool isWhole = !sys::Process::StandardOutIsDisplayed(); // a terminal has no room for long formulas
  for (auto [i, explanation] : enumerate(explanations))
    outs() << (i ? "\n" : "") << printExplanation(explanation, isWhole);
  return Error::success();
}

} // namespace mixc
