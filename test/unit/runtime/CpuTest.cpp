// What the runtime knows of the processor it runs on, held against what LLVM finds; and the text of a status.
#include "runtime/cpu/Cpu.h"
#include "runtime/call/Status.h"
#include "llvm/TargetParser/Host.h"
#include <gtest/gtest.h>
#include <thread>

namespace {

TEST(Cpu, FeaturesAreThoseThatLlvmFinds) {
  static constexpr const char *names[] = {
#define FEATURE(name, leaf, subleaf, place, bit, state) name,
      MIXRT_FEATURES(FEATURE)
#undef FEATURE
  };
  const llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  const uint64_t found = mixrt::machineFeatures();
  for (size_t i = 0; i < std::size(names); ++i) {
    auto expected = host.find(names[i]);
    ASSERT_NE(expected, host.end()) << names[i] << " is no feature of LLVM's";
    EXPECT_EQ(bool(found >> i & 1), expected->second) << names[i];
    EXPECT_STREQ(mixrt::featureName(uint64_t(1) << i), names[i]);
  }
}

TEST(Cpu, CountIsTheSameOnEveryThread) {
  const int64_t count = mixrt::processorCount();
  EXPECT_GE(count, 1);
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
    EXPECT_EQ(mixrt::processorCount(), count);
  }).join();
}

TEST(Status, LongMessagesAreCut) {
  const std::string name(1000, 'n');
  mix_status status = mixrt::fail(mixrt::MIX_NULL_ARGUMENT, "%s is null", name.c_str());
  EXPECT_EQ(mix_status_message(status), std::string(MIXRT_MESSAGE_BYTES - 1, 'n'));
  EXPECT_EQ(status->code, 2);
  EXPECT_STREQ(mix_status_message(nullptr), "success");
}

} // namespace
