// Linking a library, in process.
#ifndef MIXC_LOWERING_EMIT_LINK_H
#define MIXC_LOWERING_EMIT_LINK_H

#include "lowering/emit/Parts.h"
#include "llvm/Support/Error.h"

namespace mixc {

/// Links objects with the runtime into a shared library; `name` is what programs will look for at run time.
llvm::Error linkLibrary(llvm::ArrayRef<ObjectCode> objects, llvm::StringRef name, llvm::StringRef output);

} // namespace mixc

#endif
