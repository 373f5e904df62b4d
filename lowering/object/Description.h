// What a library says of itself, read from its file: the text of its symbol `mix_description`.
#ifndef MIXC_LOWERING_OBJECT_DESCRIPTION_H
#define MIXC_LOWERING_OBJECT_DESCRIPTION_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace mixc {

/// A part of the buffer.
llvm::Expected<llvm::StringRef> descriptionIn(llvm::MemoryBufferRef library);

} // namespace mixc

#endif
