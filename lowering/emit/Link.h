// Linking a library, in process.
#ifndef MIXC_LOWERING_EMIT_LINK_H
#define MIXC_LOWERING_EMIT_LINK_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace mixc {

/// Links object code with the runtime into a shared library. `path` appears whole or not at all.
llvm::Error linkLibrary(llvm::StringRef object, llvm::StringRef path);
/// Writes a text file that appears whole or not at all.
llvm::Error writeWhole(llvm::StringRef path, llvm::StringRef contents);

} // namespace mixc

#endif
