// Files that appear whole, two of them together, and nothing beside them.
#include "lowering/object/Library.h"
#include "lowering/object/PendingFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include <csignal>
#include <gtest/gtest.h>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace mixc;

namespace {

class Files : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("mixc-files", folder)); }
  void TearDown() override { (void)llvm::sys::fs::remove_directories(folder); }

  std::string at(const char *name) const { return (folder + "/" + name).str(); }
  std::string contents(const char *name) const {
    auto buffer = llvm::MemoryBuffer::getFile(at(name));
    return buffer ? (*buffer)->getBuffer().str() : "nothing";
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    std::error_code code;
    for (llvm::sys::fs::directory_iterator entry(folder, code), end; entry != end; entry.increment(code))
      found.insert(llvm::sys::path::filename(entry->path()).str());
    return found;
  }
  /// Both with these contents, or what went wrong.
  std::string writeBoth(const std::string &text) const {
    PendingFile header(at("x.h")), library(at("x.so"));
    if (llvm::Error error = header.write(text))
      return llvm::toString(std::move(error));
    if (llvm::Error error = library.write(text, /*isExecutable=*/true))
      return llvm::toString(std::move(error));
    llvm::Error error = commitTogether(header, library);
    return error ? llvm::toString(std::move(error)) : "";
  }

  llvm::SmallString<128> folder;
};

TEST_F(Files, AppearTogether) {
  EXPECT_EQ(writeBoth("first"), "");
  EXPECT_EQ(writeBoth("second"), "");
  EXPECT_EQ(contents("x.h"), "second");
  EXPECT_EQ(contents("x.so"), "second");
  EXPECT_EQ(names(), (std::set<std::string>{"x.h", "x.so"}));
  EXPECT_TRUE(llvm::sys::fs::can_execute(at("x.so")));
  EXPECT_FALSE(llvm::sys::fs::can_execute(at("x.h")));
}

TEST_F(Files, OrNotAtAll) {
  ASSERT_FALSE(llvm::sys::fs::create_directory(at("x.so"))); // as if made after it was looked for
  EXPECT_NE(writeBoth("new"), "");
  EXPECT_EQ(names(), (std::set<std::string>{"x.so"}));
  PendingFile old(at("x.h"));
  ASSERT_FALSE(bool(old.write("old")));
  ASSERT_FALSE(bool(old.commit()));
  EXPECT_NE(writeBoth("new"), "");
  EXPECT_EQ(contents("x.h"), "old");
  EXPECT_EQ(names(), (std::set<std::string>{"x.h", "x.so"}));
}

TEST_F(Files, OfOneCompilerWhoeverElseWrites) {
  // Processes, since a lock of one of them has to keep out the others. Often enough that without it some pair is mixed.
  for (int round = 0; round < 4; ++round) {
    for (char process = 'a'; process < 'i'; ++process)
      if (fork() == 0) {
        int failed = 0;
        for (int again = 0; again < 6; ++again)
          failed |= !writeBoth(std::string(100, process)).empty();
        _exit(failed);
      }
    for (int process = 0; process < 8; ++process) {
      int status = -1;
      wait(&status);
      EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(contents("x.h"), contents("x.so"));
    EXPECT_EQ(names(), (std::set<std::string>{"x.h", "x.so"}));
  }
}

TEST_F(Files, AreRemovedByAnInterrupt) {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const pid_t child = fork();
    if (child == 0) {
      llvm::sys::unregisterHandlers();
      ::signal(signal, SIG_DFL); // whoever runs the test may have made it ignore them
      PendingFile file(at("x.so"));
      if (llvm::Error error = file.write("begun"))
        _exit(1);
      raise(signal);
      _exit(2);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
    EXPECT_EQ(names(), std::set<std::string>());
  }
}

TEST_F(Files, InMemoryAreInNoFolder) {
  llvm::Expected<MemoryFile> file = MemoryFile::create("test", "text");
  ASSERT_TRUE(bool(file));
  auto buffer = llvm::MemoryBuffer::getFile(file->path());
  ASSERT_TRUE(bool(buffer));
  EXPECT_EQ((*buffer)->getBuffer(), "text");
}

TEST(Paths, OfHeaders) {
  EXPECT_EQ(headerPathOf("libgla.so"), "libgla.h");
  EXPECT_EQ(headerPathOf("a.b/lib.gla.so.1.2"), "a.b/lib.gla.h");
  EXPECT_EQ(headerPathOf("a.so.1/libgla.so"), "a.so.1/libgla.h");
}

} // namespace
