// Diagnostics as text, and the pages that explain their codes.
#ifndef MIXC_FRONTEND_RENDER_DIAGNOSTICS_H
#define MIXC_FRONTEND_RENDER_DIAGNOSTICS_H

#include "frontend/syntax/Diagnostic.h"
#include <optional>

namespace mixc {

/// One diagnostic: message, place and source lines with carets and labels if it has one, then notes and helps.
std::string render(const Diagnostic &diagnostic, const Source &source, bool colour);

class Diagnostics : public DiagnosticList {
public:
  /// All of them, an empty line after each that shows lines, and how many more there were.
  std::string render(const Source &source, bool colour) const;
};

/// The page docs/errors/MIXnnnn.md, built into the compiler; `code` in any case, with or without `MIX`.
std::optional<std::string_view> explanation(std::string_view code);

} // namespace mixc

#endif
