// What a mixer declares, as the tensors of its argument structs.
#ifndef MIXC_LOWERING_EMIT_DECLARATIONS_H
#define MIXC_LOWERING_EMIT_DECLARATIONS_H

#include "lowering/emit/Interface.h"
#include <map>

namespace mixc {

class Declarations {
public:
  explicit Declarations(mix::MixerOp mixer);
  llvm::Error read();

  /// The tensors of an entry in the order of its struct, slots counted.
  std::vector<TensorInfo> structOf(tile::Entry kind) const;

  std::map<std::string, int64_t> bindings; // of dims

private:
  llvm::Error add(mlir::Operation &op, tile::Role role, mix::TensorType type, mlir::FloatAttr lo = {},
                  mlir::FloatAttr hi = {});
  llvm::Error add(mix::StateOp state);
  /// The history of an input is a state: its last tokens, oldest first.
  void addHistory(mix::InputOp input);

  mix::MixerOp mixer;
  std::vector<TensorInfo> all; // in order of declaration; states have the role State
};

} // namespace mixc

#endif
