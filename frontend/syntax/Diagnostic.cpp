#include "frontend/syntax/Diagnostic.h"

namespace mixc {

const std::vector<CodeInfo> &allCodes() {
  static const std::vector<CodeInfo> codes = {
#define MIX_CODE(number, name, severity, title) {Code::name, "MIX" #number, #name, Severity::severity, title},
#include "frontend/syntax/Codes.def"
  };
  return codes;
}

const CodeInfo &info(Code code) {
  for (const CodeInfo &entry : allCodes())
    if (entry.code == code)
      return entry;
  return allCodes().front();
}

Diagnostic &DiagnosticList::add(Diagnostic diagnostic) {
  bool isError = diagnostic.severity == Severity::Error;
  if (++(isError ? errors : others) > limit) {
    ++left;
    return scratch = std::move(diagnostic);
  }
  kept.push_back(std::move(diagnostic));
  return kept.back();
}

Diagnostic &DiagnosticList::add(Code code, Range range, std::string message) {
  const CodeInfo &known = info(code);
  Diagnostic diagnostic;
  diagnostic.severity = known.severity;
  diagnostic.code = known.text;
  diagnostic.message = std::move(message);
  diagnostic.primary.range = range;
  return add(std::move(diagnostic));
}

void DiagnosticList::append(const DiagnosticList &others) {
  for (const Diagnostic &diagnostic : others.kept)
    add(diagnostic);
  left += others.left;
}

} // namespace mixc
