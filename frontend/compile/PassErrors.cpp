#include "frontend/compile/PassErrors.h"
#include "frontend/compile/Failure.h"
#include "lowering/Refusal.h"
#include "mlir/IR/Location.h"

using namespace mlir;

namespace mixc {
namespace {

/// The byte at a line and column of the source.
uint32_t offsetAt(const Source &source, unsigned line, unsigned column) {
  Range bytes = source.lineRange(line);
  uint32_t offset = bytes.begin;
  while (column > 1 && offset < bytes.end) {
    do
      ++offset;
    while (offset < bytes.end && (source.text[offset] & 0xC0) == 0x80);
    --column;
  }
  return offset;
}

} // namespace

Range rangeAt(const Source &source, unsigned line, unsigned column, unsigned endLine, unsigned endColumn) {
  Range range{offsetAt(source, line, column), 0};
  range.end = offsetAt(source, endLine, endColumn);
  if (range.end <= range.begin) {
    // No end is known: the word that starts there.
    range.end = range.begin + 1;
    while (range.end < source.text.size() &&
           (isalnum((unsigned char)source.text[range.end]) || source.text[range.end] == '_'))
      ++range.end;
  }
  return range;
}

PassErrors::PassErrors(MLIRContext &context, std::shared_ptr<const Source> source, bool irIsTheUsers)
    : source(std::move(source)), irIsTheUsers(irIsTheUsers), handler(&context, [this](mlir::Diagnostic &diagnostic) {
        add(diagnostic);
        return success();
      }) {}

std::optional<Range> rangeOf(Location location, const Source &source) {
  auto place = location->findInstanceOf<FileLineColRange>();
  if (!place || place.getFilename() != source.name || place.getStartLine() == 0)
    return std::nullopt;
  return rangeAt(source, place.getStartLine(), place.getStartColumn(), place.getEndLine(), place.getEndColumn());
}

void PassErrors::add(mlir::Diagnostic &diagnostic) {
  const std::string text = diagnostic.str();
  const std::optional<Range> range = rangeOf(diagnostic.getLocation(), *source);
  const std::optional<StringRef> code = refusalCode(diagnostic);
  const bool isError = diagnostic.getSeverity() == DiagnosticSeverity::Error;
  if (!range || (isError && !code && !irIsTheUsers)) {
    if (isError && internal.empty())
      internal = StringRef(text).split('\n').first.str();
    return;
  }
  mixc::Diagnostic shown;
  shown.severity = isError ? Severity::Error : Severity::Warning;
  shown.primary.range = *range;
  shown.code = code.value_or("").str();
  shown.message = text;
  // A note with a place is a label there.
  for (mlir::Diagnostic &note : diagnostic.getNotes()) {
    std::string words = note.str();
    std::optional<Range> at = rangeOf(note.getLocation(), *source);
    if (isHelp(note))
      shown.help(words);
    else if (at && *at != *range)
      shown.also(*at, words);
    else
      shown.note(words);
  }
  diagnostics.add(shown);
}

llvm::Error PassErrors::take(llvm::function_ref<std::string()> reproduce) {
  if (diagnostics.hasErrors())
    return programError(diagnostics, source);
  if (irIsTheUsers)
    return inputError("this IR is none that a stage of mixc makes: " +
                      (internal.empty() ? "a pass fails without saying why" : internal));
  return internalError(internal.empty() ? "a pass failed without saying why" : internal, reproduce());
}

} // namespace mixc
