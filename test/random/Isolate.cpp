#include "test/random/Isolate.h"
#include "lowering/Rules.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mixc::random {

static std::string encode(const Verdict &verdict) {
  llvm::json::Array marks(verdict.marks);
  llvm::json::Object rules;
  for (const auto &[rule, count] : verdict.rules)
    rules[rule] = count;
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(
      llvm::json::Object{{"kind", verdict.kind},
                         {"message", llvm::json::fixUTF8(verdict.message)},
                         {"findings", verdict.findings},
                         {"marks", std::move(marks)},
                         {"rules", std::move(rules)}});
  return text;
}

static std::optional<Verdict> decode(const std::string &text) {
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value) {
    llvm::consumeError(value.takeError());
    return std::nullopt;
  }
  const llvm::json::Object &object = *value->getAsObject();
  Verdict verdict{
      object.getString("kind")->str(), object.getString("message")->str(), object.getString("findings")->str(), {}, {}};
  for (const llvm::json::Value &mark : *object.getArray("marks"))
    verdict.marks.push_back(mark.getAsString()->str());
  for (const auto &[rule, count] : *object.getObject("rules"))
    verdict.rules[rule.str()] = *count.getAsInteger();
  return verdict;
}

Verdict isolate(const std::function<Verdict()> &work, int seconds) {
  int ends[2];
  if (pipe(ends) != 0)
    return {.kind = "no pipe", .message = std::strerror(errno)};
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    rlimit limit{static_cast<rlim_t>(seconds), static_cast<rlim_t>(seconds)};
    setrlimit(RLIMIT_CPU, &limit);
    for (int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP})
      std::signal(signal, SIG_DFL);
    countRules();
    Verdict verdict = work();
    verdict.rules = ruleCounts();
    std::string text = encode(verdict);
    for (size_t sent = 0; sent < text.size();) {
      ssize_t count = write(ends[1], text.data() + sent, text.size() - sent);
      if (count <= 0)
        break;
      sent += count;
    }
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char part[4096];
  for (ssize_t count; (count = read(ends[0], part, sizeof part)) > 0;)
    text.append(part, count);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    int signal = WTERMSIG(status);
    bool late = signal == SIGXCPU || signal == SIGKILL;
    return {.kind = late ? "timeout" : "crash",
            .message = late ? fmt::format("not done after {} s", seconds) : strsignal(signal)};
  }
  if (std::optional<Verdict> verdict = decode(text))
    return *verdict;
  return {.kind = "crash", .message = "no verdict; exit status " + std::to_string(WEXITSTATUS(status))};
}

} // namespace mixc::random
