// How a command ends that cannot do what was asked: text that is ready for people, and an exit status.
#pragma once
#include "llvm/Support/Error.h"
#include <string>

namespace mixc {

enum ExitStatus { Success = 0, WrongProgram = 1, WrongUsage = 2 };

class Failure : public llvm::ErrorInfo<Failure> {
public:
  static char ID;
  Failure(std::string text, ExitStatus status) : text(std::move(text)), status(status) {}
  void log(llvm::raw_ostream &out) const override { out << text; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }

  std::string text;
  ExitStatus status;
};

/// `error: MESSAGE` and a line `= help: HELP` if there is one; the command line is wrong.
llvm::Error usageError(const std::string &message, const std::string &help = "");
/// The same for an option or value that is not built yet.
llvm::Error unsupportedOption(const std::string &message, const std::string &help = "");
/// The same for a file or array that is wrong.
llvm::Error inputError(const std::string &message, const std::string &help = "");
/// A bug of ours. `reproducer`: the file that shows it, if one could be written.
llvm::Error internalError(const std::string &message, const std::string &reproducer = "");
/// Diagnostics that are rendered already.
llvm::Error renderedError(std::string text);

/// Whether texts are coloured: set once, from --color and the terminal.
extern bool useColour;

/// Prints an error of this driver, or of a library below it, and gives the exit status.
int report(llvm::Error error);

} // namespace mixc
