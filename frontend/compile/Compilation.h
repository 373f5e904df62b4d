// From a .mix file to a library, a stage at a time.
#pragma once
#include "frontend/compile/CompileOptions.h"
#include "frontend/compile/Failure.h"
#include "frontend/syntax/Ast.h"
#include "lowering/object/Library.h"
#include "mlir/IR/OwningOpRef.h"

namespace mixc {

/// A context with every dialect that the stages use, for one thread.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// `-` is the standard input.
llvm::Expected<Source> readSource(const std::string &path);

/// One compilation: the module moves from stage to stage.
class Compilation {
public:
  Compilation(mlir::MLIRContext &context, Source source, CompileOptions options);

  /// Reads the source at the stage it is written at, and checks it.
  llvm::Error read();
  /// Runs the passes up to a later stage. From `tile` on, every dim needs a number.
  llvm::Error advance(llvm::StringRef stage);
  /// An error for every dim without a number.
  llvm::Error needNumbers();

  /// The same compilation, as far as it has come, but with other things to keep for backward.
  Compilation keeping(Keep what) const;

  mlir::ModuleOp module() { return *current; }
  /// The module, which is no longer this compilation's.
  mlir::OwningOpRef<mlir::ModuleOp> take() { return std::move(current); }
  const Stage &stage() const { return *at; }
  const CompileOptions &settings() const { return options; }
  const std::shared_ptr<const Source> &text() const { return source; }
  /// Warnings so far.
  const Diagnostics &warnings() const { return said; }

private:
  llvm::Error readMix();
  llvm::Error readModule();
  llvm::Error step(const Stage &next);
  llvm::Error tellSequential(const Stage &reached);
  std::string reproducer(const Stage &next) const;

  mlir::MLIRContext &context;
  std::shared_ptr<const Source> source;
  std::shared_ptr<const ast::File> parsed; // of a source at `ast`
  CompileOptions options;
  const Stage *at;
  mlir::OwningOpRef<mlir::ModuleOp> current;
  Diagnostics said;
};

/// A file that has become code: what `mixc run` and the end-to-end tests work with.
struct Compiled {
  std::vector<MixerInterface> mixers;
  mlir::OwningOpRef<mlir::ModuleOp> mix;  // the equations, for the interpreter; null if the source was past them
  mlir::OwningOpRef<mlir::ModuleOp> llvm; // LLVM dialect
  CompileOptions options;
  Diagnostics warnings;

  const MixerInterface *interface(llvm::StringRef mixer) const;
  mix::MixerOp equations(llvm::StringRef mixer) const;
};

/// From where a compilation stands, at `vector` or before, to code; its module is taken.
llvm::Expected<Compiled> finish(Compilation &compilation);
llvm::Expected<Compiled> compileFile(mlir::MLIRContext &context, const std::string &path,
                                     const CompileOptions &options);
/// The shared library and its header, of the name and prefix that were asked for.
llvm::Expected<LibraryImage> libraryImage(const Compiled &compiled);
/// Writes the shared library, and its header beside it.
llvm::Error writeLibrary(const Compiled &compiled, const std::string &path);
/// The library for this process to load.
llvm::Expected<MemoryFile> libraryInMemory(const Compiled &compiled);

} // namespace mixc
