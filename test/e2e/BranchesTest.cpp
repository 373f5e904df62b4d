// What a `where` does not take leaves no trace, whatever it is: pads of NaN and infinity, in chunks and token by token.
#include "test/e2e/Library.h"
#include <cmath>

namespace mixc::test {
namespace {

constexpr int64_t Time = 150, Size = 16;

/// Every third token is a pad; what it holds is `filled`.
mix::Call callWithPads(mix::MixerOp mixer, double filled) {
  mix::Call call = mix::sample(mixer, {{"K", Size}, {"V", Size}}, 1, Time, 1, 1, 3, {});
  for (auto &[name, array] : call.inputs) {
    const int64_t entries = array.size() / Time;
    for (int64_t t = 2; t < Time; t += 3)
      for (int64_t i = 0; i < entries; ++i)
        if (name == "on")
          array.data[t * entries + i] = -2;
        else if (name == "k" || name == "v" || name == "a" || name == "b")
          array.data[t * entries + i] = filled;
    for (double &x : array.data)
      if (name == "on" && x > -2)
        x = 0;
  }
  return call;
}

TEST(Branches, PadsLeaveNoTrace) {
  const TestMixer mixer{.name = "padded", .file = FUNCTIONS};
  Library &built = library(mixer, Size, Size, {.backward = false});
  ASSERT_EQ(built.error, "");
  for (const char *kernel : {"chunked", "recurrent"}) {
    std::optional<mix::Answer> clean = runKernel(built, kernel, callWithPads(built.equations, 0.5));
    for (double filled : {std::nan(""), HUGE_VAL, 3e38}) {
      std::optional<mix::Answer> padded = runKernel(built, kernel, callWithPads(built.equations, filled));
      ASSERT_TRUE(clean && padded);
      EXPECT_EQ(clean->outputs.at("y").data, padded->outputs.at("y").data) << kernel << ", " << filled;
      EXPECT_EQ(clean->final.at("H").data, padded->final.at("H").data) << kernel << ", " << filled;
    }
  }
}

} // namespace
} // namespace mixc::test
