// Any name of the language is a field of a header that compiles, whatever standard headers come before it.
#include "lowering/emit/Names.h"
#include "test/unit/emit/Tools.h"
#include <set>

using namespace mixc;
using namespace mixc::test;

namespace {

/// Of ISO C and POSIX; what a system lacks, or a standard, is left out.
const char *const headers =
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic "
    "stdbool stdckdint stdbit stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype "
    "aio arpa/inet dirent dlfcn fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen monetary net/if netdb "
    "netinet/in netinet/tcp nl_types poll pthread pwd regex sched search semaphore spawn strings sys/ipc sys/mman "
    "sys/msg sys/param sys/resource sys/select sys/sem sys/shm sys/socket sys/stat sys/statvfs sys/time sys/times "
    "sys/types sys/uio sys/un sys/utsname sys/wait syslog tar termios unistd utime utmpx wordexp";

const char *const standards[] = {"-x c -std=c99",     "-x c -std=gnu17",     "-x c -std=gnu23",
                                 "-x c++ -std=c++11", "-x c++ -std=gnu++17", "-x c++ -std=c++20"};

std::vector<std::string> words(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ' ', -1, /*KeepEmpty=*/false);
  return {parts.begin(), parts.end()};
}

bool isCxx(llvm::StringRef standard) { return standard.contains("c++"); }

std::string allHeaders(bool isCxx) {
  std::string text = "#undef _GNU_SOURCE\n#define _GNU_SOURCE\n";
  for (const std::string &name : words(headers)) {
    if (isCxx && (name == "stdatomic" || name == "threads" || name == "stdnoreturn")) // C's alone
      continue;
    text += "#if __has_include(<" + name + ".h>)\n#include <" + name + ".h>\n#endif\n";
  }
  if (isCxx)
    for (const char *name : {"ciso646", "complex", "csignal", "cmath", "cerrno", "version", "atomic", "thread"})
      text += std::string("#if __has_include(<") + name + ">)\n#include <" + name + ">\n#endif\n";
  return text;
}

/// The macros without arguments that all headers define, in a standard.
std::set<std::string> macrosOf(const std::string &standard) {
  const std::string path = folder() + "/macros.c";
  std::ofstream(path) << allHeaders(isCxx(standard));
  auto [output, status] = run(tool("clang") + " -w -dM -E " + standard + " " + path);
  EXPECT_EQ(status, 0) << output.substr(0, 1000);
  std::set<std::string> names;
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(output).split(lines, '\n');
  for (llvm::StringRef line : lines)
    if (line.consume_front("#define ")) {
      llvm::StringRef name = line.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
      if (!line.drop_front(name.size()).starts_with("("))
        names.insert(name.str());
    }
  return names;
}

MixerInterface mixerWith(const std::set<std::string> &names) {
  MixerInterface mixer;
  mixer.name = "all";
  EntryInfo entry;
  FieldNames fields(namesOfFields(tile::Entry::Forward));
  unsigned slot = leadingFields(tile::Entry::Forward).size();
  for (const std::string &name : names) {
    TensorInfo tensor;
    tensor.name = name, tensor.field = fields.choose(name), tensor.slot = slot++;
    tensor.role = slot % 2 ? tile::Role::Input : tile::Role::Output;
    tensor.elementType = slot % 3 == 0 ? "bf16" : slot % 3 == 1 ? "f16" : "f32";
    entry.tensors.push_back(tensor);
  }
  entry.slots = slot + trailingFields(tile::Entry::Forward).size();
  mixer.entries.push_back(entry);
  return mixer;
}

TEST(Names, OfAnyMacroKeywordOrTypeMakeAHeader) {
  // Keywords and types are no macros, so some are named; names of parts of the header, and one of every shape.
  const char *const others =
      "auto bool break case catch char class const constexpr co_await delete do double else enum explicit export "
      "extern "
      "false float for friend goto if inline int long mutable namespace new noexcept nullptr operator private "
      "protected "
      "public register requires restrict return short signed sizeof static struct switch template this throw true try "
      "typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while asm _Bool _Complex "
      "_Imaginary _Generic _Thread_local size_t int64_t uint16_t int32_t ptrdiff_t time_t pid_t FILE mix_status "
      "mix_error mix_bf16 mix_f16 mix_parallel_for MIX_SUCCESS MIX_SYMBOL all_forward all_forward_args all_FINGERPRINT "
      "batch time heads groups size sequences cu_seqlens strides initial_slots final_slots slot_count slot_bits "
      "cu_seqlens_bits mix_strides all_forward_strides element workspace saved threads parallel_for "
      "parallel_for_context reserved main printf assert isnan log exp major min max q W_Q A_log dt x_ H";
  std::set<std::string> names;
  for (const std::string &name : words(others))
    names.insert(name);
  for (const char *standard : standards)
    for (const std::string &name : macrosOf(standard))
      names.insert(name);
  ASSERT_GT(names.size(), 1500u) << "no macros were found";
  const MixerInterface mixer = mixerWith(names);
  std::ofstream(folder() + "/all.h") << printHeader(mixer, "all");
  std::string uses = "#include \"all.h\"\n#include \"all.h\"\n";
  uses += "void f(all_forward_args *a);\nvoid f(all_forward_args *a) {\n";
  for (const TensorInfo &tensor : mixer.entries[0].tensors)
    uses += "  a->" + tensor.field + " = 0;\n";
  uses += "}\n";
  for (const char *standard : standards) {
    SCOPED_TRACE(standard);
    const std::string path = folder() + "/uses.c";
    std::ofstream(path) << allHeaders(isCxx(standard)) << uses;
    auto [output, status] = run(tool("clang") + " -Wno-everything -fsyntax-only " + standard + " " + path);
    EXPECT_EQ(status, 0) << output.substr(0, 2000);
  }
}

TEST(Names, ThatMeanNothingElseStayAsTheyAre) {
  FieldNames fields({"size", "saved"});
  for (const char *name : {"q", "k", "v", "H", "W", "A_log", "dt", "W_Q", "B", "x1", "alpha", "log_f", "H_initial"})
    EXPECT_EQ(fields.choose(name), name);
  for (const char *name : {"errno", "EOF", "I", "size", "class", "_N", "INT_MAX", "int64_t", "stdin", "M_PIf"})
    EXPECT_EQ(fields.choose(name), std::string(name) + "_");
  EXPECT_EQ(fields.choose("errno_"), "errno__");
}

TEST(Names, OfMixersAlwaysHaveAnEnding) {
  std::vector<MixerInterface> mixers;
  for (const char *name : {"float", "errno", "EOF", "int", "class", "I", "_Bool", "stdin"}) {
    mixers.push_back(mixerWith({"q"}));
    mixers.back().name = name;
    EXPECT_EQ(mixers.back().symbol(), name);
  }
  const std::string header = printHeader(mixers, "lib-1.0");
  compiles("mixer.c", allHeaders(false) + header, "-x c -std=gnu17 -Wno-cpp -Wno-pedantic");
  compiles("mixer.cpp", allHeaders(true) + header, "-x c++ -std=gnu++17 -Wno-cpp -Wno-pedantic -Wno-deprecated");
}

} // namespace
