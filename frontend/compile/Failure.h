// Why something could not be done, as data: whose fault it is, and the diagnostics that say what. frontend/driver
// prints it.
#pragma once
#include "frontend/render/Diagnostics.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace mixc {

enum class Fault {
  Program,  // the program, its IR or its arrays are wrong, or a kernel is
  Usage,    // what was asked for is
  Resource, // the machine lacks memory, disk or a file
  Bug,      // of mixc
};

class Failure : public llvm::ErrorInfo<Failure> {
public:
  static char ID;
  /// `source` is what the diagnostics' ranges are of; null if they have none.
  Failure(Fault fault, Diagnostics diagnostics, std::shared_ptr<const Source> source = nullptr,
          std::string reproducer = "")
      : fault(fault), diagnostics(std::move(diagnostics)), source(std::move(source)),
        reproducer(std::move(reproducer)) {}

  std::string rendered(bool colour) const;
  void log(llvm::raw_ostream &out) const override;
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }

  Fault fault;
  Diagnostics diagnostics;
  std::shared_ptr<const Source> source;
  std::string reproducer; // of a bug: the text of a module that shows it, and in its first line how
};

/// What is wrong in the source, at the places where it is.
llvm::Error programError(Diagnostics diagnostics, std::shared_ptr<const Source> source);

/// What was asked for is wrong; `help` may be empty.
llvm::Error usageError(const std::string &message, const std::string &help = "");
/// The same for what is not built yet.
llvm::Error unsupportedOption(const std::string &message, const std::string &help = "");
/// The same for a file or array that is wrong.
llvm::Error inputError(const std::string &message, const std::string &help = "");
/// The same for a file that cannot be read or written, for memory and disk.
llvm::Error resourceError(const std::string &message, const std::string &help = "");
/// `cannot read|write|... `NAME`: No space left on device`.
llvm::Error fileError(const std::string &what, const std::string &name, std::error_code code);
/// A bug of ours. `reproducer`: the text that shows it, if there is one.
llvm::Error internalError(const std::string &message, std::string reproducer = "");

/// A failure of any library as one of ours: of a file or of memory if it has a code of the system, of mixc if it says
/// so. Several become one, at the worst of their faults.
Failure failureOf(llvm::Error error);

} // namespace mixc
