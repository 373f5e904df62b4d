#include "bench/BenchOptions.h"
#include "frontend/driver/Report.h"
#include "frontend/sema/Suggest.h"
#include <fmt/format.h>
#include <utility>

using namespace llvm;

namespace mixc::bench {
namespace {

struct Row {
  StringRef name;
  const char *what; // null: as mixc says
};

constexpr Row rows[] = {
    {"-D", nullptr},
    {"--mixer", nullptr},
    {"--target", nullptr},
    {"--chunk", nullptr},
    {"--dtype", nullptr},
    {"--precision", nullptr},
    {"--keep", nullptr},
    {"--backward", "time forward that saves, and backward, too"},
    {"--check", "count what the kernels execute, on one thread, instead of timing them"},
    {"--length", "tokens of forward and backward (2048)"},
    {"--heads", "heads of forward and backward (8); decode has 32"},
    {"--threads", "the second number of threads (all of the machine's); the first is 1"},
    {"--color", nullptr},
    {"--help", nullptr},
};

const Row *rowOf(StringRef name) {
  const Row *row = find_if(rows, [&](const Row &r) { return r.name == name; });
  return row == std::end(rows) ? nullptr : row;
}

} // namespace

Expected<Options> parseBenchOptions(ArrayRef<const char *> arguments) {
  bool isValue = false;
  std::vector<const char *> words = {"run"};
  for (StringRef argument : arguments) {
    words.push_back(argument == "-h" || argument == "help" ? "--help" : argument.data());
    if (std::exchange(isValue, false) || !StringRef(words.back()).starts_with("-") || argument == "--")
      continue;
    StringRef word = words.back(), name = word.starts_with("--") ? word.split('=').first : word.take_front(2);
    if (!rowOf(name)) {
      std::vector<std::string> known;
      for (const Row &row : rows)
        known.push_back(row.name.str());
      std::string near = nearest(name, known);
      return usageError(fmt::format("`{}` is no option of mix_bench", name.str()),
                        near.empty() ? "`mix_bench --help` lists them" : fmt::format("did you mean `{}`?", near));
    }
    const OptionRow *option = find_if(optionTable(), [&](const OptionRow &o) { return o.name == name; });
    isValue = option != optionTable().end() && option->takesValue() && word == name;
  }
  return parseOptions(words);
}

std::string benchHelp() {
  std::string out =
      "mix_bench FILE.mix [-D K=128 ...]        time the entry points of a file's mixers on this machine\n\nOptions\n";
  for (const Row &row : rows)
    for (const OptionRow &option : optionTable())
      if (option.name == row.name)
        out += optionLine(option, row.what ? row.what : option.what);
  return out;
}

} // namespace mixc::bench
