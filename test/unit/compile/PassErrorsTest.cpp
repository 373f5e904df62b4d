// What passes emit, as users see it.
#include "frontend/compile/PassErrors.h"
#include "mlir/IR/BuiltinOps.h"
#include <gtest/gtest.h>

using namespace mixc;

namespace {

class Rendered : public ::testing::Test {
protected:
  mlir::Location at(unsigned line, unsigned column, unsigned endColumn) {
    return mlir::FileLineColRange::get(mlir::StringAttr::get(&context, "m.mix"), line, column, line, endColumn);
  }

  std::string emit(mlir::Location location, const std::string &message, const std::string &note = "") {
    PassErrors errors(context, source, /*irIsTheUsers=*/false);
    {
      mlir::InFlightDiagnostic diagnostic = mlir::emitError(location) << message;
      if (!note.empty())
        diagnostic.attachNote(mlir::UnknownLoc::get(&context)) << note;
    }
    EXPECT_TRUE(errors.any());
    return llvm::toString(errors.take([] { return "/some/file.mlir"; }));
  }

  mlir::MLIRContext context;
  Source source{"m.mix", "mixer m {\n  H[t] = \xC3\xA9 * G\n}\n"};
};

TEST_F(Rendered, NotesThatHelpAreHelp) {
  EXPECT_EQ(emit(at(2, 10, 11), "MIX0301: no such gate", "help: write another"), "error[MIX0301]: no such gate\n"
                                                                                 "  --> m.mix:2:10\n"
                                                                                 "   |\n"
                                                                                 " 2 |   H[t] = \xC3\xA9 * G\n"
                                                                                 "   |          ^\n"
                                                                                 "   = help: write another\n\n");
}

TEST_F(Rendered, ACodeInFrontIsTheDiagnosticsOwn) {
  EXPECT_EQ(emit(at(2, 14, 15), "MIX0301: `H` cannot be chunked", "it gates every entry")
                .substr(0, 60)
                .find("error[MIX0301]: `H` cannot be chunked\n  --> m.mix:2:14"),
            0u);
}

TEST_F(Rendered, ColumnsCountCharacters) {
  EXPECT_EQ(source.slice(rangeAt(source, 2, 14, 2, 15)), "G");
  EXPECT_EQ(source.slice(rangeAt(source, 2, 3, 2, 3)), "H");
  EXPECT_EQ(source.slice(rangeAt(source, 2, 3, 2, 7)), "H[t]");
}

TEST_F(Rendered, WhatVerifiersSayIsOurBug) {
  for (mlir::Location location : {at(2, 10, 11), mlir::Location(mlir::UnknownLoc::get(&context))})
    EXPECT_EQ(emit(location, "'tile.contract' op operands differ"),
              "error: internal: 'tile.contract' op operands differ\n"
              "  = help: this is a bug of mixc: please report it; reproducer written to /some/file.mlir\n");
}

TEST_F(Rendered, AnErrorWithoutAPlaceIsOurBug) {
  EXPECT_EQ(emit(mlir::UnknownLoc::get(&context), "something broke").find("error: internal: something broke"), 0u);
}

} // namespace
