// How a command ends that cannot do what was asked: text that is ready for people, and an exit status.
#pragma once
#include "llvm/Support/Error.h"
#include <string>

namespace mixc {

/// What `mixc` exits with (docs/language.md): the program, its IR or its arrays are wrong, or a kernel is; the command line is; the machine
/// lacks memory, disk or a file; a bug of ours.
enum ExitStatus { Success = 0, WrongProgram = 1, WrongUsage = 2, NoResources = 3, InternalBug = 70 };

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
/// The same for a file that cannot be read or written, for memory and disk.
llvm::Error resourceError(const std::string &message, const std::string &help = "");
/// `cannot read|write|... `NAME`: No space left on device`.
llvm::Error fileError(const std::string &what, const std::string &name, std::error_code code);
/// A bug of ours. `reproducer`: the file that shows it, if one could be written.
llvm::Error internalError(const std::string &message, const std::string &reproducer = "");
/// Diagnostics that are rendered already.
llvm::Error renderedError(std::string text);

/// Whether texts are coloured: set once, from --color and the terminal.
extern bool useColour;

/// `warning: MESSAGE` and perhaps its help, printed at once.
void warn(const std::string &message, const std::string &help = "");

/// Prints an error of this driver, or of a library below it, and gives the exit status.
int report(llvm::Error error);
/// Writes out what is left of the standard output: its error, if that could not be written (a full disk, a pipe that was closed).
llvm::Error finishOutput();

} // namespace mixc
