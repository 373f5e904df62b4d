// The compiler that users have, and LLVM's tools, on what a library consists of.
#ifndef MIXC_TEST_UNIT_EMIT_TOOLS_H
#define MIXC_TEST_UNIT_EMIT_TOOLS_H

#include "lowering/emit/Interface.h"
#include "test/unit/emit/Leaky.h"
#include "llvm/Support/Path.h"
#include <fstream>
#include <gtest/gtest.h>

namespace mixc::test {

/// Output and exit status of a command.
inline std::pair<std::string, int> run(const std::string &command) {
  std::string output;
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (size_t size = fread(buffer, 1, sizeof buffer, pipe))
    output.append(buffer, size);
  return {output, pclose(pipe)};
}

inline std::string tool(const char *name) { return std::string(MIXC_LLVM_TOOLS) + "/" + name; }
/// Where the libraries are.
inline std::string folder() { return llvm::sys::path::parent_path(LeakyLibrary::get().path).str(); }

inline void compiles(const std::string &file, const std::string &text, const std::string &flags) {
  const std::string path = folder() + "/" + file;
  std::ofstream(path) << text;
  auto [output, status] = run(tool("clang") + " -Wall -Wextra -Werror -pedantic -fsyntax-only " + flags + " " + path);
  EXPECT_EQ(status, 0) << output;
}

/// The argument structs of a header have every field where the code looks for it.
inline void headerAgreesWith(const MixerInterface &mixer, const std::string &header) {
  std::string text = "#include \"" + header + "\"\n";
  auto claim = [&](const std::string &condition) { text += "_Static_assert(" + condition + ", \"\");\n"; };
  for (const EntryInfo &entry : mixer.entries) {
    const std::string type = mixer.symbol() + "_" + entry.name().str() + "_args";
    claim("sizeof(" + type + ") == " + std::to_string(8 * (entry.slots + mixer.reserved())));
    for (const TensorInfo &tensor : entry.tensors)
      claim("offsetof(" + type + ", " + tensor.field + ") == " + std::to_string(8 * tensor.slot));
    unsigned slot = 0;
    for (const ArgumentField &field : leadingFields(entry.kind))
      claim("offsetof(" + type + ", " + field.name.str() + ") == " + std::to_string(8 * slot++));
    slot = entry.slots - trailingFields(entry.kind).size();
    for (const ArgumentField &field : trailingFields(entry.kind))
      claim("offsetof(" + type + ", " + field.name.str() + ") == " + std::to_string(8 * slot++));
  }
  text += "int nothing;\n";
  compiles(header + ".c", text, "-x c -std=c11");
}

} // namespace mixc::test

#endif
