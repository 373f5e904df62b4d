// What a library's entry points look like, read off a module. One source for header, descriptor, JSON and
// `mixc run`.
//
// Kernel functions, as `mix-tile-to-vector` leaves them, one for each tile.kernel (C view):
//
//     void NAME_forward_kernel(void *const *tensors, const int64_t *strides, int64_t length, void *scratch);
//
// tensors[i] is the kernel's i-th tensor of this (sequence, head): the first token's row for a `token` tensor, the
// array itself for a `head` tensor, null for an absent initial, final or kept. strides[i]: elements from one token to the
// next. scratch: `scratchBytes` bytes, 64-byte aligned. The function carries `mix.kernel = {mixer = "NAME", entry =
// "forward"|"decode", names = [...], roles = [...], scratch = N : i64}`. With `sequences = 8 : i64` in it, it is the entry's
// kernel for a block of 8: for each tensor a pointer a sequence, and an array of lengths (mixrt_block_kernel).
//
// Argument structs: every field is 8 bytes, in this order.
//
//     forward   size batch time heads groups sequences cu_seqlens
//               inputs, params, X_initial, x_history_initial, outputs, X_final, x_history_final
//               workspace saved threads parallel_for parallel_for_context
//     decode    size batch time heads groups
//               inputs, params, X and x_history (in place), outputs, X_kept and x_history_kept (after each token)
//               workspace threads parallel_for parallel_for_context
//
// Within a group of tensors: in order of declaration. `time` of decode is the number of tokens of this call. threads: 0
// means all of the machine's.
#ifndef MIXC_LOWERING_EMIT_INTERFACE_H
#define MIXC_LOWERING_EMIT_INTERFACE_H

#include "dialect/mix/Mix.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace mixc {

struct TensorInfo {
  std::string name;          // as declared; a member of a family: the family's
  std::string declared;      // as the kernel knows it: `k[2]`
  std::string field;         // as in the argument struct: `H_initial`
  std::string role;          // input param initial output final state kept
  std::vector<int64_t> dims; // per token and head; of a family, the count of its members first
  int64_t member = 0, members = 1;
  std::string elementType = "f32"; // or bf16, f16
  bool perGroup = false;
  std::optional<double> lo, hi;
  std::string start;      // of a state where the caller passes none: `zero`, `-inf`, `the identity`, `the param W0`
  std::string startParam; // that param as the kernel knows it
  unsigned slot = 0;      // position of its pointer in the argument struct, in units of 8 bytes

  bool isPerToken() const { return role == "input" || role == "output" || role == "kept"; }
  bool isWritten() const { return role == "output" || role == "final" || role == "state" || role == "kept"; }
  bool isOptional() const { return role == "initial" || role == "final" || role == "kept"; }
  int64_t elements() const;                                        // per token and head, all members
  int64_t offset() const { return elements() / members * member; } // of this member
  int64_t elementBytes() const { return elementType == "f32" ? 4 : 2; }
};

struct EntryInfo {
  std::string entry;               // "forward", "decode"
  std::string kernel;              // symbol of the kernel function
  std::string blockKernel;         // of that for a block of sequences; empty if there is none
  int64_t block = 1;               // sequences in it
  std::vector<TensorInfo> tensors; // in the kernel's order
  int64_t scratchBytes = 0;        // per thread
  unsigned slots = 0;              // of the argument struct

  /// In the order of the argument struct, a family once.
  std::vector<TensorInfo> fields() const;
};

struct MixerInterface {
  std::string name;
  std::vector<std::pair<std::string, int64_t>> dims;
  std::string description; // the class of each component, one a line
  std::vector<EntryInfo> entries;
};

/// Reads the interfaces off a module at stage `vector`: its mix.mixer ops and the `mix.kernel` attributes of its
/// functions.
llvm::Expected<std::vector<MixerInterface>> readInterfaces(mlir::ModuleOp module);

/// The slots before the first tensor, by name: 7 of forward, 5 of decode; and those after the last.
llvm::ArrayRef<llvm::StringRef> leadingFields(llvm::StringRef entry);
llvm::ArrayRef<llvm::StringRef> trailingFields(llvm::StringRef entry);

/// What `NAME_describe` returns: dims, class, tensors and layouts, as JSON.
std::string describe(const MixerInterface &mixer, llvm::StringRef cpu);

/// The C header of a library.
std::string printHeader(llvm::ArrayRef<MixerInterface> mixers, llvm::StringRef libraryName);

} // namespace mixc

#endif
