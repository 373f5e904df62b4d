// The C header of a library: argument structs with a shape beside every field, entry points, and what a status means.
// C99 and C++.
#include "lowering/emit/Interface.h"
#include "lowering/emit/Names.h"
#include "runtime/abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

/// What every library's header says alike; the guard lets two of them meet in one program.
void printCommon(raw_ostream &out) {
  out << R"(#ifndef MIX_STATUS
#define MIX_STATUS
/* What every entry point returns: NULL is success. A failure was found before anything was written; it belongs to
   the thread that made the call and is kept until that thread's next failure. */
struct mix_error {
  int32_t code;
)" << "  char message["
      << MIXRT_MESSAGE_BYTES << "];\n};\ntypedef const struct mix_error *mix_status;\nenum {\n";
#define CODE(name, number, meaning)                                                                                    \
  out << "  " #name " = " #number "," << std::string(24 - std::min<size_t>(23, StringRef(#name #number).size()), ' ')  \
      << "/* " meaning " */\n";
  MIXRT_CODES(CODE)
#undef CODE
  out << R"(  MIX_SUCCESS = 0
};

/* 16-bit numbers, as their bits: mix_bf16 is the upper half of a float (8 bits of exponent, 7 of fraction), mix_f16 is
   IEEE's binary16 (5 and 10). Whatever is computed is computed in float and rounded to nearest, ties to even. */
typedef uint16_t mix_bf16;
typedef uint16_t mix_f16;

/* Calls body(argument, index) once for every index in [0, count), in any order and on any threads, and returns when
   all of them have returned. */
typedef void (*mix_parallel_for)(void *context, int64_t count, void (*body)(void *argument, int64_t index),
                                 void *argument);

/* How a tensor lies, in elements: number e (row-major among its dims) of head h (or group) of token t of sequence b is
   at b batch + t time + h head + e element. 0 is contiguous: element 1, head as many as its numbers, time all heads,
   batch all tokens; each given those inside it. What has no such axis ignores its stride. MIX_BROADCAST is a stride
   of 0: what is read is the same along that axis. What is written has no two numbers in one place. */
typedef struct {
  int64_t batch, time, head, element;
} mix_strides;
#define MIX_BROADCAST INT64_MIN

/* "cu_seqlens decreases at index 3"; of NULL: "success". */
const char *mix_status_message(mix_status status);
#endif

/* The functions below stand for symbols that end in the mixer's fingerprint, a number of its dims, types, layouts and
   equations: a program does not link with a library that this header is not of. The library has the plain names as
   well, for dlsym; dlsym(library, "NAME_forward_" NAME_FINGERPRINT) finds the function if header and library belong
   together. */
#ifndef MIX_SYMBOL
#define MIX_SYMBOL(name, fingerprint) __asm__(#name "_" fingerprint)
#endif
)";
}

std::string interval(const TensorInfo &tensor) {
  if (!tensor.lo)
    return "";
  return fmt::format(", in [{}, {}]", *tensor.lo, *tensor.hi);
}

/// `[B, T, H, 128], in [0, 1]`.
std::string comment(const TensorInfo &tensor) {
  std::string shape = tensor.perGroup ? "G" : "H";
  if (tensor.isPerToken())
    shape = "B, T, " + shape;
  else if (!tensor.isParam())
    shape = (tensor.role == tile::Role::State ? "B, " : "sequences, ") + shape;
  for (int64_t dim : tensor.dims)
    shape += ", " + std::to_string(dim);
  std::string text = "[" + shape + "]" + interval(tensor);
  if (tensor.role == tile::Role::Initial)
    text += ", or NULL for " + tensor.start;
  if (tensor.role == tile::Role::Final || tensor.isGradient())
    text += ", or NULL";
  if (tensor.role == tile::Role::FinalGrad)
    text += ", or NULL for zero";
  if (tensor.role == tile::Role::Kept)
    text += ", the state after each token, or NULL";
  if (tensor.role == tile::Role::State)
    text += ", updated in place (starts at " + tensor.start + ")";
  return text;
}

/// One declaration; its comment starts in a column of its own where there is room.
void printField(raw_ostream &out, const Twine &declaration, const Twine &comment) {
  std::string text = "  " + declaration.str() + ";";
  if (std::string words = comment.str(); !words.empty()) {
    text.resize(std::max<size_t>(text.size() + 1, 36), ' ');
    text += "/* " + words + " */";
  }
  out << text << "\n";
}

/// In order of the struct; neighbours that look alike share a line.
void printTensors(raw_ostream &out, ArrayRef<TensorInfo> fields) {
  for (size_t i = 0; i < fields.size();) {
    const TensorInfo &first = fields[i];
    std::string names = "*" + first.field;
    for (++i; i < fields.size() && fields[i].role == first.role && fields[i].elementType == first.elementType &&
              comment(fields[i]) == comment(first);
         ++i)
      names += ", *" + fields[i].field;
    const std::string type = first.elementType == "f32" ? "float " : "mix_" + first.elementType + " ";
    printField(out, Twine(first.isWritten() ? "" : "const ") + type + names, comment(first));
  }
}

const char *commentOn(const EntryInfo &entry) {
  const bool carries = any_of(entry.tensors, [](const TensorInfo &tensor) {
    return tensor.role == tile::Role::Initial || tensor.role == tile::Role::State;
  });
  switch (entry.kind) {
  case tile::Entry::Forward:
    if (!carries)
      return "/* Whole sequences: training's forward pass, and prefill. */\n";
    return "/* Whole sequences, from initial to final states: training's forward pass, and prefill. */\n";
  case tile::Entry::Backward:
    if (!carries)
      return "/* Gradients of a sum over what forward writes, from those of outputs (X_grad of y) to those of\n"
             "   inputs and params; each is set, not added to. */\n";
    return "/* Gradients of a sum over what forward writes, from those of outputs and final states (X_grad of y,\n"
           "   X_final_grad) to those of inputs, params and initial states; each is set, not added to. */\n";
  case tile::Entry::Decode:
    if (!carries)
      return "/* One or a few tokens, each by itself. */\n";
    return "/* One or a few tokens: the states are read and written in place. To go back to token t of the "
           "call (0 .. T - 1), put\n"
           "   X_kept[:, t] where X is. */\n";
  }
  llvm_unreachable("every kind of entry");
}

/// Types and comments of fields name the entry and its mixer.
std::string filledIn(StringRef text, const MixerInterface &mixer, const EntryInfo &entry) {
  const std::string prefix = mixer.symbol();
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      result += text[i];
      continue;
    }
    const char of = text[++i];
    result += prefix + (of == 'E' ? "_" + entry.name().str() : of == 'W' ? workspaceSizeSuffix(entry.kind) : "");
  }
  return result;
}

void printFields(raw_ostream &out, const MixerInterface &mixer, const EntryInfo &entry,
                 ArrayRef<ArgumentField> fields) {
  for (const ArgumentField &field : fields) {
    const std::string type = filledIn(field.type, mixer, entry);
    printField(out, type + (StringRef(type).ends_with("*") ? "" : " ") + field.name,
               filledIn(field.comment, mixer, entry));
  }
}

/// One for every tensor, in the order of the arguments.
void printStrides(raw_ostream &out, const MixerInterface &mixer, const EntryInfo &entry) {
  const std::string name = mixer.symbol() + "_" + entry.name().str() + "_strides";
  out << "typedef struct " << name << " {\n";
  std::string line;
  auto end = [&] {
    if (!line.empty())
      out << "  mix_strides " << line << ";\n";
    line.clear();
  };
  for (const TensorInfo &tensor : entry.fields()) {
    if (line.size() + tensor.field.size() > 100)
      end();
    line += (line.empty() ? "" : ", ") + tensor.field;
  }
  end();
  out << "} " << name << ";\n\n";
}

void printStruct(raw_ostream &out, const MixerInterface &mixer, const EntryInfo &entry) {
  printStrides(out, mixer, entry);
  out << "typedef struct {\n";
  printFields(out, mixer, entry, leadingFields(entry.kind));
  printTensors(out, entry.fields());
  printFields(out, mixer, entry, trailingFields(entry.kind));
  printField(out, "const void *reserved[" + Twine(mixer.reserved()) + "]",
             "not looked at; their number is the fingerprint's");
  out << "} " << mixer.symbol() << "_" << entry.name() << "_args;\n\n";
}

void printFunction(raw_ostream &out, const MixerInterface &mixer, const char *result, const std::string &name,
                   const std::string &arguments) {
  out << result << name << "(" << arguments << ")\n    MIX_SYMBOL(" << name << ", " << mixer.symbol()
      << "_FINGERPRINT);\n";
}

void printEntry(raw_ostream &out, const MixerInterface &mixer, const EntryInfo &entry) {
  const std::string prefix = mixer.symbol(), name = prefix + "_" + entry.name().str();
  out << commentOn(entry);
  printStruct(out, mixer, entry);
  printFunction(out, mixer, "mix_status ", name, "const " + name + "_args *args");
  out << "/* Bytes of workspace for a call with these counts, threads and parallel_for; pointers are not looked at, "
         "but\n"
         "   for cu_seqlens and strides, and whether they are NULL. */\n";
  printFunction(out, mixer, "size_t ", prefix + workspaceSizeSuffix(entry.kind), "const " + name + "_args *args");
  if (entry.kind == tile::Entry::Forward)
    printFunction(out, mixer, "size_t ", prefix + "_saved_size", "const " + name + "_args *args");
  out << "\n";
}

void printMixer(raw_ostream &out, const MixerInterface &mixer) {
  out << "\n/* " << std::string(100, '-') << "\n   " << mixer.name;
  ListSeparator comma;
  out << (mixer.dims.empty() ? "" : "<");
  for (const auto &[dim, number] : mixer.dims)
    out << comma << dim << " = " << number;
  out << (mixer.dims.empty() ? "" : ">") << "\n";
  SmallVector<StringRef> lines;
  StringRef(mixer.description).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    out << "   " << line << "\n";
  out << "*/\n#define " << mixer.symbol() << "_FINGERPRINT \"" << mixer.fingerprintText() << "\"\n\n";
  for (const EntryInfo &entry : mixer.entries)
    printEntry(out, mixer, entry);
  out << "/* Dims, element types, class and layouts, as JSON. */\n";
  printFunction(out, mixer, "const char *", mixer.symbol() + "_describe", "void");
}

} // namespace

std::string printHeader(ArrayRef<MixerInterface> mixers, StringRef libraryName) {
  std::string body, text;
  raw_string_ostream bodyOut(body), out(text);
  printCommon(bodyOut);
  for (const MixerInterface &mixer : mixers)
    printMixer(bodyOut, mixer);
  // The number lets headers of one name, but of different folders, meet: as an error, if they say different things.
  const std::string guard = fmt::format("MIX_{}_{:016X}_H", identifier(libraryName.upper()), llvm::xxh3_64bits(body));
  out << "/* " << libraryName
      << ".h: generated by mixc. Row-major; B batch, T time, H heads, G groups (head h belongs to group\n"
      << "   h / (H / G)). Every entry point may be called from many threads at once. */\n"
      << "#ifndef " << guard << "\n#define " << guard << "\n\n#include <stddef.h>\n#include <stdint.h>\n\n"
      << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
      << body << "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return text;
}

} // namespace mixc
