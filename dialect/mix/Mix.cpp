// Registration, types and shape inference of the mix dialect.
#include "dialect/mix/Mix.h"
#include "llvm/ADT/TypeSwitch.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace mixc::mix;

#include "dialect/mix/MixDialect.cpp.inc"
#include "dialect/mix/MixEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/mix/MixTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/mix/MixAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/mix/MixOps.cpp.inc"

void MixDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/mix/MixTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/mix/MixAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/mix/MixOps.cpp.inc"
      >();
}
