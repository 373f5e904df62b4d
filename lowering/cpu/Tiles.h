// Where the values of a kernel lie: tiles in buffers, tensors in the caller's memory. A value: a loop's body works on a
// copy, and what it defines ends with it.
#ifndef MIXC_LOWERING_CPU_TILES_H
#define MIXC_LOWERING_CPU_TILES_H

#include "lowering/cpu/Plan.h"

namespace mixc::cpu {

/// A tile and the buffer that holds it. A renamed tile is the same buffer under other axes.
struct Place {
  Layout layout;
  mlir::Value buffer;
  mlir::Value row = {}; // of a row that steps work on: its index; the layout has the time axis still
};

struct Tensor {
  mlir::Value pointer;   // null where the caller passed none
  mlir::Value memory;    // flat; numbers of 16 bits are integers there
  mlir::Value rowStride; // from one token, or segment, to the next
};

class Tiles {
public:
  bool contains(mlir::Value tile) const { return places.count(tile); }
  /// Valid until the next `set`.
  const Place &place(mlir::Value tile) const {
    auto it = places.find(tile);
    assert(it != places.end() && "a tile without a buffer");
    return it->second;
  }
  void set(mlir::Value tile, Place place) { places[tile] = std::move(place); }

  const Tensor &tensor(mlir::Value tensor) const {
    auto it = tensors.find(tensor);
    assert(it != tensors.end() && "a tensor without memory");
    return it->second;
  }
  void set(mlir::Value value, Tensor tensor) { tensors[value] = tensor; }

private:
  llvm::DenseMap<mlir::Value, Place> places;
  llvm::DenseMap<mlir::Value, Tensor> tensors;
};

} // namespace mixc::cpu

#endif
