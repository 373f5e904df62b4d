// What a kernel says of its arguments: how that is written, and what of it fits together.
#include "dialect/tile/Flops.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mixc::tile;

static ParseResult parseArguments(OpAsmParser &parser, ArrayAttr &arguments);
static void printArguments(OpAsmPrinter &printer, Operation *, ArrayAttr arguments);

#define GET_ATTRDEF_CLASSES
#include "dialect/tile/TileAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/tile/TileOps.cpp.inc"

void TileDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/tile/TileAttrs.cpp.inc"
      >();
}

void TileDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/tile/TileOps.cpp.inc"
      >();
}

//===-- One argument --------------------------------------------------------------------------------------------===//

/// `input "q" per_group`
static FailureOr<ArgumentAttr> parseArgument(AsmParser &parser) {
  StringRef word;
  std::string name;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<Role> role = symbolizeRole(word);
  if (!role)
    return FailureOr<ArgumentAttr>(parser.emitError(loc) << "`" << word << "` is no role of a tensor");
  if (parser.parseString(&name))
    return failure();
  const bool perGroup = succeeded(parser.parseOptionalKeyword("per_group"));
  const bool history = succeeded(parser.parseOptionalKeyword("history"));
  const bool partial = succeeded(parser.parseOptionalKeyword("partial"));
  int64_t every = 0;
  if (succeeded(parser.parseOptionalKeyword("every")) && parser.parseInteger(every))
    return failure();
  auto argument = parser.getChecked<ArgumentAttr>(
      loc, parser.getContext(), *role, parser.getBuilder().getStringAttr(name), perGroup, history, partial, every);
  if (!argument)
    return failure();
  return argument;
}

static void printArgument(AsmPrinter &printer, ArgumentAttr argument) {
  printer << stringifyRole(argument.getRole()) << " ";
  printer.printString(argument.getName().getValue());
  printer << (argument.getPerGroup() ? " per_group" : "") << (argument.getHistory() ? " history" : "")
          << (argument.getPartial() ? " partial" : "");
  if (argument.getEvery())
    printer << " every " << argument.getEvery();
}

Attribute ArgumentAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<ArgumentAttr> argument = parseArgument(parser);
  return succeeded(argument) && succeeded(parser.parseGreater()) ? *argument : Attribute();
}

void ArgumentAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printArgument(printer, *this);
  printer << ">";
}

static bool isOfState(Role role) {
  return llvm::is_contained({Role::Initial, Role::Final, Role::State, Role::Kept, Role::FinalGrad, Role::InitialGrad},
                            role);
}

LogicalResult ArgumentAttr::verify(function_ref<InFlightDiagnostic()> emitError, Role role, StringAttr name,
                                   bool perGroup, bool history, bool partial, int64_t every) {
  // argument_c1: a buffer is the kernel's own.
  if (role == Role::Buffer)
    return emitError() << "a buffer is no argument of a kernel";
  // argument_c2: histories are states.
  if (history && !isOfState(role))
    return emitError() << "a history is a state, not an `" << stringifyRole(role) << "`";
  // argument_c3: parts are of gradients.
  if (partial && !isGradient(role))
    return emitError() << "only a gradient is a sum of parts, and `" << name.getValue() << "` is an `"
                       << stringifyRole(role) << "`";
  // argument_c4: several kernels would write to one place.
  if (!partial && isGradient(role) && (role == Role::ParamGrad || perGroup || history))
    return emitError() << "the `" << stringifyRole(role) << "` of `" << name.getValue()
                       << "` is a sum of parts, and is not said to be one";
  // argument_c5: segments are of what is saved.
  if (every < 0 || (every && role != Role::Saved))
    return emitError() << "`" << name.getValue() << "` has segments of " << every
                       << " tokens, and only what is saved has any";
  return success();
}

//===-- All of them ---------------------------------------------------------------------------------------------===//

ParseResult parseArguments(OpAsmParser &parser, ArrayAttr &arguments) {
  SmallVector<Attribute> found;
  auto parse = [&]() -> ParseResult {
    FailureOr<ArgumentAttr> argument = parseArgument(parser);
    if (failed(argument))
      return failure();
    found.push_back(*argument);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parse))
    return failure();
  arguments = parser.getBuilder().getArrayAttr(found);
  return success();
}

void printArguments(OpAsmPrinter &printer, Operation *, ArrayAttr arguments) {
  printer << "(";
  llvm::interleaveComma(arguments.getAsRange<ArgumentAttr>(), printer,
                        [&](ArgumentAttr argument) { printArgument(printer, argument); });
  printer << ")";
}

BlockArgument KernelOp::addArgument(ArgumentAttr argument, ViewType type, Location loc) {
  SmallVector<Attribute> all(getArguments().getValue());
  all.push_back(argument);
  setArgumentsAttr(ArrayAttr::get(getContext(), all));
  return getBody().addArgument(type, loc);
}

void KernelOp::eraseArguments(const llvm::BitVector &which) {
  SmallVector<Attribute> rest;
  for (auto [i, argument] : llvm::enumerate(getArguments()))
    if (!which.test(i))
      rest.push_back(argument);
  setArgumentsAttr(ArrayAttr::get(getContext(), rest));
  getBody().front().eraseArguments(which);
}

bool KernelOp::has(Role role) {
  return llvm::any_of(getArguments().getAsRange<ArgumentAttr>(),
                      [&](ArgumentAttr argument) { return argument.getRole() == role; });
}

SavesAttr SavesAttr::keeping(function_ref<bool(unsigned)> isWanted) const {
  SmallVector<KeptAttr> wanted;
  for (auto [number, tile] : llvm::enumerate(getTiles()))
    if (isWanted(number))
      wanted.push_back(tile);
  return get(getContext(), getEvery(), wanted);
}

//===-- The signature of a function -----------------------------------------------------------------------------===//

Attribute FunctionAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef word;
  std::string mixer;
  if (parser.parseLess() || parser.parseKeyword(&word))
    return {};
  std::optional<Entry> entry = symbolizeEntry(word);
  if (!entry) {
    parser.emitError(loc) << "`" << word << "` is no kernel of a mixer";
    return {};
  }
  SmallVector<ArgumentAttr> arguments;
  SmallVector<ViewType> types;
  auto parse = [&]() -> ParseResult {
    FailureOr<ArgumentAttr> argument = parseArgument(parser);
    if (failed(argument) || parser.parseColonType(types.emplace_back()))
      return failure();
    arguments.push_back(*argument);
    return success();
  };
  int64_t sequences = 1, scratch = 0;
  if (parser.parseKeyword("of") || parser.parseString(&mixer) ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parse) ||
      (succeeded(parser.parseOptionalKeyword("sequences")) && parser.parseInteger(sequences)) ||
      parser.parseKeyword("scratch") || parser.parseInteger(scratch) || parser.parseGreater())
    return {};
  return parser.getChecked<FunctionAttr>(loc, parser.getContext(), parser.getBuilder().getStringAttr(mixer), *entry,
                                         arguments, types, sequences, scratch);
}

void FunctionAttr::print(AsmPrinter &printer) const {
  printer << "<" << stringifyEntry(getEntry()) << " of ";
  printer.printString(getMixer().getValue());
  printer << " (";
  llvm::interleaveComma(llvm::zip(getArguments(), getTypes()), printer, [&](auto both) {
    printArgument(printer, std::get<0>(both));
    printer << " : ";
    printer.printType(std::get<1>(both));
  });
  printer << ")";
  if (getSequences() != 1)
    printer << " sequences " << getSequences();
  printer << " scratch " << getScratch() << ">";
}

LogicalResult mixc::tile::verifyArguments(function_ref<InFlightDiagnostic()> emitError,
                                          ArrayRef<ArgumentAttr> arguments, TypeRange types) {
  // kernel_c1: it is said of every argument what it is.
  if (arguments.size() != types.size())
    return emitError() << "has " << types.size() << " tensors, and says of " << arguments.size() << " what they are";
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    // kernel_c2: arguments are tensors.
    auto view = dyn_cast<ViewType>(types[i]);
    if (!view)
      return emitError() << "argument " << i << " is no tensor";
    // kernel_c3: inputs, outputs and kept states are per token, params and states per head.
    const Role role = argument.getRole();
    if (role != Role::Saved && (view.getPer() == Per::Token) != isPerToken(role))
      return emitError() << "argument " << i << ", `" << stringifyRole(role) << "`, is per "
                         << stringifyPer(view.getPer());
    // kernel_c6: segments have a length, and nothing else has.
    if ((view.getPer() == Per::Segment) != (argument.getEvery() != 0))
      return emitError() << "argument " << i << " is per " << stringifyPer(view.getPer()) << ", in segments of "
                         << argument.getEvery() << " tokens";
    // kernel_c4: a declaration occurs once in a role.
    for (ArgumentAttr other : arguments.take_front(i))
      if (other.getRole() == role && other.isOf(argument))
        return emitError() << "has two arguments " << argument.getName() << " with role `" << stringifyRole(role)
                           << "`";
  }
  return success();
}

LogicalResult FunctionAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringAttr, Entry,
                                   ArrayRef<ArgumentAttr> arguments, ArrayRef<ViewType> types, int64_t sequences,
                                   int64_t scratch) {
  if (sequences < 1 || scratch < 0)
    return emitError() << "is for " << sequences << " sequences with " << scratch << " bytes of scratch memory";
  return verifyArguments(emitError, arguments, llvm::to_vector_of<Type>(types));
}

FunctionAttr mixc::tile::functionOf(Operation *function) {
  return function->getAttrOfType<FunctionAttr>(functionAttrName);
}
