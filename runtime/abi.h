// What a compiled library tells the runtime about its mixers. The compiler emits these structs as constants
// (lowering/emit/Descriptor.cpp), the runtime reads them; every field is 8 bytes, so that the layout has no holes and
// is said in one place only.
//
// An entry point's argument struct is an array of 8-byte slots: MIXRT_LEADING, a pointer for every tensor
// (lowering/emit/Interface.h has their order), MIXRT_TRAILING. In the header reserved words follow, as many as the
// mixer's fingerprint says: so `size` of a caller with another compile's header is another. A caller without a header
// leaves them out.
#ifndef MIXC_RUNTIME_ABI_H
#define MIXC_RUNTIME_ABI_H

#include <stddef.h>
#include <stdint.h>

// Of the argument structs and of what a library says of itself. Raised when a caller of the last one would fail.
#define MIXRT_ABI_VERSION 2

// The fields of the argument structs that are no tensors, in order, once and for all: of them are made the runtime's
// view of a struct, the header, what `NAME_describe` says, and what the compiler's own callers fill in.
//
//     X(known as, name, type in C, entries that have it: F forward, B backward, D decode, comment in the header)
//
// In types and comments, $E is the entry (NAME_forward) and $N the mixer (NAME).
#define MIXRT_LEADING(X)                                                                                               \
  X(size, "size", "size_t", MIXRT_F | MIXRT_B | MIXRT_D, "sizeof($E_args)")                                            \
  X(batch, "batch", "int64_t", MIXRT_F | MIXRT_B | MIXRT_D, "B")                                                       \
  X(time, "time", "int64_t", MIXRT_F | MIXRT_B, "T")                                                                   \
  X(tokens, "time", "int64_t", MIXRT_D, "T: tokens of this call")                                                      \
  X(heads, "heads", "int64_t", MIXRT_F | MIXRT_B | MIXRT_D, "H")                                                       \
  X(groups, "groups", "int64_t", MIXRT_F | MIXRT_B | MIXRT_D, "G; 0 is 1")                                             \
  X(sequences, "sequences", "int64_t", MIXRT_F | MIXRT_B, "of cu_seqlens; without it B or 0")                          \
  X(cu_seqlens, "cu_seqlens", "const void *", MIXRT_F | MIXRT_B, "[sequences + 1] from 0 to T, then B is 1; or NULL")
#define MIXRT_TRAILING(X)                                                                                              \
  X(strides, "strides", "const struct $E_strides *", MIXRT_F | MIXRT_B | MIXRT_D, "or NULL: all is contiguous")        \
  X(initial_slots, "initial_slots", "const void *", MIXRT_F, "[sequences]: where X_initial is; -1: none; or NULL")     \
  X(final_slots, "final_slots", "const void *", MIXRT_F, "[sequences]: where X_final goes; -1: nowhere; or NULL")      \
  X(slots, "slots", "const void *", MIXRT_D, "[B]: where the states are; -1: start anew, keep nothing; or NULL")       \
  X(slot_count, "slot_count", "int64_t", MIXRT_F | MIXRT_D, "states in the pool that slots count in")                  \
  X(slot_bits, "slot_bits", "int64_t", MIXRT_F | MIXRT_D, "of a number of slots: 64 (or 0), or 32")                    \
  X(cu_seqlens_bits, "cu_seqlens_bits", "int64_t", MIXRT_F | MIXRT_B, "of a number of cu_seqlens: 64 (or 0), or 32")   \
  X(workspace, "workspace", "void *", MIXRT_F | MIXRT_B | MIXRT_D, "$W() bytes")                                       \
  X(saves, "saved", "void *", MIXRT_F, "$N_saved_size() bytes, or NULL")                                               \
  X(saved, "saved", "const void *", MIXRT_B, "what forward left there, or NULL: computed anew")                        \
  X(threads, "threads", "int64_t", MIXRT_F | MIXRT_B | MIXRT_D, "0: as many as there are processors")                  \
  X(parallel_for, "parallel_for", "mix_parallel_for", MIXRT_F | MIXRT_B | MIXRT_D, "or NULL: the library's threads")   \
  X(parallel_for_context, "parallel_for_context", "void *", MIXRT_F | MIXRT_B | MIXRT_D, "")

// What went wrong, as the first field of *mix_status: name, number, meaning. The header of every library lists them.
#define MIXRT_CODES(X)                                                                                                 \
  X(MIX_BAD_STRUCT_SIZE, 1, "the struct's size is not the one this library was built for")                             \
  X(MIX_NULL_ARGUMENT, 2, "a pointer that is needed is null")                                                          \
  X(MIX_BAD_SHAPE, 3, "a count is negative, zero where it may not be, or does not fit the others")                     \
  X(MIX_BAD_CU_SEQLENS, 4, "cu_seqlens does not rise from 0 to time")                                                  \
  X(MIX_TOO_LARGE, 5, "a tensor has more than 2^63 bytes")                                                             \
  X(MIX_MISALIGNED, 6, "a pointer is not aligned to its elements")                                                     \
  X(MIX_NO_WORKSPACE, 7, "workspace is null, and this call needs one")                                                 \
  X(MIX_BAD_THREADS, 8, "threads is negative")                                                                         \
  X(MIX_UNSUPPORTED_CPU, 9, "this machine lacks instructions that the library was compiled for")                       \
  X(MIX_BAD_PARALLEL_FOR, 10, "parallel_for returned before it had called its body for every index")                   \
  X(MIX_OVERLAP, 11, "an array that the call writes overlaps another")                                                 \
  X(MIX_BAD_SAVED, 12, "saved is not what forward left for a call like this one")                                      \
  X(MIX_BAD_SLOTS, 13, "a slot is outside the pool, or one that is written is another sequence's, too")

// Instructions that a library may need: LLVM's name, CPUID leaf, subleaf, register (0 eax, 1 ebx, 2 ecx, 3 edx), bit,
// and the state that the system must save for it (bits of XCR0). Bit i of `features` is line i.
#define MIXRT_FEATURES(X)                                                                                              \
  X("sse3", 1, 0, 2, 0, 0)                                                                                             \
  X("ssse3", 1, 0, 2, 9, 0)                                                                                            \
  X("sse4.1", 1, 0, 2, 19, 0)                                                                                          \
  X("sse4.2", 1, 0, 2, 20, 0)                                                                                          \
  X("movbe", 1, 0, 2, 22, 0)                                                                                           \
  X("popcnt", 1, 0, 2, 23, 0)                                                                                          \
  X("avx", 1, 0, 2, 28, 0x6)                                                                                           \
  X("f16c", 1, 0, 2, 29, 0x6)                                                                                          \
  X("fma", 1, 0, 2, 12, 0x6)                                                                                           \
  X("bmi", 7, 0, 1, 3, 0)                                                                                              \
  X("avx2", 7, 0, 1, 5, 0x6)                                                                                           \
  X("bmi2", 7, 0, 1, 8, 0)                                                                                             \
  X("avx512f", 7, 0, 1, 16, 0xe6)                                                                                      \
  X("avx512dq", 7, 0, 1, 17, 0xe6)                                                                                     \
  X("avx512cd", 7, 0, 1, 28, 0xe6)                                                                                     \
  X("avx512bw", 7, 0, 1, 30, 0xe6)                                                                                     \
  X("avx512vl", 7, 0, 1, 31, 0xe6)                                                                                     \
  X("avx512ifma", 7, 0, 1, 21, 0xe6)                                                                                   \
  X("avx512vbmi", 7, 0, 2, 1, 0xe6)                                                                                    \
  X("avx512vbmi2", 7, 0, 2, 6, 0xe6)                                                                                   \
  X("gfni", 7, 0, 2, 8, 0)                                                                                             \
  X("avx512vnni", 7, 0, 2, 11, 0xe6)                                                                                   \
  X("avx512bitalg", 7, 0, 2, 12, 0xe6)                                                                                 \
  X("avx512vpopcntdq", 7, 0, 2, 14, 0xe6)                                                                              \
  X("avx512fp16", 7, 0, 3, 23, 0xe6)                                                                                   \
  X("amx-bf16", 7, 0, 3, 22, 0x60000)                                                                                  \
  X("amx-tile", 7, 0, 3, 24, 0x60000)                                                                                  \
  X("avxvnni", 7, 1, 0, 4, 0x6)                                                                                        \
  X("avx512bf16", 7, 1, 0, 5, 0xe6)                                                                                    \
  X("lzcnt", 0x80000001, 0, 2, 5, 0)

extern "C" {

enum mixrt_entry_kind : int64_t { MIXRT_FORWARD, MIXRT_DECODE, MIXRT_BACKWARD };
enum { MIXRT_F = 1 << MIXRT_FORWARD, MIXRT_D = 1 << MIXRT_DECODE, MIXRT_B = 1 << MIXRT_BACKWARD };

// How the caller's tensor lies, in elements: number e (row-major among its dims) of head h (or group) of token t of
// sequence b is at b batch + t time + h head + e element. 0: contiguous, given those after it. What has no such axis
// ignores its stride.
struct mixrt_strides {
  int64_t batch, time, head, element;
};
// The stride of an axis along which a tensor that is read repeats.
#define MIXRT_BROADCAST INT64_MIN

enum mixrt_role : int64_t {
  MIXRT_INPUT,
  MIXRT_PARAM,
  MIXRT_INITIAL,
  MIXRT_OUTPUT,
  MIXRT_FINAL,
  MIXRT_STATE,
  MIXRT_KEPT,
  MIXRT_OUTPUT_GRAD,
  MIXRT_FINAL_GRAD,
  MIXRT_INPUT_GRAD,
  MIXRT_PARAM_GRAD,
  MIXRT_INITIAL_GRAD,
  MIXRT_SAVED // what forward leaves for backward: float32, in the memory that `saved` points to
};

enum mixrt_element_type : int64_t { MIXRT_F32, MIXRT_BF16, MIXRT_F16 };

// How a result of backward comes about.
enum mixrt_source : int64_t {
  MIXRT_WRITTEN, // the kernel writes it
  MIXRT_PARTIAL, // the kernel adds to float32 numbers of its (sequence, head), and their sum is the result
  MIXRT_ZERO     // the kernel knows nothing of it
};

struct mixrt_tensor {
  const char *field = nullptr; // as in the argument struct
  int64_t role = 0;            // mixrt_role
  int64_t per_group = 0;       // one per group of heads instead of one per head
  int64_t elements = 0;        // numbers per token and head (or per head)
  int64_t slot = 0;            // of its pointer in the argument struct
  int64_t element_type = 0;    // mixrt_element_type
  int64_t own = 0;             // of a family's member: how many of the `elements` are its own; else all
  int64_t offset = 0;          // and where they begin among the `elements`
  int64_t source = 0;          // mixrt_source
  int64_t every = 0;           // of what is saved: 0: a row for every token; else for every segment of so many tokens
  // Of a state of decode, where it starts if no slot has it: at a number; at an identity of so many rows; or at the
  // param that is the program's tensor start_param - 1.
  double start = 0;
  int64_t start_identity = 0;
  int64_t start_param = 0;
};

// `every` of what is saved once a sequence.
#define MIXRT_WHOLE_SEQUENCE -1

typedef void mixrt_kernel(void *const *tensors, const int64_t *strides, int64_t length, void *scratch);
// A block of sequences: tensors[i * n + s] is tensor i of sequence s of n. One that is not there has no tokens and null
// pointers.
typedef void mixrt_block_kernel(void *const *tensors, const int64_t *strides, const int64_t *lengths, void *scratch);

struct mixrt_program {
  mixrt_kernel *kernel = nullptr;        // null: there is none
  const mixrt_tensor *tensors = nullptr; // in the kernel's order
  int64_t tensor_count = 0;
  int64_t scratch_bytes = 0;                  // per thread, for either kernel
  mixrt_block_kernel *block_kernel = nullptr; // null: there is none
  int64_t block = 1;                          // sequences that it works on; 1 if there is none
};

struct mixrt_entry {
  const char *name = nullptr; // gated_delta_net_forward
  int64_t kind = 0;           // mixrt_entry_kind
  int64_t slots = 0;          // of the argument struct
  int64_t reserved = 0;       // words after them in the header's struct
  uint64_t features = 0;      // instructions that the kernels use, by line of MIXRT_FEATURES
  const char *cpu = nullptr;  // that they were compiled for
  uint64_t fingerprint = 0;   // of the mixer and of what it saves, the same in forward and backward
  mixrt_program main = {};    // its tensors are all those of the argument struct
  mixrt_program replay = {};  // of backward: what forward saves, and nothing else
};

#define MIXRT_MESSAGE_BYTES 252
struct mix_error {
  int32_t code;
  char message[MIXRT_MESSAGE_BYTES];
};
typedef const struct mix_error *mix_status; // null: success

typedef void mix_parallel_for(void *context, int64_t count, void (*body)(void *argument, int64_t index),
                              void *argument);

// What the emitted entry points call.
mix_status mixrt_run(const mixrt_entry *entry, const void *arguments);
size_t mixrt_workspace_size(const mixrt_entry *entry, const void *arguments);
size_t mixrt_saved_size(const mixrt_entry *forward, const void *arguments);

// Exported by every library.
__attribute__((visibility("default"))) const char *mix_status_message(mix_status status);
}

#endif
