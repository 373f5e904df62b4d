#include "frontend/compile/PassErrors.h"
#include "frontend/compile/Failure.h"
#include "mlir/IR/Location.h"

using namespace mlir;

namespace mixc {
namespace {

bool startsWithCode(StringRef text) {
  return text.size() > 9 && text.starts_with("MIX") && llvm::all_of(text.substr(3, 4), llvm::isDigit) &&
         text.substr(7, 2) == ": ";
}

/// Words of MLIR's own machinery, which no pass of ours would say to a user.
bool isAboutOurIr(StringRef text) {
  return text.contains("' op ") || text.contains("failed to legalize") || text.contains("dominate") ||
         text.contains("expected pass ") || text.contains("Pass ") || text.starts_with("internal");
}

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

PassErrors::PassErrors(MLIRContext &context, const Source &source, bool irIsTheUsers)
    : source(source), irIsTheUsers(irIsTheUsers), handler(&context, [this](mlir::Diagnostic &diagnostic) {
        add(diagnostic);
        return success();
      }) {}

std::optional<Range> PassErrors::rangeOf(Location location) const {
  auto place = location->findInstanceOf<FileLineColRange>();
  if (!place || place.getFilename() != source.name || place.getStartLine() == 0)
    return std::nullopt;
  return rangeAt(source, place.getStartLine(), place.getStartColumn(), place.getEndLine(), place.getEndColumn());
}

void PassErrors::add(mlir::Diagnostic &diagnostic) {
  StringRef text;
  std::string whole = diagnostic.str();
  text = whole;
  std::optional<Range> range = rangeOf(diagnostic.getLocation());
  bool isError = diagnostic.getSeverity() == DiagnosticSeverity::Error;
  if (!range || (!irIsTheUsers && isAboutOurIr(text))) {
    if (isError && internal.empty())
      internal = text.split('\n').first.str();
    return;
  }
  mixc::Diagnostic shown;
  shown.severity = isError ? Severity::Error : Severity::Warning;
  shown.primary.range = *range;
  if (startsWithCode(text)) {
    shown.code = text.take_front(7).str();
    text = text.drop_front(9);
  }
  shown.message = text.str();
  // A note with a place is a label there; one that starts with `help: ` is a help.
  for (mlir::Diagnostic &note : diagnostic.getNotes()) {
    std::string words = note.str();
    StringRef rest = words;
    std::optional<Range> at = rangeOf(note.getLocation());
    if (rest.consume_front("help: "))
      shown.help(rest.str());
    else if (at && *at != *range)
      shown.also(*at, words);
    else
      shown.note(words);
  }
  diagnostics.add(shown);
}

std::string PassErrors::warnings() const {
  return diagnostics.hasErrors() ? "" : diagnostics.render(source, useColour);
}

llvm::Error PassErrors::take(llvm::function_ref<std::string()> reproduce) {
  if (diagnostics.hasErrors())
    return renderedError(diagnostics.render(source, useColour));
  if (irIsTheUsers)
    return inputError("this IR is none that a stage of mixc makes: " +
                      (internal.empty() ? "a pass fails without saying why" : internal));
  return internalError(internal.empty() ? "a pass failed without saying why" : internal, reproduce());
}

} // namespace mixc
