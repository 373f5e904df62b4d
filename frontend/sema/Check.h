// Names, shapes and times of a parsed file: AST to typed program.
#ifndef MIXC_FRONTEND_SEMA_CHECK_H
#define MIXC_FRONTEND_SEMA_CHECK_H

#include "frontend/sema/Program.h"
#include "frontend/syntax/Diagnostic.h"

namespace mixc {

/// `-D K=128`
struct Bindings {
  std::map<std::string, int64_t> dims;
};

/// Null if there are errors. With `onlyMixer`, the other mixers of the file are not looked at.
std::unique_ptr<Program> check(const ast::File &file, const Bindings &bindings, DiagnosticList &diagnostics,
                               const std::optional<std::string> &onlyMixer = std::nullopt);

} // namespace mixc

#endif
