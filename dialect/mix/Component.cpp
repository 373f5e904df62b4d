// Text and verifier of mix.component, the normal form
//
//     r_i = sum_j S_j p_ij     w_m = phi_m(r, inputs)     S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'
//
// which reads
//
//     %0:2 = mix.component states(%H : <[V, K], head>)
//       reads(%k[0, 0] : <[K], group>)             p_ij, as %p[i, j]
//       transition(%a[0, 0] : <[], head>)          a_ij, as %a[i, j]
//       gate()                                     e
//       writes(%k[0, 0] : <[K], group>)            u_mi, as %u[m, i]
//       class <scalar, affine> turned              all states, or `turned [1]`: the second
//       phi(%r0: !mix.t<[V], head>) { ... mix.yield %w0 : <[V], head> }
//
// The counts of reads and writes, and all result types, are those of phi's arguments and yielded values.
#include "dialect/mix/Mix.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace mixc::mix {

//===-- Text ----------------------------------------------------------------------------------------------------===//

/// `name(%x[i, j] : type, ...)`; without indices if `indices` is null.
static ParseResult parseList(OpAsmParser &parser, StringRef name, SmallVectorImpl<Value> &operands,
                             SmallVectorImpl<int64_t> *indices) {
  return failure(parser.parseKeyword(name) ||
                 parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
                   OpAsmParser::UnresolvedOperand operand;
                   TensorType type;
                   if (parser.parseOperand(operand))
                     return failure();
                   if (indices) {
                     int64_t first, second;
                     if (parser.parseLSquare() || parser.parseInteger(first) || parser.parseComma() ||
                         parser.parseInteger(second) || parser.parseRSquare())
                       return failure();
                     indices->append({first, second});
                   }
                   return failure(parser.parseColon() || parser.parseCustomTypeWithFallback(type) ||
                                  parser.resolveOperand(operand, type, operands));
                 }));
}

/// Nothing, `turned`, or `turned [i, ...]`, as a flag for each state.
static ParseResult parseTurned(OpAsmParser &parser, unsigned states, SmallVectorImpl<bool> &turned) {
  bool any = succeeded(parser.parseOptionalKeyword("turned"));
  llvm::SMLoc loc = parser.getCurrentLocation();
  turned.assign(states, any);
  if (!any || failed(parser.parseOptionalLSquare()))
    return success();
  turned.assign(states, false);
  return failure(parser.parseCommaSeparatedList([&]() -> ParseResult {
    unsigned state;
    if (parser.parseInteger(state))
      return failure();
    if (state >= states)
      return parser.emitError(loc) << "turns state " << state << " of " << states;
    turned[state] = true;
    return success();
  }) || parser.parseRSquare());
}

static void printTurned(OpAsmPrinter &printer, ArrayRef<bool> turned) {
  if (!llvm::is_contained(turned, true))
    return;
  printer << "turned ";
  if (!llvm::is_contained(turned, false))
    return;
  SmallVector<unsigned> states;
  for (auto [state, isTurned] : llvm::enumerate(turned))
    if (isTurned)
      states.push_back(state);
  printer << '[';
  llvm::interleaveComma(states, printer.getStream());
  printer << "] ";
}

ParseResult ComponentOp::parse(OpAsmParser &parser, OperationState &result) {
  Properties &properties = result.getOrAddProperties<Properties>();
  Builder &builder = parser.getBuilder();
  SmallVector<int64_t> reads, transition, writes;
  std::array<std::pair<StringRef, SmallVectorImpl<int64_t> *>, 5> lists = {
      {{"states", nullptr}, {"reads", &reads}, {"transition", &transition}, {"gate", nullptr}, {"writes", &writes}}};
  for (auto [segment, list] : llvm::enumerate(lists)) {
    size_t before = result.operands.size();
    if (parseList(parser, list.first, result.operands, list.second))
      return failure();
    properties.operandSegmentSizes[segment] = result.operands.size() - before;
  }
  properties.read_index = builder.getDenseI64ArrayAttr(reads);
  properties.transition_index = builder.getDenseI64ArrayAttr(transition);
  properties.write_index = builder.getDenseI64ArrayAttr(writes);

  if (succeeded(parser.parseOptionalKeyword("class"))) {
    ClassAttr classAttr;
    if (parser.parseCustomAttributeWithFallback(classAttr))
      return failure();
    properties.class_attr = classAttr;
  }
  SmallVector<bool> turned;
  if (parseTurned(parser, properties.operandSegmentSizes[0], turned))
    return failure();
  properties.turned = builder.getDenseBoolArrayAttr(turned);

  SmallVector<OpAsmParser::Argument> arguments;
  Region *phi = result.addRegion();
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes) || parser.parseKeyword("phi") ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren, /*allowType=*/true) ||
      parser.parseRegion(*phi, arguments))
    return failure();
  ensureTerminator(*phi, builder, result.location);
  result.addTypes(phi->front().getArgumentTypes());
  result.addTypes(phi->front().getTerminator()->getOperandTypes());
  properties.num_reads = builder.getI64IntegerAttr(arguments.size());
  properties.num_writes = builder.getI64IntegerAttr(phi->front().getTerminator()->getNumOperands());
  return success();
}

static void printList(OpAsmPrinter &printer, StringRef name, ValueRange operands, ArrayRef<int64_t> indices) {
  printer << name << '(';
  for (auto [x, operand] : llvm::enumerate(operands)) {
    if (x)
      printer << ", ";
    printer << operand;
    if (2 * x + 1 < indices.size())
      printer << '[' << indices[2 * x] << ", " << indices[2 * x + 1] << ']';
    printer << " : ";
    printer.printStrippedAttrOrType(cast<TensorType>(operand.getType()));
  }
  printer << ')';
}

void ComponentOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printList(printer, "states", getStates(), {});
  printer.increaseIndent();
  auto printLine = [&](StringRef name, ValueRange operands, ArrayRef<int64_t> indices) {
    printer.printNewline();
    printList(printer, name, operands, indices);
  };
  printLine("reads", getReadDirs(), getReadIndex());
  printLine("transition", getTransition(), getTransitionIndex());
  printLine("gate", getGate(), {});
  printLine("writes", getWriteDirs(), getWriteIndex());
  printer.printNewline();
  if (ClassAttr classAttr = getClassAttrAttr()) {
    printer << "class ";
    printer.printStrippedAttrOrType(classAttr);
    printer << ' ';
  }
  printTurned(printer, getTurned());
  SmallVector<StringRef> inherent(getAttributeNames());
  inherent.push_back("operandSegmentSizes");
  size_t others = llvm::count_if((*this)->getAttrs(), [&](NamedAttribute attribute) {
    return !llvm::is_contained(inherent, attribute.getName().getValue());
  });
  if (others) {
    printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), inherent);
    printer << ' ';
  }
  printer << "phi(";
  llvm::interleaveComma(getPhi().getArguments(), printer.getStream(),
                        [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ") ";
  printer.printRegion(getPhi(), /*printEntryBlockArgs=*/false, /*printBlockTerminators=*/true);
  printer.decreaseIndent();
}

//===-- Verifier ------------------------------------------------------------------------------------------------===//

namespace {

/// The states of a component, and every value above it that is computed from them.
llvm::DenseSet<Value> computedFromStates(ComponentOp op) {
  llvm::DenseSet<Value> result(op.getStates().begin(), op.getStates().end());
  for (Operation &above : *op->getBlock()) {
    if (&above == op)
      break;
    WalkResult walk = above.walk([&](Operation *inner) {
      bool depends = llvm::any_of(inner->getOperands(), [&](Value operand) { return result.contains(operand); });
      return depends ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (walk.wasInterrupted())
      result.insert(above.result_begin(), above.result_end());
  }
  return result;
}

class ComponentVerifier {
public:
  explicit ComponentVerifier(ComponentOp op) : op(op) {}

  LogicalResult run() {
    return failure(failed(verifyStates()) || failed(verifyIndices()) || failed(verifyDirections()) ||
                   failed(verifyPhi()) || failed(verifyIndependence()) || failed(verifyRates()));
  }

private:
  LogicalResult verifyStates() {
    if (op.getStates().empty()) // component_c1
      return op.emitOpError("has no state (component_c1)");
    if (op.getTurned().size() != op.getStates().size()) // component_c3
      return op.emitOpError("says of each of its states whether it is turned (component_c3)");
    llvm::DenseSet<Value> seen;
    for (auto [i, state] : llvm::enumerate(op.getStates())) {
      TensorType type = typeOf(state);
      if (!state.getDefiningOp<StateOp>() || !seen.insert(state).second) // component_c1
        return op.emitOpError("holds distinct results of mix.state (component_c1)");
      stateRate = i == 0 ? type.getRate() : faster(stateRate, type.getRate());
      if (type.isScalar() || (type.isVector() && op.isTurned(i))) // component_c3
        return op.emitOpError("has states that are vectors or (turned or not) matrices (component_c3)");
      SmallVector<Dim, 2> dims(type.getDims());
      if (op.isTurned(i))
        std::swap(dims[0], dims[1]);
      keys.push_back(dims.pop_back_val());
      if (i == 0)
        value.assign(dims);
      if (dims != value) // component_c2
        return op.emitOpError("has states that share no value axis: ")
               << spell(typeOf(op.getStates()[0])) << " and " << spell(type) << " (component_c2)";
    }
    return success();
  }

  /// component_c4: an index pair an entry, in range, none twice.
  LogicalResult verifyList(StringRef name, ValueRange entries, ArrayRef<int64_t> index, int64_t rows, int64_t columns) {
    if (index.size() != 2 * entries.size())
      return op.emitOpError("has an index pair for each of its ") << name << " (component_c4)";
    llvm::DenseSet<std::pair<int64_t, int64_t>> seen;
    for (size_t x = 0; x < entries.size(); ++x) {
      int64_t row = index[2 * x], column = index[2 * x + 1];
      if (row < 0 || row >= rows || column < 0 || column >= columns)
        return op.emitOpError("has [") << row << ", " << column << "] among its " << name << ", of which there are "
                                       << rows << " x " << columns << " (component_c4)";
      if (!seen.insert({row, column}).second)
        return op.emitOpError("has [") << row << ", " << column << "] twice among its " << name << " (component_c4)";
    }
    return success();
  }

  LogicalResult verifyIndices() {
    int64_t n = op.getStates().size(), reads = op.getNumReads(), writes = op.getNumWrites();
    return failure(failed(verifyList("reads", op.getReadDirs(), op.getReadIndex(), reads, n)) ||
                   failed(verifyList("transition", op.getTransition(), op.getTransitionIndex(), n, n)) ||
                   failed(verifyList("writes", op.getWriteDirs(), op.getWriteIndex(), writes, n)));
  }

  LogicalResult verifyDirections() {
    for (auto [directions, index] :
         {std::pair(op.getReadDirs(), op.getReadIndex()), std::pair(op.getWriteDirs(), op.getWriteIndex())})
      for (auto [x, direction] : llvm::enumerate(directions)) {
        const Dim &key = keys[index[2 * x + 1]];
        if (typeOf(direction).getDims() != ArrayRef(key)) // component_c5
          return op.emitOpError("reads and writes along vector<")
                 << key.str() << ">, not along a " << spell(typeOf(direction)) << " (component_c5)";
      }
    for (auto [x, entry] : llvm::enumerate(op.getTransition())) {
      const Dim &into = keys[op.getTransitionIndex()[2 * x]], &from = keys[op.getTransitionIndex()[2 * x + 1]];
      if (into != from) // component_c6
        return op.emitOpError("has a transition between states of vector<")
               << from.str() << "> and vector<" << into.str() << "> (component_c6)";
      if (!typeOf(entry).isScalar() && typeOf(entry).getDims() != ArrayRef(into)) // component_c6
        return op.emitOpError("has a transition of scalars and vector<")
               << into.str() << ">, not of a " << spell(typeOf(entry)) << " (component_c6)";
    }
    if (op.getGate().empty())
      return success();
    if (op.getGate().size() > 1 || value.empty() ||
        typeOf(op.getGate()[0]).getDims() != ArrayRef(value)) // component_c7
      return op.emitOpError("has at most one gate, a vector of the value axis of matrix states (component_c7)");
    return success();
  }

  LogicalResult verifyPhi() {
    Block &phi = op.getPhi().front();
    Operation *yield = phi.getTerminator();
    if (phi.getNumArguments() != static_cast<uint64_t>(op.getNumReads()) ||
        yield->getNumOperands() != static_cast<uint64_t>(op.getNumWrites())) // component_c8
      return op.emitOpError(
          "has a phi of as many arguments as reads, that yields as many values as writes (component_c8)");
    SmallVector<Type> types(phi.getArgumentTypes());
    llvm::append_range(types, yield->getOperandTypes());
    for (Type type : types)
      if (!isa<TensorType>(type) || cast<TensorType>(type).getDims() != ArrayRef(value)) // component_c9
        return op.emitOpError("has reads and write values of ")
               << (value.empty() ? std::string("scalars") : "vector<" + value[0].str() + ">") << ", not " << type
               << " (component_c9)";
    if (types != SmallVector<Type>(op.getResultTypes())) // component_c10
      return op.emitOpError("results in its reads and then its write values, at their types (component_c10)");
    return success();
  }

  LogicalResult verifyIndependence() {
    llvm::DenseSet<Value> dependent = computedFromStates(op);
    // component_c11: p, a, e and u are known before the states are read. (Of results, dominance takes care.)
    for (Value operand : op.getOperands().drop_front(op.getStates().size()))
      if (dependent.contains(operand))
        return op.emitOpError("has a direction, transition or gate that depends on its own states (component_c11)");
    // component_c12: phi sees the states through the reads alone, and those of other components through theirs.
    auto isHeld = [](Value value) {
      return value.getDefiningOp<StateOp>() && llvm::any_of(value.getUsers(), llvm::IsaPred<ComponentOp>);
    };
    WalkResult walk = op.getPhi().walk([&](Operation *inner) -> WalkResult {
      for (Value operand : inner->getOperands())
        if (dependent.contains(operand) || isHeld(operand))
          return inner->emitOpError("uses a state of a component, other than through its reads (component_c12)");
      return WalkResult::advance();
    });
    return failure(walk.wasInterrupted());
  }

  LogicalResult verifyRates() {
    // component_c13: reads change as fast as what they are computed from
    for (size_t x = 0; x < op.getReadDirs().size(); ++x) {
      Rate read = typeOf(op.getPhi().getArgument(op.getReadIndex()[2 * x])).getRate();
      Rate needed = faster(stateRate, typeOf(op.getReadDirs()[x]).getRate());
      if (faster(read, needed) != read)
        return op.emitOpError("has read ") << op.getReadIndex()[2 * x] << " of rate " << stringifyRate(read)
                                           << ", but it changes per " << stringifyRate(needed) << " (component_c13)";
    }
    // component_c14: nothing that enters a state changes faster than it
    SmallVector<Value> entering(op.getTransition());
    llvm::append_range(entering, op.getGate());
    llvm::append_range(entering, op.getWriteDirs());
    llvm::append_range(entering, op.getPhi().front().getTerminator()->getOperands());
    for (Value entry : entering)
      if (faster(stateRate, typeOf(entry).getRate()) != stateRate)
        return op.emitOpError("has states of rate ")
               << stringifyRate(stateRate) << ", and an update that changes faster (component_c14)";
    return success();
  }

  static TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

  ComponentOp op;
  Rate stateRate = Rate::Constant;
  SmallVector<Dim, 2> keys, value; // value is empty for vector states
};

} // namespace

LogicalResult ComponentOp::verifyRegions() { return ComponentVerifier(*this).run(); }

} // namespace mixc::mix
