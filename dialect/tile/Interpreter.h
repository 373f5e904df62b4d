// The float64 interpreter of tile programs.
#ifndef MIXC_DIALECT_TILE_INTERPRETER_H
#define MIXC_DIALECT_TILE_INTERPRETER_H

#include "dialect/tile/Tile.h"
#include "llvm/Support/Error.h"
#include <map>
#include <string>
#include <vector>

namespace mixc::tile {

/// A tensor of one sequence and head, row-major: `token` tensors [length, dims...], `head` tensors [dims...].
struct Buffer {
  std::vector<double> data;
  bool present = true; // an `initial` or `final` may be absent
};

/// Memory that the tiles of a program share while it runs, as a plan says: without one each is by itself.
class TileMemory {
public:
  virtual ~TileMemory() = default;
  virtual void write(mlir::Value tile, llvm::ArrayRef<double> numbers) = 0;
  /// What lies there by now; of a tile that is in no memory nothing changes.
  virtual void read(mlir::Value tile, llvm::MutableArrayRef<double> numbers) = 0;
};

/// Runs a kernel on one work item. `tensors` has one entry per block argument, in order; outputs and finals are written
/// in place (and must have their size). Every op is computed in float64, whatever its element type.
llvm::Error interpret(KernelOp kernel, int64_t length, std::vector<Buffer> &tensors);
/// The same on a block of sequences, as many as the kernel works on: `tensors` has for every block argument one entry a
/// sequence, one after the other; of a param the first counts.
llvm::Error interpret(KernelOp kernel, llvm::ArrayRef<int64_t> lengths, std::vector<Buffer> &tensors,
                      TileMemory *memory = nullptr);

} // namespace mixc::tile

#endif
