// What a pass may know of the machine it compiles for.
#ifndef MIXC_LOWERING_CPU_TARGET_H
#define MIXC_LOWERING_CPU_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace llvm {
class Target;
}

namespace mixc::cpu {

/// LLVM's code generator for the kind of machine that runs this. Set up once a process, whoever asks first.
llvm::Expected<const llvm::Target *> backend();

struct Target {
  std::string cpu;          // LLVM's name: znver4, sapphirerapids
  std::string instructions; // AVX-512, AVX2, SSE2, NEON
  int64_t lanes;            // float32 per vector register
  int64_t registers;        // vector registers
  int64_t cacheLine;        // bytes
  bool convertsF16;         // has instructions between float16 and float32

  /// Accumulators that a register tile may use: the rest holds the operands, and what the allocator wants for itself.
  int64_t accumulators() const { return registers >= 32 ? 16 : registers >= 16 ? 8 : 4; }
};

/// The machine of this name (`native`: the one that runs this).
Target describe(llvm::StringRef cpu);

} // namespace mixc::cpu

#endif
