// `mixc fmt`: the same tokens and comments, laid out as everybody lays them out.
//
//   - a statement a line, two spaces deep; at most one empty line in a row, one between mixers, none inside the braces'
//     ends
//   - in a block of declarations (no empty line between them) names begin in one column and `:` stands in one
//   - spaces as Spacing.h says; comments two spaces behind the code, in one column for lines that follow each other
//   - a line break of an equation's author stays if it is at an operator or comma; the next line begins under its
//     bracket or with its operator before the column of the value. An equation without breaks is broken if it is longer
//     than `formatWidth`, at the operators or commas that bind least
#ifndef MIXC_FRONTEND_SYNTAX_FORMAT_H
#define MIXC_FRONTEND_SYNTAX_FORMAT_H

#include "frontend/syntax/Diagnostic.h"
#include <optional>

namespace mixc {

constexpr uint32_t formatWidth = 100;

/// nullopt if the text has mistakes of syntax. Formatting what was formatted changes nothing.
std::optional<std::string> format(const Source &source, DiagnosticList &diagnostics);

/// Whether two texts have the same tokens, hence the same AST, and the same comments: what `format` promises of its
/// result.
bool readsTheSame(const Source &before, const Source &after);

} // namespace mixc

#endif
