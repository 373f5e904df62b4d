// Object code in parts that are generated side by side.
#ifndef MIXC_LOWERING_OBJECT_PARTS_H
#define MIXC_LOWERING_OBJECT_PARTS_H

#include "lowering/object/Library.h"
#include "llvm/ADT/SmallVector.h"
#include <vector>

namespace mixc {

/// The objects of a module, on as many threads as `options` says. How the module is cut depends on the module
/// alone, and so does what comes out.
llvm::Expected<std::vector<ObjectCode>> emitObjects(llvm::Module &module, const EmitOptions &options);

} // namespace mixc

#endif
