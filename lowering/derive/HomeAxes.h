// The axis along which each vector of a mixer lives by preference.
//
// A sum over a vector (dot, reduce) may run along any axis that the vector is computed on. Asking for it along the axis
// that the rest of the program uses means one load and one computation: the norm of k is taken on the [time, key] tile
// that is there anyway. Seeds are the read and write directions (key axis), reads, write values and gates (value axis),
// and states; they spread through elementwise ops and dot products.
#ifndef MIXC_LOWERING_DERIVE_HOME_AXES_H
#define MIXC_LOWERING_DERIVE_HOME_AXES_H

#include "lowering/derive/AxisNames.h"
#include "llvm/ADT/DenseMap.h"

namespace mixc::derive {

class HomeAxes {
public:
  /// `vector` lives along `axis`, if nothing was said before; so do the vectors that it is computed from entry by
  /// entry.
  void seed(mlir::Value vector, tile::Axis axis);
  /// Spreads what is known through the whole mixer.
  void spread(mix::MixerOp mixer);
  std::optional<tile::Axis> find(mlir::Value vector) const;

private:
  llvm::DenseMap<mlir::Value, tile::Axis> homes;
};

} // namespace mixc::derive

#endif
