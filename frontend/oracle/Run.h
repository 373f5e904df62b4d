// Calls a compiled library as its users do, through the argument structs, with the arrays that the interpreter takes.
#pragma once
#include "dialect/mix/Backward.h"
#include "lowering/emit/Interface.h"
#include <memory>

namespace mixc {

class LoadedLibrary {
public:
  /// Opens a library that was compiled for this machine. Kept open until the object dies.
  static llvm::Expected<std::unique_ptr<LoadedLibrary>> open(const std::string &path, const MixerInterface &interface);
  ~LoadedLibrary();
  LoadedLibrary(const LoadedLibrary &) = delete;
  LoadedLibrary &operator=(const LoadedLibrary &) = delete;

  /// `chunked` is the forward entry; `recurrent` is decode, token by token, every sequence from its initial state.
  /// Numbers are rounded to their tensors' element types on the way in; what the library writes is poisoned with NaN
  /// first. threads = 0: all of the machine's.
  llvm::Expected<mix::Answer> run(llvm::StringRef kernel, const mix::Call &call, int64_t threads = 0) const;
  /// Decode, several tokens a call; `kept`, if it is wanted, gets the states after each token,
  /// [batch, time, heads, dims...].
  llvm::Expected<mix::Answer> decodeTokens(const mix::Call &call, int64_t tokensPerCall, mix::Arrays *kept,
                                           int64_t threads = 0) const;
  /// The backward entry, on the same numbers. `withSaved`: forward is run before it and saves; else backward computes
  /// anew what it needs. A missing cotangent is zero.
  llvm::Expected<mix::Gradients> runBackward(const mix::Call &call, const mix::Cotangents &cotangents, bool withSaved,
                                             int64_t threads = 0) const;
  bool has(llvm::StringRef kernel) const;
  bool hasBackward() const { return backward.info; }

private:
  struct Entry {
    const EntryInfo *info = nullptr;
    void *function = nullptr, *workspaceSize = nullptr;
  };
  LoadedLibrary(const MixerInterface &interface) : interface(interface) {}
  llvm::Error find(tile::Entry kind, Entry &out);
  /// `saved`: null, or what forward is to leave for backward.
  llvm::Expected<mix::Answer> runForward(const mix::Call &call, int64_t threads, std::vector<float> *saved) const;
  llvm::Error invoke(const Entry &entry, std::vector<uint64_t> &slots) const;

  MixerInterface interface;
  void *handle = nullptr;
  Entry forward, backward, decode;
  size_t (*savedSize)(const void *arguments) = nullptr;
  const char *(*statusMessage)(const void *status) = nullptr;
};

/// Rounds a call's numbers to float32: what the kernels see, the interpreter sees too.
void roundToFloat32(mix::Call &call);

} // namespace mixc
