// The AST as .mix text again, one statement a line: `--emit=ast`.
#ifndef MIXC_FRONTEND_SYNTAX_PRINT_H
#define MIXC_FRONTEND_SYNTAX_PRINT_H

#include "frontend/syntax/Ast.h"

namespace mixc {

std::string printAst(const ast::File &file);
std::string printExpr(const ast::Expr &expr);

} // namespace mixc

#endif
