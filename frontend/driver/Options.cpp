#include "frontend/driver/Options.h"
#include "frontend/compile/Failure.h"
#include "frontend/sema/Suggest.h"
#include "llvm/Support/FileSystem.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

const CommandRow &row(Command command) {
  return *find_if(commandTable(), [&](const CommandRow &r) { return r.command == command; });
}

Error unknownOption(StringRef name) {
  std::vector<std::string> known;
  for (const OptionRow &option : optionTable())
    known.push_back(option.name.str());
  std::string near = nearest(name, known);
  return usageError(fmt::format("unknown option `{}`", name.str()),
                    near.empty() ? "`mixc --help` lists them" : fmt::format("did you mean `{}`?", near));
}

std::string commandsWith(const OptionRow &option) {
  std::string list;
  for (const CommandRow &command : commandTable())
    if (option.commands & command.command)
      list += (list.empty() ? "" : ", ") +
              (command.name.empty() ? "compiling" : fmt::format("`mixc {}`", command.name.str()));
  return list;
}

class Parser {
public:
  explicit Parser(ArrayRef<const char *> arguments) : arguments(arguments) {}

  Expected<Options> run() {
    for (; at < arguments.size(); ++at)
      if (Error e = takeArgument(arguments[at]))
        return std::move(e);
    if (options.help || options.version || options.listCpus)
      return options;
    for (const OptionRow *option : seen)
      if (!(option->commands & options.command))
        return usageError(
            fmt::format("`{}` does not belong to `mixc {}`", option->name.str(), row(options.command).name.str()),
            fmt::format("it belongs to {}", commandsWith(*option)));
    if (options.file.empty() && options.emit != "list")
      return usageError("no file is named", row(options.command).synopsis.str());
    return options;
  }

private:
  Error takeArgument(StringRef argument) {
    if (argument.size() > 1 && argument.starts_with("-") && !onlyFiles) {
      if (argument != "--")
        return takeOption(argument);
      onlyFiles = true;
      return Error::success();
    }
    if (!hasCommand) {
      hasCommand = true;
      for (const CommandRow &command : commandTable())
        if (!command.name.empty() && argument == command.name)
          return options.command = command.command, Error::success();
      if (argument == "help" && !sys::fs::exists("help")) // `mixc help run`
        return options.help = true, hasCommand = false, Error::success();
      if (options.help)
        return unknownCommand(argument);
    }
    if (!options.file.empty() && options.command == FormatCommand)
      return options.moreFiles.push_back(argument.str()), Error::success();
    if (!options.file.empty())
      return secondFile(argument);
    options.file = argument.str();
    return Error::success();
  }

  /// `--name=value`, `--name value`, `-Dvalue`, `-D value`.
  Error takeOption(StringRef argument) {
    auto [name, value] =
        argument.starts_with("--") ? argument.split('=') : std::pair(argument.take_front(2), argument.drop_front(2));
    if (argument == "-h" || argument == "-help" || argument == "-?")
      name = argument = "--help";
    if (argument == "-v" || argument == "-V")
      name = argument = "--version";
    bool hasValue = argument.size() > name.size();
    const OptionRow *option = find_if(optionTable(), [&](const OptionRow &r) { return r.name == name; });
    if (option == optionTable().end())
      return unknownOption(argument.starts_with("--") ? name : argument);
    if (option->value.empty() && hasValue)
      return usageError(fmt::format("`{}` takes no value", name.str()));
    if (option->takesValue() && !hasValue) {
      if (at + 1 == arguments.size())
        return usageError(fmt::format("`{}` needs a value", name.str()),
                          fmt::format("`{}{}{}`", name.str(), name.size() == 2 ? " " : "=", option->value.str()));
      value = arguments[++at];
    }
    seen.push_back(option);
    return option->set(options, value.str());
  }

  Error unknownCommand(StringRef word) {
    std::vector<std::string> known;
    for (const CommandRow &command : commandTable())
      if (!command.name.empty())
        known.push_back(command.name.str());
    std::string near = nearest(word, known);
    return usageError(fmt::format("unknown command `{}`", word.str()),
                      near.empty() ? "`mixc --help` lists them" : fmt::format("did you mean `{}`?", near));
  }

  /// Two files, or a misspelt command and a file.
  Error secondFile(StringRef argument) {
    std::vector<std::string> known;
    for (const CommandRow &command : commandTable())
      known.push_back(command.name.str());
    if (!nearest(options.file, known).empty() && !sys::fs::exists(options.file))
      return unknownCommand(options.file);
    return usageError(fmt::format("one file at a time: `{}` or `{}`", options.file, argument.str()));
  }

  ArrayRef<const char *> arguments;
  size_t at = 0;
  bool onlyFiles = false, hasCommand = false;
  std::vector<const OptionRow *> seen;
  Options options;
};

} // namespace

Expected<Options> parseOptions(ArrayRef<const char *> arguments) { return Parser(arguments).run(); }

std::string optionLine(const OptionRow &option, StringRef what) {
  StringRef value = option.value;
  std::string spelling = option.name.str();
  if (value.consume_front("["))
    spelling += "[=" + value.str();
  else if (!value.empty())
    spelling += (option.name.size() == 2 ? " " : "=") + value.str();
  return fmt::format("  {:22} {}\n", spelling, what.str());
}

std::string helpText(Command command) {
  std::string out;
  for (const CommandRow &r : commandTable())
    if (command == CompileCommand || r.command == command)
      out += fmt::format("{:40} {}\n", r.synopsis.str(), r.what.str());
  for (const CommandRow &r : commandTable()) {
    if (r.command != command)
      continue;
    out += fmt::format("\nOptions{}{}\n", r.name.empty() ? "" : " of ", r.name.str());
    for (const OptionRow &option : optionTable())
      if (option.commands & command)
        out += optionLine(option, option.what);
  }
  if (command == CompileCommand)
    out += "\n`mixc COMMAND --help` lists the options of a command.\n";
  out += "\nExit status: 0; 1 the program, its arrays or a result is wrong; 2 the command line is; 3 a file, the disk "
         "or memory\n"
         "fails; 70 a bug of mixc.\n";
  return out;
}

} // namespace mixc
