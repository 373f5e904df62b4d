// The tile program of a whole mixer: kernel, loop over chunks, components and states in it.
#ifndef MIXC_LOWERING_DERIVE_CHUNK_PROGRAM_H
#define MIXC_LOWERING_DERIVE_CHUNK_PROGRAM_H

#include "dialect/mix/Mix.h"
#include "dialect/tile/Tile.h"

namespace mixc::derive {

/// What keeps some state of a mixer from being chunked.
struct Obstacle {
  mlir::Location loc;
  std::string why;
};

/// The first thing that keeps a mixer from being chunked, if any.
std::optional<Obstacle> findObstacle(mix::MixerOp mixer);

struct KernelOptions {
  tile::Entry entry; // of decode states are in place, roles `state` and `kept`, else `initial` and `final`
  int64_t chunk = 1; // tokens per chunk
};

/// What a mixer's kernel is called: @NAME_forward.
inline std::string symbolOf(llvm::StringRef mixer, tile::Entry entry) {
  return (mixer + "_" + tile::stringifyEntry(entry)).str();
}

/// Builds the kernel of a mixer whose dims are bound, behind it. Failure has been reported.
mlir::FailureOr<tile::KernelOp> buildKernel(mix::MixerOp mixer, const KernelOptions &options);

} // namespace mixc::derive

#endif
