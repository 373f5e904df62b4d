// What passes emit, as data and as users see it.
#include "frontend/compile/PassErrors.h"
#include "frontend/compile/Failure.h"
#include "lowering/Refusal.h"
#include "mlir/IR/BuiltinOps.h"
#include <gtest/gtest.h>

using namespace mixc;

namespace {

class PassSays : public ::testing::Test {
protected:
  mlir::Location at(unsigned line, unsigned column, unsigned endColumn) {
    return mlir::FileLineColRange::get(mlir::StringAttr::get(&context, "m.mix"), line, column, line, endColumn);
  }

  /// What is reported after a pass has said this.
  Failure after(llvm::function_ref<void()> says) {
    PassErrors errors(context, source, /*irIsTheUsers=*/false);
    says();
    EXPECT_TRUE(errors.any());
    return failureOf(errors.take([] { return "the module"; }));
  }

  mlir::MLIRContext context;
  std::shared_ptr<const Source> source =
      std::make_shared<const Source>("m.mix", "mixer m {\n  H[t] = \xC3\xA9 * G\n}\n");
};

TEST_F(PassSays, ARefusalHasItsCodeAndHelpAsData) {
  const Failure failure = after([&] {
    mlir::InFlightDiagnostic error = refuse(at(2, 10, 11), "MIX0301") << "no such gate";
    helpOf(error) << "write another";
    error.attachNote() << "it is a note";
  });
  EXPECT_EQ(failure.fault, Fault::Program);
  ASSERT_EQ(failure.diagnostics.all().size(), 1u);
  const mixc::Diagnostic &said = failure.diagnostics.all().front();
  EXPECT_EQ(said.code, "MIX0301");
  EXPECT_EQ(said.message, "no such gate");
  EXPECT_EQ(source->slice(said.primary.range), "\xC3\xA9");
  EXPECT_EQ(said.helps, std::vector<std::string>{"write another"});
  EXPECT_EQ(said.notes, std::vector<std::string>{"it is a note"});
  EXPECT_EQ(failure.rendered(/*colour=*/false), "error[MIX0301]: no such gate\n"
                                                "  --> m.mix:2:10\n"
                                                "   |\n"
                                                " 2 |   H[t] = \xC3\xA9 * G\n"
                                                "   |          ^\n"
                                                "   = note: it is a note\n"
                                                "   = help: write another\n\n");
}

TEST_F(PassSays, ARefusalMayHaveNoCode) {
  const Failure failure = after([&] { refuse(at(2, 14, 15)) << "`G` is -3"; });
  ASSERT_EQ(failure.diagnostics.all().size(), 1u);
  EXPECT_EQ(failure.diagnostics.all().front().code, "");
  EXPECT_EQ(source->slice(failure.diagnostics.all().front().primary.range), "G");
}

TEST_F(PassSays, ColumnsCountCharacters) {
  EXPECT_EQ(source->slice(rangeAt(*source, 2, 14, 2, 15)), "G");
  EXPECT_EQ(source->slice(rangeAt(*source, 2, 3, 2, 3)), "H");
  EXPECT_EQ(source->slice(rangeAt(*source, 2, 3, 2, 7)), "H[t]");
}

TEST_F(PassSays, ALocationOfAnotherFileIsNoPlace) {
  EXPECT_EQ(rangeOf(mlir::FileLineColLoc::get(&context, "n.mix", 2, 3), *source), std::nullopt);
  EXPECT_EQ(rangeOf(mlir::UnknownLoc::get(&context), *source), std::nullopt);
}

/// Whatever its words are, and wherever it stands: what no pass refuses is about our IR.
TEST_F(PassSays, WhatIsNoRefusalIsOurBug) {
  for (mlir::Location location : {at(2, 10, 11), mlir::Location(mlir::UnknownLoc::get(&context))})
    for (const char *text : {"'tile.contract' op operands differ", "MIX0301: no such gate"}) {
      const Failure failure = after([&] { mlir::emitError(location) << text; });
      EXPECT_EQ(failure.fault, Fault::Bug);
      EXPECT_EQ(failure.reproducer, "the module");
      EXPECT_EQ(failure.rendered(/*colour=*/false),
                std::string("error: internal: ") + text + "\n  = help: this is a bug of mixc: please report it\n");
    }
}

TEST_F(PassSays, ARefusalWithoutAPlaceIsOurBug) {
  EXPECT_EQ(after([&] { refuse(mlir::UnknownLoc::get(&context)) << "something broke"; }).fault, Fault::Bug);
}

} // namespace
