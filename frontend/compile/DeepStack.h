// A stack for walks over what the user wrote: a value may be computed from thousands of others, one from the next.
#pragma once
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mixc {

/// body() on a stack that holds the deepest value which passes the checker (lowering/Limits.h); on this one where there
/// is no room for it.
int onDeepStack(llvm::function_ref<int()> body);

} // namespace mixc
