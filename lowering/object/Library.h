// From a module at stage `vector` to object code, assembly and a shared library.
#ifndef MIXC_LOWERING_OBJECT_LIBRARY_H
#define MIXC_LOWERING_OBJECT_LIBRARY_H

#include "lowering/emit/Interface.h"
#include "lowering/object/MemoryFile.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

namespace mixc {

struct EmitOptions {
  std::string cpu = "native"; // an LLVM CPU name, or native
  unsigned threads = 0;       // that generate code; 0: as many as this process may run on
};

/// Translates a module at stage `llvm` (LLVM dialect) and sets target, CPU and features on every function.
llvm::Expected<std::unique_ptr<llvm::Module>> translate(mlir::ModuleOp module, llvm::LLVMContext &context,
                                                        const EmitOptions &options);
llvm::Error emitAssembly(llvm::Module &module, const EmitOptions &options, llvm::raw_pwrite_stream &out);

/// The header of a library: `libgla.h` of `libgla.so` and of `libgla.so.1`.
std::string headerPathOf(llvm::StringRef library);

using ObjectCode = llvm::SmallVector<char, 0>;

/// A library that lies in no file.
struct LibraryImage {
  ObjectCode code;    // the shared library: kernels, descriptors, entry points, runtime
  std::string header; // the C header
};
/// `path`: the name that the library will have (DT_SONAME), and its header (the guard). `module` is at stage `llvm`;
/// `mixers` was read from the same module at stage `vector`.
llvm::Expected<LibraryImage> emitImage(mlir::ModuleOp module, llvm::ArrayRef<MixerInterface> mixers,
                                       const EmitOptions &options, llvm::StringRef path);
/// So that a path where no library, or no header beside it, can be written is found before the work is done.
llvm::Error checkPlace(llvm::StringRef path);
/// Writes the library and the header beside it, both or neither.
llvm::Error writeImage(const LibraryImage &image, llvm::StringRef path);

/// Writes `path` (a shared library: kernels, descriptors, entry points, runtime) and the header beside it, both or
/// neither.
llvm::Error emitLibrary(mlir::ModuleOp module, llvm::ArrayRef<MixerInterface> mixers, const EmitOptions &options,
                        llvm::StringRef path);
/// The library alone, for this process to load.
llvm::Expected<MemoryFile> emitInMemory(mlir::ModuleOp module, llvm::ArrayRef<MixerInterface> mixers,
                                        const EmitOptions &options);

} // namespace mixc

#endif
