// The part of a library that is not kernels: descriptors and entry points.
#ifndef MIXC_LOWERING_EMIT_DESCRIPTOR_H
#define MIXC_LOWERING_EMIT_DESCRIPTOR_H

#include "lowering/emit/Interface.h"
#include "llvm/IR/Module.h"

namespace mixc {

struct Requirements {
  std::string cpu;       // the code's CPU, for messages
  uint64_t features = 0; // instructions, by line of MIXRT_FEATURES
};

/// The number that the runtime knows a role by: its mixrt_role.
int64_t runtimeRole(tile::Role role);

/// Adds every mixer's descriptors and entry points to the module that holds their kernels, and makes everything else
/// internal.
llvm::Error addEntryPoints(llvm::Module &module, llvm::ArrayRef<MixerInterface> mixers,
                           const Requirements &requirements);

} // namespace mixc

#endif
