// Registration of the mix dialect, and the text of its types.
#include "dialect/mix/Mix.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

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

/// A component without writes yields nothing.
void YieldOp::build(OpBuilder &, OperationState &) {}

namespace mixc::mix {

// Declared values are printed under their declared names: `%q = mix.input "q"`.
void InputOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }
void ParamOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }
void StateOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }

std::string spell(TensorType type) {
  if (type.isScalar())
    return "scalar";
  std::string text = type.isVector() ? "vector<" : "matrix<";
  llvm::interleave(type.getDims(), [&](const Dim &dim) { text += dim.str(); }, [&] { text += ", "; });
  return text + ">";
}

/// Reads one dim's tokens up to the `,` or `]` behind it: `1+K+K*K`.
static FailureOr<Dim> parseDim(AsmParser &parser) {
  SMLoc start = parser.getCurrentLocation();
  std::string text;
  while (true) {
    StringRef symbol;
    int64_t number;
    if (succeeded(parser.parseOptionalPlus())) {
      text += '+';
    } else if (succeeded(parser.parseOptionalMinus())) {
      text += '-';
    } else if (succeeded(parser.parseOptionalStar())) {
      text += '*';
    } else if (succeeded(parser.parseOptionalSlash())) {
      text += '/';
    } else if (succeeded(parser.parseOptionalKeyword(&symbol))) {
      text += ' ' + symbol.str(); // so that two symbols side by side stay two, and are refused
    } else if (OptionalParseResult result = parser.parseOptionalInteger(number); result.has_value()) {
      if (failed(*result))
        return failure();
      text += ' ' + std::to_string(number);
    } else {
      break;
    }
  }
  std::optional<Dim> dim = Dim::parse(text);
  if (!dim)
    return parser.emitError(start, "expected a dim: a polynomial over the mixer's symbols, such as 1+K+K*K");
  return *dim;
}

// `<[V, 1+K+K*K], head>`
Type TensorType::parse(AsmParser &parser) {
  SmallVector<Dim> dims;
  auto parseElement = [&]() -> ParseResult {
    FailureOr<Dim> dim = parseDim(parser);
    if (succeeded(dim))
      dims.push_back(*dim);
    return success(succeeded(dim));
  };
  StringRef word;
  if (parser.parseLess() || parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseElement) ||
      parser.parseComma())
    return {};
  SMLoc rateLoc = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return {};
  std::optional<Rate> rate = symbolizeRate(word);
  if (!rate) {
    parser.emitError(rateLoc, "expected a rate: constant, param, group or head");
    return {};
  }
  if (parser.parseGreater())
    return {};
  if (dims.size() > 2) {
    parser.emitError(rateLoc, "expected at most two dims");
    return {};
  }
  return TensorType::get(parser.getContext(), dims, *rate);
}

void TensorType::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getDims(), printer.getStream(), [&](const Dim &dim) { printer << dim.str(); });
  printer << "], " << stringifyRate(getRate()) << ">";
}

TensorType broadcast(TensorType x, TensorType y) {
  if (!x.sameShape(y) && !x.isScalar() && !y.isScalar())
    return {};
  return TensorType::get(x.getContext(), x.isScalar() ? y.getDims() : x.getDims(), faster(x.getRate(), y.getRate()));
}

Rate faster(Rate x, Rate y) {
  // A param differs between the heads of a group, a group's value between tokens: together they are a head's.
  if ((x == Rate::Param && y == Rate::Group) || (x == Rate::Group && y == Rate::Param))
    return Rate::Head;
  return std::max(x, y);
}

bool isPerToken(TensorType type) { return type.getRate() == Rate::Group || type.getRate() == Rate::Head; }
bool isPerGroup(TensorType type) { return type.getRate() == Rate::Group || type.getRate() == Rate::GroupParam; }

Home homeOf(Operation *declaration) {
  if (auto family = declaration->getAttrOfType<FamilyAttr>(familyAttrName))
    return {family.getName(), family.getMember(), family.getCount()};
  return {declaration->getAttrOfType<StringAttr>("name"), 0, 0};
}

int64_t historyOf(InputOp input) {
  auto length = input->getAttrOfType<IntegerAttr>(historyAttrName);
  return length ? length.getInt() : 0;
}

} // namespace mixc::mix
