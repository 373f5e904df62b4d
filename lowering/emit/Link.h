// Linking a library, in process.
#ifndef MIXC_LOWERING_EMIT_LINK_H
#define MIXC_LOWERING_EMIT_LINK_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace mixc {

/// Links object code with the runtime into a shared library; `name` is what programs will look for at run time.
llvm::Error linkLibrary(llvm::StringRef object, llvm::StringRef name, llvm::StringRef output);

} // namespace mixc

#endif
