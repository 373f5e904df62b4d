// The command line as options.
#include "frontend/driver/Options.h"
#include "frontend/driver/Report.h"
#include <gtest/gtest.h>

using namespace mixc;

namespace {

Options parsed(std::vector<const char *> arguments) {
  llvm::Expected<Options> options = parseOptions(arguments);
  if (options)
    return *options;
  ADD_FAILURE() << llvm::toString(options.takeError());
  return {};
}

int statusOf(std::vector<const char *> arguments) {
  llvm::Expected<Options> options = parseOptions(arguments);
  int status = Success;
  if (!options)
    handleAllErrors(options.takeError(), [&](const Failure &failure) { status = statusOf(failure.fault); });
  return status;
}

TEST(Options, CompileIsTheCommandWithoutAName) {
  Options options = parsed({"gdn.mix", "-D", "K=128", "-DV=64", "-o", "libgdn.so"});
  EXPECT_EQ(options.command, CompileCommand);
  EXPECT_EQ(options.file, "gdn.mix");
  EXPECT_EQ(options.dims, (std::map<std::string, int64_t>{{"K", 128}, {"V", 64}}));
  EXPECT_EQ(options.output, "libgdn.so");
  EXPECT_EQ(options.cpu, "native");
}

TEST(Options, AValueFollowsAnEqualsSignOrABlank) {
  EXPECT_EQ(parsed({"run", "x.mix", "--kernel=recurrent"}).kernel, "recurrent");
  EXPECT_EQ(parsed({"run", "x.mix", "--kernel", "recurrent"}).kernel, "recurrent");
  EXPECT_EQ(parsed({"run", "--kernel", "interpreter", "x.mix"}).kernel, "interpreter");
}

TEST(Options, ColourTakesItsValueAfterAnEqualsSignOnly) {
  EXPECT_EQ(parsed({"check", "--color", "x.mix"}).colour, true);
  EXPECT_EQ(parsed({"check", "--color=never", "x.mix"}).colour, false);
  EXPECT_EQ(parsed({"check", "--color=auto", "x.mix"}).colour, std::nullopt);
}

TEST(Options, WhatIsNotNamedIsUnset) {
  Options options = parsed({"run", "x.mix"});
  EXPECT_FALSE(options.in || options.batch || options.length || options.heads || options.groups || options.mixer);
  EXPECT_FALSE(options.check);
}

TEST(Options, TargetsNameACpu) {
  EXPECT_EQ(parsed({"x.mix", "--target=cpu"}).cpu, "native");
  EXPECT_EQ(parsed({"x.mix", "--target=cpu:native"}).cpu, "native");
  EXPECT_EQ(parsed({"x.mix", "--target=cpu:znver4"}).cpu, "znver4");
  EXPECT_EQ(statusOf({"x.mix", "--target=cpu:"}), WrongUsage);
}

TEST(Options, AFileMayBeCalledLikeACommandOrAnOption) {
  EXPECT_EQ(parsed({"check", "check"}).file, "check");
  EXPECT_EQ(parsed({"--", "--odd.mix"}).file, "--odd.mix");
  EXPECT_EQ(parsed({"-"}).file, "-");
}

TEST(Options, EveryMistakeHasStatus2) {
  for (std::vector<const char *> arguments :
       std::vector<std::vector<const char *>>{{"run"},
                                              {"x.mix", "--nonsense"},
                                              {"x.mix", "-D"},
                                              {"x.mix", "-D", "=3"},
                                              {"x.mix", "-D", "K="},
                                              {"x.mix", "y.mix"},
                                              {"x.mix", "--chunk=0"},
                                              {"x.mix", "--chunk=many"},
                                              {"run", "x.mix", "--length=-1"},
                                              {"x.mix", "--emit=nothing"},
                                              {"run", "x.mix", "-o", "y"},
                                              {"x.mix", "--help=yes"},
                                              {"check", "x.mix", "--color=green"}})
    EXPECT_EQ(statusOf(arguments), WrongUsage) << arguments.back();
}

TEST(Options, ElementTypesAreForAllOrByName) {
  const Options options = parsed({"x.mix", "--dtype", "bf16", "--dtype=alpha=f32", "--dtype=H=f16"});
  EXPECT_EQ(options.elementTypes.all, "bf16");
  EXPECT_EQ(options.elementTypes.named, (std::map<std::string, std::string>{{"H", "f16"}, {"alpha", "f32"}}));
  for (std::vector<const char *> arguments : std::vector<std::vector<const char *>>{{"x.mix", "--dtype=fp8"},
                                                                                    {"x.mix", "--dtype==f16"},
                                                                                    {"x.mix", "--dtype=a="},
                                                                                    {"check", "x.mix", "--dtype=f16"}})
    EXPECT_EQ(statusOf(arguments), WrongUsage) << arguments.back();
}

TEST(Options, EveryOptionIsListedByACommand) {
  for (const OptionRow &option : optionTable()) {
    bool listed = false;
    for (const CommandRow &command : commandTable())
      listed |=
          (option.commands & command.command) && helpText(command.command).find(option.name.str()) != std::string::npos;
    EXPECT_TRUE(listed) << option.name.str();
  }
}

} // namespace
