// mix_random [--count N] [--seed N] [--seconds S] [--compile-every N] [--repeated N] [--shrink-seconds S]
// [--until-failure] [--least N] [--out DIR] [--only CONSTRUCT]
//            [--without CONSTRUCT]... [--constructs] [--print]
//
// Exit status 1 if a mixer failed. --print writes the mixers and does nothing else.
#include "test/random/Campaign.h"
#include "test/random/Generator.h"
#include "llvm/Support/CommandLine.h"

using namespace mixc::random;

static llvm::cl::opt<int64_t> count("count", llvm::cl::desc("mixers"), llvm::cl::init(100));
static llvm::cl::opt<uint64_t> seed("seed", llvm::cl::desc("of the first mixer"), llvm::cl::init(0));
static llvm::cl::opt<double> seconds("seconds", llvm::cl::desc("start no mixer after this; 0: no limit"),
                                     llvm::cl::init(0));
static llvm::cl::opt<int64_t> compileEvery("compile-every", llvm::cl::desc("compile one mixer in N; 0: none"),
                                           llvm::cl::init(0));
static llvm::cl::opt<int64_t> repeated("repeated",
                                       llvm::cl::desc("tokens of a call with gates that repeat, for mixers that are "
                                                      "compiled; 0: none"),
                                       llvm::cl::init(0));
static llvm::cl::opt<double> shrinkSeconds("shrink-seconds", llvm::cl::desc("to make a failure small"),
                                           llvm::cl::init(30));
static llvm::cl::opt<bool> untilFailure("until-failure", llvm::cl::desc("stop at the first failure"));
static llvm::cl::opt<int64_t> least("least", llvm::cl::desc("uses of every rewrite rule of the compiler"),
                                    llvm::cl::init(0));
static llvm::cl::opt<std::string> folder("out", llvm::cl::desc("folder for failures as .mix files"));
static llvm::cl::opt<std::string> only("only", llvm::cl::desc("a construct that mixers are drawn around"));
static llvm::cl::list<std::string> without("without", llvm::cl::desc("a construct that no mixer has"));
static llvm::cl::opt<bool> listConstructs("constructs", llvm::cl::desc("list the constructs"));
static llvm::cl::opt<bool> printOnly("print", llvm::cl::desc("print the mixers"));

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv, "random mixers, held against the interpreter of their equations\n");
  std::vector<std::string> names = constructNames(), selected(without.begin(), without.end());
  if (listConstructs) {
    for (const std::string &name : names)
      llvm::outs() << name << "\n";
    return 0;
  }
  Selection selection{only, {without.begin(), without.end()}};
  if (!only.empty())
    selected.push_back(only);
  for (const std::string &name : selected)
    if (!llvm::is_contained(names, name)) {
      llvm::errs() << "no construct `" << name << "`; --constructs lists them\n";
      return 2;
    }
  if (printOnly) {
    for (int64_t i = 0; i < count; ++i) {
      Mixer mixer = generate(seed + i, selection).mixer;
      llvm::outs() << "# seed " << seed + i << ", " << drawTrial(seed + i, false, mixer).text() << "\n"
                   << mixer.text() << "\n";
    }
    return 0;
  }
  Tally tally = run({.count = count,
                     .seed = seed,
                     .compileEvery = compileEvery,
                     .repeated = repeated,
                     .selection = selection,
                     .seconds = seconds,
                     .shrinkSeconds = shrinkSeconds,
                     .untilFailure = untilFailure,
                     .folder = folder},
                    llvm::outs());
  print(tally, llvm::outs());
  bool areUsed = true;
  for (const std::string &rule : knownRules())
    if (tally.rules[rule] < least) {
      llvm::outs() << "rule used " << tally.rules[rule] << " times: " << rule << "\n";
      areUsed = false;
    }
  const bool isSmall = tally.mixers < 50; // one of them is chaos
  return tally.failures.empty() && areUsed && (tally.saysEnough() || isSmall) ? 0 : 1;
}
