// From an LLVM module to machine code.
#ifndef MIXC_LOWERING_OBJECT_OBJECT_H
#define MIXC_LOWERING_OBJECT_OBJECT_H

#include "lowering/object/Library.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Target/TargetMachine.h"

namespace mixc {

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createMachine(const EmitOptions &options);
/// The instructions that code for this machine may use, by line of MIXRT_FEATURES.
uint64_t requiredFeatures(const llvm::TargetMachine &machine);
/// Sets triple, data layout, and CPU and features of every function.
void retarget(llvm::Module &module, const llvm::TargetMachine &machine);
llvm::Error emitCode(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type,
                     llvm::raw_pwrite_stream &out);

} // namespace mixc

#endif
