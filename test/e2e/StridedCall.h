// One call of an entry whose tensors lie as a caller may have them: with strides, with states in a pool, with lists of
// 32 bits. Every block of memory ends at a page that may not be touched, and what lies between the numbers of a tensor
// must not change.
#ifndef MIXC_TEST_E2E_STRIDED_CALL_H
#define MIXC_TEST_E2E_STRIDED_CALL_H

#include "runtime/abi.h"
#include "test/e2e/Library.h"
#include <memory>

namespace mixc::test {

/// Axes of a tensor, slowest first: B batch or sequences, T time, H heads, E the numbers of a head.
enum class Lie {
  BTHE,    // contiguous, by strides
  Padded,  // [B, T, H, E] with room after each row and each sequence
  BHTE,    // heads first
  BHET,    // [batch, channels, time]
  BTEH,    // heads last
  Reversed // tokens, and sequences, backwards
};
constexpr int lies = 6;

struct Arrangement {
  int first = 0;           // tensor i lies as (first + i) mod lies
  bool isFused = false;    // all tensors with a row for each token are slices of one [B, T, width], read or written
  bool contiguous = false; // no strides at all
  bool slots = false;      // states lie in a pool; see StridedCall::initialSlots
  bool narrow = false;     // cu_seqlens and slots have 32 bits
  int64_t threads = 1;
};

class StridedCall {
public:
  StridedCall(const Library &library, const std::string &mixer, tile::Entry entry, const mix::Call &call,
              const Arrangement &how, const mix::Cotangents *cotangents = nullptr);
  ~StridedCall();
  StridedCall(const StridedCall &) = delete;

  /// Empty, or what the library said. `saved`: of forward and backward, may be empty.
  std::string run(std::vector<float> &saved);
  int64_t savedFloats() const;

  /// All memory but the numbers of tensors that are written is as it was.
  bool isUntouchedElsewhere() const;
  /// What lies in a tensor now, by its name; of states in a pool one for each sequence, NaN where no slot has it.
  mix::Array read(const TensorInfo &tensor) const;
  const EntryInfo &info() const { return entry; }

  /// Of sequence s: -1 of every third, from 1 on; the others apart, in no order.
  int64_t initialSlot(int64_t sequence) const { return how.slots ? initialSlots[sequence] : sequence; }
  int64_t finalSlot(int64_t sequence) const { return how.slots ? finalSlots[sequence] : sequence; }

private:
  struct Block {
    char *base = nullptr, *data = nullptr;
    size_t mapped = 0, size = 0;
    std::vector<bool> mayChange; // by byte
    std::vector<char> before;
  };
  struct Tensor {
    TensorInfo info;
    Block *block;
    int64_t counts[4], strides[4], first; // in elements; first: from the block's start
    mixrt_strides said;
  };
  Block &allocate(size_t bytes);
  void arrange(const TensorInfo &tensor, Lie lie);
  void fuse();
  void fill(Tensor &tensor);
  void pass();
  const std::vector<int64_t> *slotsFor(const TensorInfo &tensor) const;
  template <typename Use> void forEach(const Tensor &tensor, Use use) const;

  const EntryInfo &entry;
  const mix::Call &call;
  const Arrangement how;
  const mix::Cotangents *cotangents;
  void *handle;
  std::string symbol;
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<std::unique_ptr<Tensor>> tensors;
  std::vector<mixrt_strides> strides;
  std::vector<int64_t> initialSlots, finalSlots;
  std::vector<int32_t> narrowInitial, narrowFinal, narrowStarts;
  std::vector<int64_t> slots; // the argument struct
};

} // namespace mixc::test

#endif
