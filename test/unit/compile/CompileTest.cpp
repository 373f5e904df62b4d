// The compiler as a library: what it gives, and that it neither says nor changes anything else.
#include "frontend/compile/Compile.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Parallel.h"
#include <csignal>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace mixc;

namespace {

// An option of the program that calls the compiler.
llvm::cl::opt<int> ofTheProgram("of-the-program", llvm::cl::init(1));

const char *const leaky = R"(
mixer leaky<K> {
  input x : vector<K>
  input g : scalar in [0, 1]
  state h : vector<K>
  output y : vector<K>
  h[t] = g * h[t-1] + x
  y[t] = h[t]
}
)";
const char *const memory = R"(
mixer memory<K, V> {
  input q, k : vector<K>
  input v : vector<V>
  input a : scalar in [0, 1]
  state H : matrix<V, K>
  output y : vector<V>
  H[t] = a * H[t-1] + v * k'
  y[t] = H[t] * q
}
)";
const char *const delta = R"(
mixer delta<K, V> {
  input q, k : vector<K>
  input v : vector<V>
  input b : scalar in [0, 1]
  state H : matrix<V, K>
  output y : vector<V>
  H[t] = H[t-1] + b * (v - H[t-1] * k) * k'
  y[t] = H[t] * q
}
)";
const char *const stepping = R"(
mixer stepping<K> {
  input x : vector<K>
  param A : matrix<K, K>
  state h : vector<K>
  output y : vector<K>
  h[t] = tanh(A * h[t-1] + x)
  y[t] = h[t]
}
)";
const char *const wrong = R"(
mixer wrong<K, V> {
  input k : vector<K>
  input v : vector<V>
  state H : matrix<K, V>
  output y : vector<K>
  H[t] = H[t-1] + v * k'
  y[t] = H[t] * v
}
)";

CompileOptions optionsFor(llvm::StringRef text, bool backward = false) {
  CompileOptions options;
  options.dims["K"] = 8;
  if (text.contains("<K, V>"))
    options.dims["V"] = 8;
  options.backward = backward;
  return options;
}

/// All that a caller gets.
std::string everything(const CompileResult &result) {
  std::string text =
      result.library ? std::string(result.library->code.data(), result.library->code.size()) + result.library->header
                     : "fault " + std::to_string(int(result.fault));
  for (const Diagnostic &diagnostic : result.diagnostics.all())
    text += "\n" + diagnostic.code + " " + std::to_string(diagnostic.primary.range.begin) + " " +
            std::to_string(diagnostic.primary.range.end) + " " + diagnostic.message;
  return text;
}

TEST(Compile, GivesALibraryAndItsHeader) {
  CompileOptions chosen = optionsFor(leaky);
  chosen.library = "libsmall.so";
  chosen.prefix = "small_";
  const CompileResult result = compile(Source("leaky.mix", leaky), chosen);
  ASSERT_TRUE(result.library) << result.diagnostics.render(Source("leaky.mix", leaky), false);
  const llvm::StringRef code(result.library->code.data(), result.library->code.size());
  EXPECT_TRUE(code.starts_with("\x7F"
                               "ELF"));
  EXPECT_TRUE(code.contains("libsmall.so"));
  EXPECT_TRUE(llvm::StringRef(result.library->header).contains("small_leaky_forward"));
  EXPECT_TRUE(result.diagnostics.all().empty());
}

TEST(Compile, SaysWhatIsWrongAndWhere) {
  const Source source("wrong.mix", wrong);
  const CompileResult result = compile(source, optionsFor(wrong));
  EXPECT_FALSE(result.library);
  EXPECT_EQ(result.fault, Fault::Program);
  ASSERT_EQ(result.diagnostics.errorCount(), 1u);
  const Diagnostic &said = result.diagnostics.all().front();
  EXPECT_EQ(said.code, "MIX0203");
  EXPECT_EQ(source.slice(said.primary.range), "v * k'");
}

TEST(Compile, WarnsInTheSameList) {
  const Source source("stepping.mix", stepping);
  const CompileResult result = compile(source, optionsFor(stepping));
  ASSERT_TRUE(result.library);
  ASSERT_EQ(result.diagnostics.all().size(), 1u);
  const Diagnostic &said = result.diagnostics.all().front();
  EXPECT_EQ(said.severity, Severity::Warning);
  EXPECT_EQ(said.code, "MIX0302");
  EXPECT_EQ(source.slice(said.primary.range), "A * h[t-1]");
}

TEST(Compile, ADimWithoutANumberIsFoundWhereItIsDeclared) {
  const Source source("memory.mix", memory);
  CompileOptions chosen = optionsFor(memory);
  chosen.dims.erase("V");
  const CompileResult result = compile(source, chosen);
  ASSERT_EQ(result.diagnostics.errorCount(), 1u);
  EXPECT_EQ(source.slice(result.diagnostics.all().front().primary.range), "V");
}

TEST(Compile, WhatIsAskedForIsCheckedFirst) {
  auto faultOf = [](auto change) {
    CompileOptions chosen = optionsFor(leaky);
    change(chosen);
    const CompileResult result = compile(Source("leaky.mix", leaky), chosen);
    EXPECT_FALSE(result.library);
    EXPECT_TRUE(result.diagnostics.hasErrors());
    return result.fault;
  };
  EXPECT_EQ(faultOf([](CompileOptions &o) { o.cpu = "pentium5"; }), Fault::Usage);
  EXPECT_EQ(faultOf([](CompileOptions &o) { o.from = "nowhere"; }), Fault::Usage);
  EXPECT_EQ(faultOf([](CompileOptions &o) { o.from = "llvm"; }), Fault::Usage);
  EXPECT_EQ(faultOf([](CompileOptions &o) { o.chunk = -1; }), Fault::Usage);
  EXPECT_EQ(faultOf([](CompileOptions &o) { o.prefix = "a-b"; }), Fault::Usage);
  EXPECT_EQ(faultOf([](CompileOptions &o) { o.elementTypes.all = "f64"; }), Fault::Usage);
  EXPECT_EQ(faultOf([](CompileOptions &o) { o.elementTypes.named["z"] = "bf16"; }), Fault::Usage);
  EXPECT_EQ(faultOf([](CompileOptions &o) { o.dims["K"] = 0; }), Fault::Program);
}

TEST(Compile, TellsItsSteps) {
  std::vector<std::string> told;
  CompileOptions chosen = optionsFor(leaky);
  chosen.onStep = [&](const std::string &doing) { told.push_back(doing); };
  ASSERT_TRUE(compile(Source("leaky.mix", leaky), chosen).library);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.front(), "reading leaky.mix");
  EXPECT_EQ(told.back(), "");
}

/// The bytes are those of one thread, and so are the diagnostics of the wrong one.
TEST(Compile, FromEightThreads) {
  struct Job {
    const char *name, *text;
    bool backward;
  };
  const Job jobs[] = {{"leaky.mix", leaky, true},  {"memory.mix", memory, false},     {"wrong.mix", wrong, true},
                      {"delta.mix", delta, true},  {"stepping.mix", stepping, false}, {"memory.mix", memory, true},
                      {"leaky.mix", leaky, false}, {"delta.mix", delta, false}};
  auto run = [](const Job &job) {
    return everything(compile(Source(job.name, job.text), optionsFor(job.text, job.backward)));
  };
  std::vector<std::string> alone, together(std::size(jobs));
  for (const Job &job : jobs)
    alone.push_back(run(job));
  std::vector<std::thread> threads;
  threads.reserve(std::size(jobs));
  for (size_t i = 0; i < std::size(jobs); ++i)
    threads.emplace_back([&, i] { together[i] = run(jobs[i]); });
  for (std::thread &thread : threads)
    thread.join();
  for (size_t i = 0; i < std::size(jobs); ++i)
    EXPECT_TRUE(together[i] == alone[i]) << jobs[i].name << ": " << together[i].size() << " and " << alone[i].size();
  for (size_t i = 0; i < std::size(jobs); ++i)
    EXPECT_EQ(llvm::StringRef(alone[i]).starts_with("fault"), jobs[i].text == wrong) << jobs[i].name;
}

/// All that a process shares among its threads, as far as a compiler or linker might touch it.
struct OfTheProcess {
  std::string folder;
  mode_t mask;
  std::vector<void *> handlers;
  unsigned threads;

  static OfTheProcess now() {
    OfTheProcess all;
    char path[4096];
    all.folder = getcwd(path, sizeof path) ? path : "";
    all.mask = umask(022);
    (void)umask(all.mask);
    for (int signal : {SIGINT, SIGTERM, SIGSEGV, SIGABRT, SIGBUS, SIGPIPE, SIGXFSZ, SIGILL, SIGFPE}) {
      struct sigaction action;
      (void)sigaction(signal, nullptr, &action);
      all.handlers.push_back(reinterpret_cast<void *>(action.sa_handler));
    }
    all.threads = llvm::parallel::strategy.ThreadsRequested;
    return all;
  }
  bool operator==(const OfTheProcess &) const = default;
};

TEST(Compile, LeavesTheProcessAsItWas) {
  ofTheProgram = 7;
  llvm::parallel::strategy = llvm::hardware_concurrency(3);
  const OfTheProcess before = OfTheProcess::now();
  ASSERT_TRUE(compile(Source("memory.mix", memory), optionsFor(memory, /*backward=*/true)).library);
  ASSERT_FALSE(compile(Source("wrong.mix", wrong), optionsFor(wrong)).library);
  EXPECT_TRUE(before == OfTheProcess::now());
  EXPECT_EQ(ofTheProgram, 7);
  llvm::parallel::strategy = {};
}

TEST(Compile, PrintsNothing) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  for (const char *text : {stepping, wrong, leaky})
    (void)compile(Source("m.mix", text), optionsFor(text));
  CompileOptions unknown = optionsFor(leaky);
  unknown.cpu = "pentium5";
  (void)compile(Source("m.mix", leaky), unknown);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

} // namespace
