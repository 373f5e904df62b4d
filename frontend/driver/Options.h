// The command line: `mixc FILE ...` compiles, `mixc check|fmt|explain|run FILE ...` do what they say.
#pragma once
#include "frontend/compile/ElementTypes.h"
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
  AnyCommand = 31
};

struct Options {
  Command command = CompileCommand;
  std::string file;                   // or a diagnostic's code, for explain
  std::vector<std::string> moreFiles; // fmt
  bool help = false, version = false;
  std::optional<bool> colour; // unset: if stderr is a terminal

  std::optional<std::string> mixer;
  std::map<std::string, int64_t> dims;
  std::string cpu = "native";
  bool listCpus = false;
  int64_t chunk = 0; // 0: chosen
  ElementTypes elementTypes;

  std::optional<std::string> output, emit;
  std::string from = "ast";
  std::string prefix; // of the names in the header

  bool json = false; // explain

  // run
  std::string kernel = "chunked";
  std::optional<std::string> in, out;
  bool backward = false;       // gradients
  bool forwardOnly = false;    // compile: without them
  std::string keep = "writes"; // compile too: what forward saves for backward
  bool check = false;          // and fmt
  int64_t threads = 0, seed = 0;
  double scale = 1;                                    // of random inputs without an interval
  std::optional<int64_t> batch, length, heads, groups; // of random input; with --in, what the arrays must agree with
};

/// `arguments` without the program's name. Errors are usage errors.
llvm::Expected<Options> parseOptions(llvm::ArrayRef<const char *> arguments);
/// What `--help` prints.
std::string helpText(Command command);
/// The CPUs that `--target=cpu:NAME` takes.
std::vector<std::string> knownCpus();

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
