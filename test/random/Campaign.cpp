#include "test/random/Campaign.h"
#include "test/random/Generator.h"
#include "test/random/Random.h"
#include "test/random/Rewrite.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <fmt/format.h>

namespace mixc::random {
namespace {

std::string commented(const std::string &text) {
  std::string result;
  for (llvm::StringRef line : llvm::split(llvm::StringRef(text).rtrim(), '\n'))
    result += "# " + line.str() + "\n";
  return result;
}

/// The string literals of an argument, which ends at the parenthesis that closes its call.
std::vector<llvm::StringRef> literals(llvm::StringRef text) {
  std::vector<llvm::StringRef> found;
  int depth = 1;
  while (!text.empty() && depth > 0) {
    if (text.front() == '"') {
      found.push_back(text.drop_front().split('"').first);
      text = text.drop_front(found.back().size() + 1);
    }
    depth += text.front() == '(' ? 1 : text.front() == ')' ? -1 : 0;
    text = text.drop_front();
  }
  return found;
}

void tell(const Failure &failure, uint64_t seed, const char *what, llvm::raw_ostream &out, const std::string &folder) {
  std::string text = fmt::format("# {}: seed {}: {}\n# {}\n", what, seed, failure.verdict.kind, failure.trial.text());
  text += commented(failure.verdict.message) + failure.mixer.text();
  out << text << "\n";
  if (folder.empty())
    return;
  std::error_code error;
  llvm::raw_fd_ostream file(fmt::format("{}/{}-{}.mix", folder, seed, what), error);
  if (!error)
    file << text;
}

} // namespace

Tally run(const Campaign &campaign, llvm::raw_ostream &out) {
  using Clock = std::chrono::steady_clock;
  auto began = Clock::now();
  auto spent = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  Tally tally;
  for (int64_t i = 0; i < campaign.count; ++i) {
    if (campaign.seconds > 0 && spent() > campaign.seconds)
      break;
    uint64_t seed = campaign.seed + i;
    Generated generated = generate(seed, campaign.selection);
    bool compiled = campaign.compileEvery > 0 && i % campaign.compileEvery == 0;
    Trial trial = drawTrial(seed, compiled, generated.mixer);
    trial.repeated = compiled ? campaign.repeated : 0;
    ++tally.mixers;
    for (const std::string &mark : generated.marks)
      ++tally.marks[mark];

    bool good = true, silent = false;
    auto hold = [&](const std::string &rule, const Verdict &verdict) {
      for (const std::string &mark : verdict.marks) {
        ++tally.marks[mark];
        silent |= llvm::StringRef(mark).starts_with(saysNothing);
      }
      for (const auto &[rule, count] : verdict.rules)
        tally.rules[rule] += count;
      if (verdict.kind.empty())
        return true;
      good = false;
      Failure failure{generated.mixer, trial, rule, verdict};
      tell(failure, seed, "failure", out, campaign.folder);
      if (tally.failures[verdict.kind]++ < campaign.shrinkEach && campaign.shrinkSeconds > 0)
        tell(shrink(failure, campaign.shrinkSeconds * (compiled ? 2 : 1)), seed, "shrunk", out, campaign.folder);
      out.flush();
      return false;
    };
    if (hold("", judge(generated.mixer, trial))) {
      tally.compiled += compiled;
      Random random(seed ^ 0x7275);
      std::vector<std::string> names = ruleNames();
      for (int use = 0; use < 3; ++use) {
        std::string rule = random.pick(names);
        ++tally.rewrites;
        if (!hold(rule, judgeRewrites(generated.mixer, rule, trial, random.below(1 << 20))))
          break;
      }
    }
    tally.passed += good;
    tally.saidNothing += silent;
    if (campaign.untilFailure && !good)
      break;
  }
  return tally;
}

std::vector<std::string> knownRules() {
  std::set<std::string> names;
  std::error_code error;
  for (llvm::sys::fs::recursive_directory_iterator at(MIX_LOWERING, error), end; at != end && !error;
       at.increment(error)) {
    auto file = llvm::MemoryBuffer::getFile(at->path(), /*IsText=*/true);
    if (!file || !llvm::StringRef(at->path()).ends_with(".cpp"))
      continue;
    llvm::StringRef text = (*file)->getBuffer(), call = "countRule(";
    for (size_t found = text.find(call); found != llvm::StringRef::npos; found = text.find(call, found + 1))
      for (llvm::StringRef name : literals(text.drop_front(found + call.size())))
        names.insert(name.str());
  }
  return {names.begin(), names.end()};
}

void print(const Tally &tally, llvm::raw_ostream &out) {
  for (const auto &[mark, count] : tally.marks)
    out << fmt::format("{:6} {}\n", count, mark);
  for (const auto &[rule, count] : tally.rules)
    out << fmt::format("{:6} rule: {}\n", count, rule);
  out << fmt::format("{} mixers, {} passed, {} of them compiled; {} rewrites; {} say nothing\n", tally.mixers,
                     tally.passed, tally.compiled, tally.rewrites, tally.saidNothing);
  for (const auto &[kind, count] : tally.failures)
    out << fmt::format("{:6} failed: {}\n", count, kind);
}

} // namespace mixc::random
