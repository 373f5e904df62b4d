// Plans: how they are written, and what of them fits together and fits the op that has them.
#include "dialect/tile/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mixc::tile;

//===-- One place -----------------------------------------------------------------------------------------------===//

PlaceAttr PlaceAttr::get(MLIRContext *context) { return get(context, ArrayAttr(), false, Memory::Undecided, 0, -1); }

PlaceAttr PlaceAttr::withLayout(ArrayAttr layout) const {
  return get(getContext(), layout, getSliced(), getMemory(), getNumber(), getThrough());
}

PlaceAttr PlaceAttr::slicedInPanels() const {
  return get(getContext(), getLayout(), true, getMemory(), getNumber(), getThrough());
}

PlaceAttr PlaceAttr::in(Memory memory, int64_t number) const {
  return get(getContext(), getLayout(), getSliced(), memory, number, getThrough());
}

PlaceAttr PlaceAttr::passingThrough(int64_t at) const {
  return get(getContext(), getLayout(), getSliced(), getMemory(), getNumber(), at);
}

static bool hasNumber(Memory memory) { return memory == Memory::Scratch || memory == Memory::Carried; }

/// `["time", "V"] sliced at 4096`
static FailureOr<PlaceAttr> parsePlace(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  ArrayAttr layout;
  OptionalParseResult hasLayout = parser.parseOptionalAttribute(layout);
  if (hasLayout.has_value() && failed(*hasLayout))
    return failure();
  const bool sliced = succeeded(parser.parseOptionalKeyword("sliced"));
  StringRef word;
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<Memory> memory = symbolizeMemory(word);
  if (!memory)
    return FailureOr<PlaceAttr>(parser.emitError(loc) << "`" << word << "` is no memory that a tile may lie in");
  int64_t number = 0, through = -1;
  if ((hasNumber(*memory) && parser.parseInteger(number)) ||
      (succeeded(parser.parseOptionalKeyword("through")) && parser.parseInteger(through)))
    return failure();
  auto place = parser.getChecked<PlaceAttr>(loc, parser.getContext(), layout, sliced, *memory, number, through);
  if (!place)
    return failure();
  return place;
}

static void printPlace(AsmPrinter &printer, PlaceAttr place) {
  if (place.getLayout())
    printer << place.getLayout() << " ";
  printer << (place.getSliced() ? "sliced " : "") << stringifyMemory(place.getMemory());
  if (hasNumber(place.getMemory()))
    printer << " " << place.getNumber();
  if (place.isThrough())
    printer << " through " << place.getThrough();
}

Attribute PlaceAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<PlaceAttr> place = parsePlace(parser);
  return succeeded(place) && succeeded(parser.parseGreater()) ? *place : Attribute();
}

void PlaceAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printPlace(printer, *this);
  printer << ">";
}

LogicalResult PlaceAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayAttr layout, bool, Memory memory,
                                int64_t number, int64_t through) {
  // place_c1: a layout names axes, each once.
  for (unsigned i = 0; layout && i < layout.size(); ++i)
    if (!isa<StringAttr>(layout[i]) || llvm::is_contained(layout.getValue().take_front(i), layout[i]))
      return emitError() << "the layout " << layout << " does not name axes, each once";
  // place_c2: memory and carried tiles are counted from 0.
  if (number < 0 || through < -1)
    return emitError() << "no place begins at " << std::min(number, through);
  // place_c3: what passes through a buffer lies in a place of its own.
  if (through >= 0 && memory == Memory::Caller)
    return emitError() << "a tile of the caller's passes through no buffer";
  return success();
}

//===-- An op ---------------------------------------------------------------------------------------------------===//

PlanAttr PlanAttr::withStage(int64_t stage, bool fused) const {
  return get(getContext(), stage, fused, getTurned(), getPlaces());
}

PlanAttr PlanAttr::withPlaces(ArrayRef<PlaceAttr> places) const {
  return get(getContext(), getStage(), getFused(), getTurned(), places);
}

Attribute PlanAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  int64_t stage = -1;
  SmallVector<PlaceAttr> places;
  if (parser.parseLess() || (succeeded(parser.parseOptionalKeyword("stage")) && parser.parseInteger(stage)))
    return {};
  const bool fused = succeeded(parser.parseOptionalKeyword("fused"));
  const bool turned = succeeded(parser.parseOptionalKeyword("turned"));
  while (succeeded(parser.parseOptionalComma())) {
    FailureOr<PlaceAttr> place = parsePlace(parser);
    if (failed(place))
      return {};
    places.push_back(*place);
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<PlanAttr>(loc, parser.getContext(), stage, fused, turned, ArrayRef(places));
}

void PlanAttr::print(AsmPrinter &printer) const {
  SmallVector<std::string> words;
  if (isStaged())
    words.push_back("stage " + std::to_string(getStage()));
  if (getFused())
    words.push_back("fused");
  if (getTurned())
    words.push_back("turned");
  printer << "<" << llvm::join(words, " ");
  for (PlaceAttr place : getPlaces()) {
    printer << ", ";
    printPlace(printer, place);
  }
  printer << ">";
}

LogicalResult PlanAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t stage, bool fused, bool,
                               ArrayRef<PlaceAttr> places) {
  // plan_c1: stages are counted from 0.
  if (stage < -1)
    return emitError() << "there is no stage " << stage;
  // plan_c2: what is fused is in no memory.
  if (fused && !places.empty())
    return emitError() << "what is fused has no place";
  return success();
}

//===-- A kernel ------------------------------------------------------------------------------------------------===//

Attribute KernelPlanAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  std::string target, panel, lane;
  int64_t lanes = 1, extent = 1, width = 1, scratch = 0;
  if (parser.parseLess() || parser.parseString(&target) || parser.parseKeyword("lanes") || parser.parseInteger(lanes))
    return {};
  if (succeeded(parser.parseOptionalKeyword("panels")) &&
      (parser.parseString(&panel) || parser.parseInteger(extent) || parser.parseKeyword("by") ||
       parser.parseInteger(width) || parser.parseKeyword("lane") || parser.parseString(&lane)))
    return {};
  if (parser.parseKeyword("scratch") || parser.parseInteger(scratch) || parser.parseGreater())
    return {};
  Builder &builder = parser.getBuilder();
  return parser.getChecked<KernelPlanAttr>(loc, parser.getContext(), builder.getStringAttr(target), lanes,
                                           builder.getStringAttr(panel), extent, width, builder.getStringAttr(lane),
                                           scratch);
}

void KernelPlanAttr::print(AsmPrinter &printer) const {
  printer << "<" << getTarget() << " lanes " << getLanes();
  if (!getPanel().empty())
    printer << " panels " << getPanel() << " " << getExtent() << " by " << getWidth() << " lane " << getLane();
  printer << " scratch " << getScratch() << ">";
}

LogicalResult KernelPlanAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringAttr, int64_t lanes,
                                     StringAttr, int64_t extent, int64_t width, StringAttr, int64_t scratch) {
  // kernel_plan_c1: vectors are of a power of 2.
  if (lanes < 1 || lanes > 64 || !llvm::isPowerOf2_64(lanes))
    return emitError() << "is planned for vectors of " << lanes << " lanes";
  // kernel_plan_c2: a panel is a part of its axis, filled up to whole vectors.
  if (extent < 1 || width < 1 || width > static_cast<int64_t>(llvm::alignTo(extent, 64)))
    return emitError() << "is planned for panels of " << width << " of " << extent << " entries";
  // kernel_plan_c3: as many bytes as any scratch memory may have.
  if (scratch < 0 || scratch > int64_t(1) << 40)
    return emitError() << "is planned for " << scratch << " bytes of scratch memory";
  return success();
}

//===-- What has them -------------------------------------------------------------------------------------------===//

static LogicalResult verifyPlace(Operation *op, TileType type, PlaceAttr place) {
  if (ArrayAttr layout = place.getLayout()) {
    // plan_c5: a layout orders the axes of its tile.
    auto isAxis = [&](Attribute name) { return type.has(cast<StringAttr>(name).getValue()); };
    if (layout.size() != type.getAxes().size() || !llvm::all_of(layout, isAxis))
      return op->emitError() << "has the layout " << layout
                             << " in its plan, which does not order the axes of its tile";
  }
  // plan_c6: what is in place of a carried tile is like it.
  Block *block = op->getBlock();
  if (place.isIn(Memory::Carried) &&
      (!isa<ChunksOp, StepsOp>(block->getParentOp()) || place.getNumber() >= block->getNumArguments() ||
       block->getArgument(place.getNumber()).getType() != type))
    return op->emitError("is planned in place of a tile that is not carried, or of another type");
  return success();
}

LogicalResult TileDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() != planAttrName)
    return success();
  if (isa<KernelOp>(op)) {
    // plan_c3: kernels and ops have plans of their kinds.
    if (!isa<KernelPlanAttr>(attribute.getValue()))
      return op->emitError("has a plan that is none of a kernel");
    return success();
  }
  auto plan = dyn_cast<PlanAttr>(attribute.getValue());
  if (!plan)
    return op->emitError("has a plan that is none of an op");
  // plan_c4: places are of tiles; a buffer has one, too.
  SmallVector<TileType> tiles;
  for (Type type : op->getResultTypes())
    if (auto tile = dyn_cast<TileType>(type))
      tiles.push_back(tile);
  const size_t most = isa<BufferOp>(op) ? 1 : tiles.size();
  if (!plan.getPlaces().empty() && plan.getPlaces().size() != most)
    return op->emitError() << "has " << most << " tiles, and a plan of " << plan.getPlaces().size();
  for (auto [tile, place] : llvm::zip(tiles, plan.getPlaces()))
    if (failed(verifyPlace(op, tile, place)))
      return failure();
  return success();
}

PlanAttr mixc::tile::planOf(Operation *op) { return op->getAttrOfType<PlanAttr>(planAttrName); }
