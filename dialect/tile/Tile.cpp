// Registration and types of the tile dialect.
#include "dialect/tile/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mixc::tile;

#include "dialect/tile/TileDialect.cpp.inc"
#include "dialect/tile/TileEnums.cpp.inc"
#include "dialect/tile/TileInterfaces.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/tile/TileTypes.cpp.inc"

void TileDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/tile/TileTypes.cpp.inc"
      >();
  registerAttributes();
  registerOps();
}

/// A region that carries nothing yields nothing.
void YieldOp::build(OpBuilder &, OperationState &) {}

SmallVector<Axis> mixc::tile::unite(ArrayRef<Axis> x, ArrayRef<Axis> y) {
  SmallVector<Axis> axes(x);
  for (const Axis &axis : y)
    if (llvm::none_of(x, [&](const Axis &other) { return other.name == axis.name; }))
      axes.push_back(axis);
  return axes;
}

Value mixc::tile::rootOf(Value tensor) {
  while (auto argument = dyn_cast<BlockArgument>(tensor)) {
    auto steps = dyn_cast<StepsOp>(argument.getOwner()->getParentOp());
    if (!steps)
      break;
    tensor = steps.operandOf(argument);
  }
  return tensor;
}

ArgumentAttr mixc::tile::argumentOf(Value tensor) {
  auto argument = dyn_cast<BlockArgument>(rootOf(tensor));
  auto kernel = argument ? dyn_cast<KernelOp>(argument.getOwner()->getParentOp()) : KernelOp();
  return kernel ? kernel.argument(argument.getArgNumber()) : ArgumentAttr();
}

std::optional<Role> mixc::tile::roleOf(Value tensor) {
  if (rootOf(tensor).getDefiningOp<BufferOp>())
    return Role::Buffer;
  ArgumentAttr argument = argumentOf(tensor);
  return argument ? std::optional(argument.getRole()) : std::nullopt;
}

KernelOp mixc::tile::kernelOf(ModuleOp module, StringRef mixer, Entry entry) {
  for (auto kernel : module.getOps<KernelOp>())
    if (kernel.getMixer() == mixer && kernel.getEntry() == entry && kernel.getSequences() == 1)
      return kernel;
  return KernelOp();
}

bool mixc::tile::isPerToken(Role role) {
  return llvm::is_contained({Role::Input, Role::Output, Role::Kept, Role::OutputGrad, Role::InputGrad}, role);
}

bool mixc::tile::isGradient(Role role) {
  return role == Role::InputGrad || role == Role::ParamGrad || role == Role::InitialGrad;
}

bool mixc::tile::isOptional(Role role) {
  return llvm::is_contained({Role::Initial, Role::Final, Role::Kept, Role::Saved, Role::FinalGrad, Role::InputGrad,
                             Role::ParamGrad, Role::InitialGrad},
                            role);
}

Axis mixc::tile::sequenceAxis(MLIRContext *context, int64_t sequences) {
  return {AxisKind::Seq, StringAttr::get(context, stringifyAxisKind(AxisKind::Seq)), sequences};
}

TileType mixc::tile::withSequences(TileType type, int64_t sequences) {
  SmallVector<Axis> axes = withoutSequences(type.getAxes());
  const bool isAfterTime = !axes.empty() && axes.front().kind == AxisKind::Time;
  axes.insert(axes.begin() + isAfterTime, sequenceAxis(type.getContext(), sequences));
  return TileType::get(type.getContext(), axes, type.getElementType());
}

SmallVector<Axis> mixc::tile::withoutSequences(ArrayRef<Axis> axes) {
  return llvm::filter_to_vector(axes, [](const Axis &axis) { return axis.kind != AxisKind::Seq; });
}

int TileType::find(StringRef name) const {
  for (auto [i, axis] : llvm::enumerate(getAxes()))
    if (axis.str() == name)
      return static_cast<int>(i);
  return -1;
}

int64_t TileType::size() const {
  int64_t size = 1;
  for (const Axis &axis : getAxes())
    size *= axis.extent;
  return size;
}

TileType TileType::withElementType(Type type) const { return TileType::get(getContext(), getAxes(), type); }

TileType TileType::without(StringRef name) const {
  SmallVector<Axis> axes;
  for (const Axis &axis : getAxes())
    if (axis.str() != name)
      axes.push_back(axis);
  return TileType::get(getContext(), axes, getElementType());
}

// time:16, key(K):128; the name is left out where it is the kind's.
void TileType::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getAxes(), printer, [&](const Axis &axis) {
    StringRef kind = stringifyAxisKind(axis.kind);
    printer << kind;
    if (kind != axis.str())
      printer << '(' << axis.str() << ')';
    printer << ':' << axis.extent;
  });
  printer << "], " << getElementType() << '>';
}

Type TileType::parse(AsmParser &parser) {
  SmallVector<Axis> axes;
  Type elementType;
  auto parseAxis = [&]() -> ParseResult {
    StringRef word, name;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&word))
      return failure();
    std::optional<AxisKind> kind = symbolizeAxisKind(word);
    if (!kind)
      return parser.emitError(loc, "unknown kind of axis `") << word << "`";
    std::string text = word.str();
    if (succeeded(parser.parseOptionalLParen())) {
      if (parser.parseKeyword(&name) || parser.parseRParen())
        return failure();
      text = name.str();
    }
    int64_t extent;
    if (parser.parseColon() || parser.parseInteger(extent))
      return failure();
    axes.push_back({*kind, StringAttr::get(parser.getContext(), text), extent});
    return success();
  };
  if (parser.parseLess() || parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseAxis) ||
      parser.parseComma() || parser.parseType(elementType) || parser.parseGreater())
    return {};
  return parser.getChecked<TileType>(parser.getContext(), axes, elementType);
}

LogicalResult TileType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<Axis> axes, Type elementType) {
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (axis.extent < 1)
      return emitError() << "axis `" << axis.str() << "` has extent " << axis.extent << ", at least 1 is expected";
    // Masks and loops know tokens by these names.
    for (AxisKind kind : {AxisKind::Time, AxisKind::Source, AxisKind::Seq})
      if ((axis.kind == kind) != (axis.str() == stringifyAxisKind(kind)))
        return emitError() << "an axis is called `" << stringifyAxisKind(kind) << "` if and only if that is its kind";
    for (const Axis &other : axes.take_front(i))
      if (other.name == axis.name)
        return emitError() << "two axes are called `" << axis.str() << "`";
  }
  if (!elementType.isF32() && !elementType.isF64() && !elementType.isInteger(1))
    return emitError() << "element type is f32, f64 or i1, not " << elementType;
  return success();
}

void ViewType::print(AsmPrinter &printer) const {
  printer << '<' << stringifyPer(getPer()) << ", [";
  llvm::interleaveComma(getShape(), printer);
  printer << "], " << getElementType() << '>';
}

Type ViewType::parse(AsmParser &parser) {
  StringRef word;
  SmallVector<int64_t> shape;
  Type elementType;
  auto parseDim = [&]() -> ParseResult { return parser.parseInteger(shape.emplace_back()); };
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword(&word))
    return {};
  std::optional<Per> per = symbolizePer(word);
  if (!per)
    return parser.emitError(loc, "expected `token` or `head`, found `") << word << "`", Type();
  if (parser.parseComma() || parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseDim) ||
      parser.parseComma() || parser.parseType(elementType) || parser.parseGreater())
    return {};
  return parser.getChecked<ViewType>(parser.getContext(), *per, shape, elementType);
}

LogicalResult ViewType::verify(function_ref<InFlightDiagnostic()> emitError, Per, ArrayRef<int64_t> shape,
                               Type elementType) {
  if (!elementType.isF32() && !elementType.isBF16() && !elementType.isF16())
    return emitError() << "a tensor's element type is f32, bf16 or f16, not " << elementType;
  for (int64_t extent : shape)
    if (extent < 1)
      return emitError() << "a tensor's dim is " << extent << ", at least 1 is expected";
  return success();
}
