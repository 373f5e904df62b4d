// One component's normal form and chunk form, as text.
#pragma once
#include "frontend/explain/Explanation.h"

namespace mixc {

/// A factor of a product, in brackets where it needs them: sums do, products behind another factor too.
std::string factor(mlir::Value value, bool first = false);
/// Where the term stands, 0 if nowhere; a declaration is no term.
unsigned lineOf(mlir::Operation *op);
bool isOne(mlir::Value value);
inline mix::TensorType tensorOf(mlir::Value value) { return mlir::cast<mix::TensorType>(value.getType()); }

/// r_i = sum_j S_j p_ij, w_m = phi_m(r), S_i <- e . sum_j S_j diag(a_ij) + sum_m w_m u_mi', as the user declared S.
class NormalFormText {
public:
  explicit NormalFormText(mix::ComponentOp component);

  std::vector<Explanation::Line> reads(), writes(), updates();
  /// Why it is of its class: what its states are multiplied by, and what its writes use.
  std::string reason();

private:
  Explanation::Line read(unsigned i);
  std::string gated(unsigned i, unsigned j, mlir::Value a);
  std::string outer(unsigned i, mlir::Value w, mlir::Value u);

  mix::ComponentOp component;
  std::vector<std::string> names;
  bool isRow;
};

/// What a chunk of tokens computes, line by line; the equations are at the head of ChunkForm.cpp.
std::vector<std::string> chunkForm(mix::ComponentOp component);

} // namespace mixc
