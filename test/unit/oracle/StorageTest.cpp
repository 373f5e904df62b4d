// Arrays as callers hold them.
#include "frontend/oracle/Storage.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace mixc {
namespace {

uint16_t bitsAt(const Storage &storage, int64_t element) {
  uint16_t bits;
  std::memcpy(&bits, storage.at(element), 2);
  return bits;
}

TEST(Storage, IsPoisoned) {
  for (const char *type : {"f32", "bf16", "f16"}) {
    const Storage storage(type, 3);
    EXPECT_EQ(storage.size(), 3);
    for (double number : storage.numbers())
      EXPECT_TRUE(std::isnan(number)) << type;
  }
}

TEST(Storage, RoundsToNearestEven) {
  const Storage bf16("bf16", {1.0, 1 + 0x1p-8, 1 + 0x3p-8, -2.5, 3.4e38}),
      f16("f16", {1 + 0x1p-11, 65519, 65520, 0x1p-24, 0x1p-25});
  EXPECT_EQ(bf16.numbers(), (std::vector<double>{1, 1, 1 + 0x1p-6, -2.5, INFINITY}));
  EXPECT_EQ(f16.numbers(), (std::vector<double>{1, 65504, INFINITY, 0x1p-24, 0}));
  EXPECT_EQ(bitsAt(bf16, 0), 0x3f80);
  EXPECT_EQ(bitsAt(bf16, 3), 0xc020);
  EXPECT_EQ(bitsAt(f16, 3), 0x0001);
}

TEST(Storage, CopiesElements) {
  Storage from("bf16", {1, 2, 3, 4}), to("bf16", 3);
  to.copy(1, from, 2, 2);
  EXPECT_TRUE(std::isnan(to.numbers()[0]));
  EXPECT_EQ(to.numbers()[1], 3);
  EXPECT_EQ(to.numbers()[2], 4);
}

TEST(Storage, OfNothingHasAnAddress) { EXPECT_NE(Storage("f16", int64_t(0)).at(0), nullptr); }

} // namespace
} // namespace mixc
