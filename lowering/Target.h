// What a pass may know of the machine it compiles for, and the sizes that follow from it. Described once, from the
// target's name; nothing else in the compiler asks what machine it is.
#ifndef MIXC_LOWERING_TARGET_H
#define MIXC_LOWERING_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace llvm {
class Target;
}

namespace mixc {

/// Which rows of the stage table lower for it.
enum class TargetKind { Cpu };

struct Target {
  TargetKind kind = TargetKind::Cpu;
  std::string name;     // LLVM's: znver4, sapphirerapids; never `native`
  std::string features; // what this machine has beside its name's, `+avx512f,-amx-tile,...`; empty of any other

  // What it has.
  int64_t lanes = 4;        // float32 per vector register
  int64_t registers = 16;   // vector registers
  bool convertsF16 = false; // has instructions between float16 and float32
  bool hasMatrices = false; // has units that multiply matrices (AMX). Nothing uses them yet

  /// Accumulators that a register tile may use: the rest holds the operands, and what the allocator wants for itself.
  int64_t accumulators() const { return registers >= 32 ? 16 : registers >= 16 ? 8 : 4; }

  // What is best for it, measured on cores with 16 and with 32 vector registers.

  /// Rows of a chunk's largest system. FLOPs per token of a delta rule with a [V, K] state: 6 V K for the state, and
  /// C (2 K + 2 V) within the chunk: for K = V = 128 that is 98 k + 0.5 k C. Against this stand the bytes of the state,
  /// moved once a chunk: 8 V K / C per token. On a core with 32 vector registers of 16 lanes a chunk of 16 makes both
  /// small: 8 % more FLOPs than token by token, the state's panel read and written every 16th token, and 16
  /// accumulators (one row of a panel for each token) leave half of the registers for operands.
  int64_t chunkRows = 16;
  /// The same of backward, which per token moves two tiles a state every chunk, V K / C numbers, and has within the
  /// chunk about three times the forward's C (K + V): where pairs of tokens are cheap, more tokens balance that, but
  /// for states of at most so many numbers (6 to 15 % faster).
  int64_t backwardRows = 16, cheapBackwardRows = 32, smallState = 32 * 32;
  /// Tokens between two states that forward saves: for V = K = 128 these are 512 bytes a token and head; each chunk's
  /// would be 4 KB.
  int64_t segmentTokens = 128;
  /// Sequences of a block: N^2 numbers of a constant matrix, read once, do for 8 N^2 multiplications.
  int64_t blockSequences = 8;
  /// Rows of a panel where lanes are along another axis than the panels': as many as there are accumulators.
  int64_t panelRows = 16;
  /// Ops from which on loop nests of a mixer that are alike become one function: with fewer it compiles quickly as it
  /// is.
  int64_t sharedOps = 25000;
};

/// The machine of this name (`native`: the one that runs this).
Target describe(llvm::StringRef name);

/// LLVM's code generator for the kind of machine that runs this. Set up once a process, whoever asks first.
llvm::Expected<const llvm::Target *> backend();

} // namespace mixc

#endif
