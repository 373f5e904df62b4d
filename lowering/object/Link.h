// Linking a library, in process.
#ifndef MIXC_LOWERING_OBJECT_LINK_H
#define MIXC_LOWERING_OBJECT_LINK_H

#include "lowering/object/Parts.h"
#include "llvm/Support/Error.h"

namespace mixc {

/// Links objects with the runtime into a shared library, in memory; `name` is what programs will look for at run time.
/// May be called from many threads: lld has state of the process, so they link one after the other, a few milliseconds
/// each.
llvm::Expected<ObjectCode> linkLibrary(llvm::ArrayRef<ObjectCode> objects, llvm::StringRef name);

} // namespace mixc

#endif
