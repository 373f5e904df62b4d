// The affine form of a token-local value: x = sum_b coefficient_b b, coefficients scalars that are token-local.
//
// Bases are reads and write values of components (which `isBase` names) and, for the part that is free of them,
// whatever vectors occur. Found by a walk through neg, +, -, and products and quotients with scalars; anything else of
// a base is not affine. A node that is used often is expanded once: forms are kept per value, and like terms are added,
// so n Householder factors stay n terms.
#ifndef MIXC_LOWERING_DERIVE_AFFINE_H
#define MIXC_LOWERING_DERIVE_AFFINE_H

#include "lowering/derive/TokenLocal.h"
#include "llvm/ADT/MapVector.h"

namespace mixc::derive {

/// number * tile: a scalar of each token. No tile means 1.
struct Coefficient {
  double number = 1;
  mlir::Value tile;

  Product times(std::initializer_list<mlir::Value> others, double sign = 1) const;
};

/// Terms by base; the null base stands for 1 (in forms of scalars).
using AffineForm = llvm::MapVector<mlir::Value, Coefficient>;

class Affine {
public:
  struct Rules {
    /// Is this a base?
    std::function<bool(mlir::Value)> isBase;
    /// May this scalar, or vector, stand in a form without being expanded?
    std::function<bool(mlir::Value)> isOpaque;
  };

  explicit Affine(Rules rules) : rules(std::move(rules)) {}

  bool isAffine(mlir::Value value);
  /// The form of a value that is affine; coefficients are computed by `local`.
  const AffineForm &form(mlir::Value value, TokenLocal &local, TileBuilder &tiles);
  /// The form of a computed value in bases other than itself.
  AffineForm expanded(mlir::Value value, TokenLocal &local, TileBuilder &tiles);

private:
  /// The scalar factor and the rest of a product, or of a quotient (then `divides`).
  struct Scaling {
    mlir::Value scalar, rest;
    bool divides;
  };
  std::optional<Scaling> scaling(mlir::Value value);
  AffineForm compute(mlir::Value value, TokenLocal &local, TileBuilder &tiles);

  Rules rules;
  llvm::DenseMap<mlir::Value, bool> affine;
  std::map<const void *, AffineForm> forms;
};

Coefficient multiply(TileBuilder &tiles, const Coefficient &x, const Coefficient &y);
Coefficient add(TileBuilder &tiles, const Coefficient &x, const Coefficient &y);

} // namespace mixc::derive

#endif
