// What a library's entry points look like, read off a module. One source for header, descriptor, JSON and
// `mixc run`.
//
// Kernel functions, as `mix-tile-to-vector` leaves them, one for each tile.kernel (C view):
//
//     void NAME_forward_kernel(void *const *tensors, const int64_t *strides, int64_t length, void *scratch);
//
// tensors[i] is the kernel's i-th tensor of this (sequence, head): the first token's row for a `token` tensor, the
// array itself for a `head` tensor, null for what is absent. strides[i]: elements from one token to the
// next. scratch: so many bytes, 64-byte aligned. The function carries `tile.function`: entry, mixer, what each tensor
// is (names are the declared ones) and of what type, and bytes of scratch.
//
// With `sequences 8` in it, it is the entry's kernel for a block of 8: for each tensor a pointer a sequence, and an
// array of lengths (mixrt_block_kernel); it saves nothing.
//
// What forward leaves for backward are tensors of the role `saved`, float32, null if the caller does not want them
// kept, the same ones in the same order in forward, backward and replay: a row for every token, for every segment of so
// many tokens, or one for the sequence. Their strides are what the caller's memory has; a row of segments is followed
// by the next segment's. Replay takes what forward takes, but outputs and final states, and writes the saved tensors
// alone.
//
// Backward takes inputs, params, initial states, output_grad, final_grad (null: zero), saved, and writes input_grad,
// param_grad, initial_grad: null where nobody wants them, partial ones too. To what is partial the kernel adds its
// (sequence, head)'s part: float32 numbers that are its own and zero at first, whatever the tensor's type, and the
// runtime adds up the parts and rounds. So is every result that is a param's, or declared per group, or of an input
// that is read at earlier tokens, or of a history; only what remains may be written in place. A declaration that
// backward does not name has the gradient zero.
//
// Argument structs: every field is 8 bytes. Before the tensors and after them lie the fields of runtime/abi.h; between,
//
//     forward   inputs, params, X_initial, x_history_initial, outputs, X_final, x_history_final
//     backward  inputs, params, X_initial, x_history_initial, y_grad of outputs, X_final_grad, x_history_final_grad
//               x_grad of inputs and params, X_initial_grad, x_history_initial_grad
//     decode    inputs, params, X and x_history (in place), outputs, X_kept and x_history_kept (after each token)
//
// Within a group of tensors: in order of declaration. The structs of strides have a mix_strides for each of them, in
// the same order. The header's structs end in reserved words (MixerInterface::reserved).
#ifndef MIXC_LOWERING_EMIT_INTERFACE_H
#define MIXC_LOWERING_EMIT_INTERFACE_H

#include "dialect/mix/Mix.h"
#include "lowering/emit/Fields.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace mixc {

/// `_workspace_size`, `_backward_workspace_size`, `_decode_workspace_size`.
std::string workspaceSizeSuffix(tile::Entry kind);

struct TensorInfo {
  std::string name;     // as declared; a member of a family: the family's
  std::string declared; // as the kernel knows it: `k[2]`, of a history the input
  std::string field;    // as in the argument struct: `H_initial`
  tile::Role role = tile::Role::Input;
  std::vector<int64_t> dims; // per token and head; of a family, the count of its members first
  int64_t member = 0, members = 1;
  std::string elementType = "f32"; // or bf16, f16
  bool perGroup = false;
  std::optional<double> lo, hi;
  std::string start;      // of a state where the caller passes none: `zero`, `-inf`, `the identity`, `the param W0`
  std::string startParam; // that param as the kernel knows it
  double startNumber = 0;
  bool startsAtIdentity = false;
  unsigned slot = 0;         // position of its pointer in the argument struct, in units of 8 bytes
  bool isHistory = false;    // the past of an input
  bool isPartial = false;    // of a gradient: the runtime adds up what the kernels write
  bool isUnknown = false;    // the kernel does not name it
  int64_t segmentTokens = 0; // of what is saved: as mixrt_tensor::every

  bool isPerToken() const { return tile::isPerToken(role); }
  bool isParam() const { return role == tile::Role::Param || role == tile::Role::ParamGrad; }
  /// What backward is for.
  bool isGradient() const {
    return role == tile::Role::InputGrad || role == tile::Role::ParamGrad || role == tile::Role::InitialGrad;
  }
  bool isWritten() const {
    return role == tile::Role::Output || role == tile::Role::Final || role == tile::Role::State ||
           role == tile::Role::Kept || isGradient();
  }
  bool isOptional() const {
    return role == tile::Role::Initial || role == tile::Role::Final || role == tile::Role::Kept ||
           role == tile::Role::FinalGrad || isGradient();
  }
  int64_t elements() const;                                        // per token and head, all members
  int64_t ownElements() const { return elements() / members; }     // of this member
  int64_t offset() const { return elements() / members * member; } // of this member
  int64_t elementBytes() const { return elementType == "f32" ? 4 : 2; }
};

/// A kernel function, and what it takes.
struct KernelInfo {
  std::string function;            // its symbol; empty: there is none
  std::vector<TensorInfo> tensors; // in its order
  std::string blockFunction;       // that for a block of sequences; empty: there is none
  int64_t block = 1;               // sequences in it
  int64_t scratchBytes = 0;        // per thread, for either
};

struct EntryInfo : KernelInfo { // tensors: then those of the argument struct that the kernel does not take
  tile::Entry kind = tile::Entry::Forward;
  unsigned slots = 0; // of the argument struct
  KernelInfo replay;  // of backward, if forward saves anything

  llvm::StringRef name() const { return tile::stringifyEntry(kind); }
  /// Of a field that is no tensor, which it must have.
  unsigned slotOf(llvm::StringRef field) const { return *mixc::slotOf(kind, slots, field); }
  /// What the struct has a field for, in its order, a family once.
  std::vector<TensorInfo> fields() const;
  /// What forward leaves for backward.
  std::vector<TensorInfo> saved() const;
};

struct MixerInterface {
  std::string name;
  std::string prefix; // of its names in C: `--prefix`
  std::vector<std::pair<std::string, int64_t>> dims;
  std::string description; // the class of each component, one a line
  std::vector<EntryInfo> entries;
  uint64_t fingerprint = 0; // of equations, dims and whatever the header says: of two mixers that differ in any, two

  const EntryInfo *entry(tile::Entry kind) const; // null: there is none
  /// What its names in C begin with: `NAME`, or `small_NAME`.
  std::string symbol() const;
  /// 16 digits. The symbols that the header's functions stand for end in them, so that it links with its own library
  /// alone.
  std::string fingerprintText() const;
  /// Words at the end of the header's structs: a `size` tells fingerprints apart, too, if not all of them.
  int64_t reserved() const { return 1 + static_cast<int64_t>(fingerprint % 64); }
};

/// Reads the interfaces off a module at stage `vector`: its mix.mixer ops and the `tile.function` attributes of its
/// functions.
llvm::Expected<std::vector<MixerInterface>> readInterfaces(mlir::ModuleOp module);

/// What `NAME_describe` returns: dims, class, tensors and layouts, as JSON. Without a `cpu`: what the fingerprint is
/// of.
std::string describe(const MixerInterface &mixer, llvm::StringRef cpu);

/// What `mix_describe` returns, and `mix_description` is: that of every mixer of a library.
std::string describeLibrary(llvm::ArrayRef<MixerInterface> mixers, llvm::StringRef cpu);

/// The C header of a library.
std::string printHeader(llvm::ArrayRef<MixerInterface> mixers, llvm::StringRef libraryName);

} // namespace mixc

#endif
