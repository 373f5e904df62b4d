// The command line: `mixc FILE ...` compiles, `mixc check|fmt|explain|run FILE ...` do what they say.
#pragma once
#include "frontend/compile/CompileOptions.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mixc {

/// A set of them says where an option belongs.
enum Command : unsigned {
  CompileCommand = 1,
  CheckCommand = 2,
  FormatCommand = 4,
  ExplainCommand = 8,
  RunCommand = 16,
  DescribeCommand = 32,
  AnyCommand = 63
};

/// Beside what may be chosen of any compilation (--mixer, -D, --target, --chunk, --dtype, --from, --prefix, --keep).
struct Options : CompileOptions {
  Command command = CompileCommand;
  std::string file;                   // or a diagnostic's code, for explain
  std::vector<std::string> moreFiles; // fmt
  bool help = false, version = false;
  std::optional<bool> colour; // unset: if stderr is a terminal

  bool listCpus = false;
  std::optional<std::string> output, emit;

  bool json = false; // explain

  // run
  std::string kernel = "chunked";
  std::optional<std::string> in, out;
  bool forwardOnly = false; // compile: without gradients
  bool check = false;       // and fmt
  int64_t threads = 0, seed = 0;
  double scale = 1;                                    // of random inputs without an interval
  std::optional<int64_t> batch, length, heads, groups; // of random input; with --in, what the arrays must agree with
};

/// `arguments` without the program's name. Errors are usage errors.
llvm::Expected<Options> parseOptions(llvm::ArrayRef<const char *> arguments);
/// What `--help` prints.
std::string helpText(Command command);

//===-- The table: every option once (OptionTable.cpp) ----------------------------------------------------------===//

struct OptionRow {
  llvm::StringRef name;  // "--mixer", "-D"
  llvm::StringRef value; // what follows: "NAME"; empty: nothing; in brackets: only after `=`
  unsigned commands;     // a set of Command
  llvm::StringRef what;
  llvm::Error (*set)(Options &options, const std::string &value);

  bool takesValue() const { return !value.empty() && !value.starts_with("["); }
};
llvm::ArrayRef<OptionRow> optionTable();
/// A line of a help text.
std::string optionLine(const OptionRow &option, llvm::StringRef what);

struct CommandRow {
  llvm::StringRef name; // empty: compile
  Command command;
  llvm::StringRef synopsis, what;
};
llvm::ArrayRef<CommandRow> commandTable();

} // namespace mixc
