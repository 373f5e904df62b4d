// What is known of a machine, by its name.
#include "lowering/Target.h"
#include <gtest/gtest.h>

using namespace mixc;

namespace {

TEST(TargetTest, VectorsAreThoseOfTheInstructionSet) {
  const Target wide = describe("znver4"), middle = describe("haswell"), narrow = describe("x86-64");
  EXPECT_EQ(wide.lanes, 16);
  EXPECT_EQ(wide.registers, 32);
  EXPECT_EQ(wide.accumulators(), 16);
  EXPECT_EQ(middle.lanes, 8);
  EXPECT_EQ(middle.registers, 16);
  EXPECT_EQ(middle.accumulators(), 8);
  EXPECT_EQ(narrow.lanes, 4);
  EXPECT_EQ(narrow.accumulators(), 8);
}

TEST(TargetTest, OtherUnitsAreToo) {
  EXPECT_TRUE(describe("haswell").convertsF16);
  EXPECT_FALSE(describe("x86-64").convertsF16);
  EXPECT_TRUE(describe("sapphirerapids").hasMatrices);
  EXPECT_FALSE(describe("znver4").hasMatrices);
}

TEST(TargetTest, ThisMachineHasItsOwnNameAndFeatures) {
  const Target native = describe("native");
  EXPECT_NE(native.name, "native");
  EXPECT_FALSE(native.features.empty());
  EXPECT_EQ(describe("native").features, native.features);
  EXPECT_TRUE(describe("haswell").features.empty());
}

} // namespace
