// Tokens to AST: recursive descent for statements, precedence climbing for expressions.
#ifndef MIXC_FRONTEND_SYNTAX_PARSER_H
#define MIXC_FRONTEND_SYNTAX_PARSER_H

#include "frontend/syntax/Ast.h"
#include "frontend/syntax/Diagnostic.h"

namespace mixc {

/// Reports every independent mistake; a mixer in which one was found is marked `broken`.
ast::File parse(const Source &source, DiagnosticList &diagnostics);

} // namespace mixc

#endif
