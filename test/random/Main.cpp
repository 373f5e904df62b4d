// mix_random [--count N] [--seed N] [--seconds S] [--compile-every N] [--shrink-seconds S] [--out DIR] [--print]
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
static llvm::cl::opt<double> shrinkSeconds("shrink-seconds", llvm::cl::desc("to make a failure small"),
                                           llvm::cl::init(30));
static llvm::cl::opt<std::string> folder("out", llvm::cl::desc("folder for failures as .mix files"));
static llvm::cl::opt<bool> printOnly("print", llvm::cl::desc("print the mixers"));

int main(int argc, char **argv) {
  llvm::cl::ParseCommandLineOptions(argc, argv, "random mixers, held against the interpreter of their equations\n");
  if (printOnly) {
    for (int64_t i = 0; i < count; ++i)
      llvm::outs() << "# seed " << seed + i << ", " << drawTrial(seed + i, false).text() << "\n"
                   << generate(seed + i).mixer.text() << "\n";
    return 0;
  }
  Tally tally = run({.count = count,
                     .seed = seed,
                     .compileEvery = compileEvery,
                     .seconds = seconds,
                     .shrinkSeconds = shrinkSeconds,
                     .folder = folder},
                    llvm::outs());
  print(tally, llvm::outs());
  return tally.failures.empty() ? 0 : 1;
}
