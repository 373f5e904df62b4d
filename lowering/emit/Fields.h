// The fields of an argument struct that are no tensors, as runtime/abi.h has them, for whoever is in the compiler: the
// header, the descriptor, what a library says of itself, and callers.
#ifndef MIXC_LOWERING_EMIT_FIELDS_H
#define MIXC_LOWERING_EMIT_FIELDS_H

#include "dialect/tile/Tile.h"
#include <optional>

namespace mixc {

struct ArgumentField {
  llvm::StringRef name;
  llvm::StringRef type;    // in C; $E is the entry, as NAME_forward, $N the mixer
  llvm::StringRef comment; // of the header; $W is the function that says how large the workspace is
};

/// Those before the first tensor, and those after the last, in order.
llvm::ArrayRef<ArgumentField> leadingFields(tile::Entry kind);
llvm::ArrayRef<ArgumentField> trailingFields(tile::Entry kind);
/// The names that no tensor's field may have.
std::vector<llvm::StringRef> namesOfFields(tile::Entry kind);

/// Where a field lies in a struct of so many slots, in units of 8 bytes; none: the entry has no such field.
std::optional<unsigned> slotOf(tile::Entry kind, unsigned slots, llvm::StringRef name);

} // namespace mixc

#endif
