// What the compiler has to say to the author of a mixer. The text form is made by frontend/render.
#ifndef MIXC_FRONTEND_SYNTAX_DIAGNOSTIC_H
#define MIXC_FRONTEND_SYNTAX_DIAGNOSTIC_H

#include "frontend/syntax/Source.h"
#include <string>
#include <string_view>
#include <vector>

namespace mixc {

enum class Severity {
  Error,   // the program is wrong
  Warning, // it is legal, and probably not what was meant
  Note,
};

/// Every kind of diagnostic, once: see Codes.def.
enum class Code : uint16_t {
#define MIX_CODE(number, name, severity, title) name = 1##number - 10000,
#include "frontend/syntax/Codes.def"
};

struct CodeInfo {
  Code code;
  std::string_view text; // "MIX0203"
  std::string_view name; // "ShapesMeet"
  Severity severity;
  std::string_view title; // what the code means in general
};
const std::vector<CodeInfo> &allCodes();
const CodeInfo &info(Code code);

struct Label {
  Range range;
  std::string text;
};

struct Diagnostic {
  Severity severity = Severity::Error;
  std::string code;
  std::string message;
  Label primary;
  bool hasPlace = true; // else it is about the whole, and `primary` says nothing
  std::vector<Label> secondary;
  std::vector<std::string> notes, helps;

  Diagnostic &label(std::string text) { return primary.text = std::move(text), *this; }
  Diagnostic &also(Range range, std::string text) { return secondary.push_back({range, std::move(text)}), *this; }
  Diagnostic &note(std::string text) { return notes.push_back(std::move(text)), *this; }
  Diagnostic &help(std::string text) { return helps.push_back(std::move(text)), *this; }
};

/// Collects diagnostics. After `limit` errors, or warnings, only their number is kept: nobody reads the rest.
class DiagnosticList {
public:
  static constexpr size_t limit = 50;

  /// The result may be completed until the next diagnostic is added.
  Diagnostic &add(Diagnostic diagnostic);
  Diagnostic &add(Code code, Range range, std::string message);
  void append(const DiagnosticList &others);

  bool hasErrors() const { return errors != 0; }
  size_t errorCount() const { return errors; }
  bool full() const { return errors >= limit; }
  size_t dropped() const { return left; }
  const std::vector<Diagnostic> &all() const { return kept; }

private:
  std::vector<Diagnostic> kept;
  Diagnostic scratch;
  size_t errors = 0, others = 0, left = 0;
};

} // namespace mixc

#endif
