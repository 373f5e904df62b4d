#include "lowering/normalize/Expansion.h"
#include "llvm/ADT/TypeSwitch.h"
#include <set>

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

static std::optional<Dim> lengthOf(Value value) {
  ArrayRef<Dim> dims = typeOf(value).getDims();
  return dims.empty() ? std::nullopt : std::optional(dims[0]);
}

static std::string listed(StringRef name, ArrayRef<Atom> list) {
  std::string text = name.str();
  for (Atom atom : list)
    text += "." + std::to_string(atom);
  return text;
}

static std::string nameOf(const void *pointer) { return std::to_string(reinterpret_cast<uintptr_t>(pointer)); }

/// The op and its attributes, without its operands.
static std::string nameOf(Operation *op) {
  return op->getName().getStringRef().str() + nameOf(op->getPropertiesAsAttribute().getAsOpaquePointer()) + ":" +
         (lengthOf(op->getResult(0)) ? lengthOf(op->getResult(0))->str() : "");
}

Expansion::Expansion(Linearity &linearity, ArrayRef<NormalForm> others)
    : linearity(linearity), e(linearity.expressions()), others(others),
      spelt([&linearity](Value value) { return linearity.readOf(value) != nullptr; },
            [&linearity](Value value) {
              Operation *op = value.getDefiningOp();
              return !op || op->getNumOperands() == 0 || !linearity.touches(value);
            },
            linearity.hasRows()) {
  for (auto [index, other] : llvm::enumerate(others))
    for (const Read &read : other.reads)
      readsOf.try_emplace(read.node, index, &read);
}

//===-- From expressions ----------------------------------------------------------------------------------------===//

const Polynomial &Expansion::of(Value value) {
  if (auto found = memo.find(value.getAsOpaquePointer()); found != memo.end())
    return found->second;
  constexpr size_t longest = 64;
  Polynomial result = find(value);
  std::optional<Dim> length = lengthOf(value);
  if (result.size() > longest) // one atom, but the same for every spelling
    result = atom("=" + (length ? length->str() : "") + "(" + exactKey(result) + ")", !typeOf(value).isScalar(),
                  {{}, value, linearity.touches(value), kindAsSpelt(value)});
  if (!result.isZero())
    expanded[(length ? length->str() : "") + "|" + result.key()].push_back(value);
  return memo[value.getAsOpaquePointer()] = result;
}

Polynomial Expansion::find(Value value) {
  Operation *op = value.getDefiningOp();
  if (const Read *read = linearity.readOf(value))
    return ofRead(Read(*read), std::nullopt);
  if (auto known = readsOf.find(value); known != readsOf.end() && !linearity.touches(value))
    return ofRead(*known->second.second, known->second.first);
  return TypeSwitch<Operation *, Polynomial>(op)
      .Case([&](ConstantOp constant) { return Polynomial(constant.getValue().convertToDouble()); })
      .Case([&](FillOp fill) { return of(fill.getScalar()); })
      .Case([&](UnaryOp unary) {
        return unary.getKind() == UnaryKind::Neg ? Polynomial(-1) * of(unary.getX()) : function(op);
      })
      .Case([&](BinaryOp binary) { return ofBinary(binary); })
      .Case([&](DotOp dot) { return sum(of(dot.getX()) * of(dot.getY()), *lengthOf(dot.getX())); })
      .Case([&](ReduceOp reduce) {
        bool isSum = reduce.getKind() == ReduceKind::Sum && typeOf(reduce.getX()).isVector();
        return isSum ? sum(of(reduce.getX()), *lengthOf(reduce.getX())) : function(op);
      })
      .Case([&](MatmulOp matmul) { return product(matmul.getX(), /*transposed=*/false, of(matmul.getY())); })
      .Case([&](ColumnOp column) {
        Value pushed = e.column(column.getX(), column.getIndex());
        return pushed == value ? function(op) : of(pushed);
      })
      .Case<RollOp, SliceOp>([&](Operation *) { return entrywise(op, of(op->getOperand(0))); })
      .Default([&](Operation *) { return op->getNumOperands() ? function(op) : whole(value); });
}

/// Is their product of few terms of few factors? A square of a square of a square doubles its degree each time.
static bool isShort(const Polynomial &x, const Polynomial &y) {
  constexpr size_t mostTerms = 4000, mostFactors = 64;
  return x.size() * y.size() <= mostTerms && x.degree() + y.degree() <= mostFactors;
}

Polynomial Expansion::ofBinary(BinaryOp op) {
  const Polynomial x = of(op.getX()), y = of(op.getY());
  switch (op.getKind()) {
  case BinaryKind::Add: return x + y;
  case BinaryKind::Sub: return x - y;
  case BinaryKind::Mul: return isShort(x, y) ? x * y : whole(op.getResult());
  case BinaryKind::Div: {
    const Polynomial inverse = reciprocal(op.getY());
    return isShort(x, inverse) ? x * inverse : whole(op.getResult());
  }
  case BinaryKind::Pow: return y.asNumber() == 2 && isShort(x, x) ? x * x : function(op);
  default: return function(op);
  }
}

/// 1 / y: of a monomial, factor by factor.
Polynomial Expansion::reciprocal(Value value) {
  const Polynomial y = of(value);
  if (y.isZero())
    return function(e.div(Value(), value).getDefiningOp());
  auto one = [&](Atom of, bool isVector) {
    auto make = [this, of] { return e.div(Value(), valueOf(of)); };
    bool depends = touches(of);
    return atom("1/" + std::to_string(of), isVector,
                {make, {}, depends, atoms[of].kind == WriteKind::Free ? WriteKind::Free : WriteKind::Nonlinear});
  };
  const auto &[lead, number] = y.lead();
  if (y.size() == 1) {
    Polynomial result(1 / number);
    for (Atom scalar : lead.scalars)
      result = result * one(scalar, false);
    for (Atom vector : lead.vectors)
      result = result * one(vector, true);
    return result;
  }
  auto make = [this, value, scale = number] { return e.div(scale == 1 ? Value() : e.constant(scale), value); };
  return Polynomial(1 / number) *
         atom("1/(" + y.key() + ")", y.hasVectors(),
              {make, {}, touches(y), kind(y) == WriteKind::Free ? WriteKind::Free : WriteKind::Nonlinear});
}

Polynomial Expansion::ofRead(const Read &read, std::optional<unsigned> other) {
  Polynomial result;
  bool isVector = typeOf(read.node).isVector();
  std::string owner = other ? std::to_string(*other) : "";
  for (auto [state, along] : read.along) {
    Dim length = *lengthOf(along);
    for (const auto &[monomial, number] : of(along)) {
      auto make = [this, other, state = state, vectors = monomial.vectors, length] {
        Value along = build(Polynomial(Monomial{{}, vectors}), length);
        return other ? readOther(*other, state, along) : *linearity.read({{state, along}}, along.getDefiningOp());
      };
      Polynomial node = atom(listed(owner + "r" + std::to_string(state), monomial.vectors), isVector,
                             {make, {}, !other, other ? WriteKind::Free : WriteKind::Affine});
      result.add(Polynomial(Monomial{monomial.scalars, {}}, number) * node);
    }
  }
  return result;
}

Value Expansion::readOther(unsigned other, unsigned state, Value along) {
  decltype(Read::along) from = {{state, along}};
  for (const Read &known : others[other].reads)
    if (known.along == from)
      return known.node;
  StateOp of = others[other].states[state];
  Rate rate = faster(typeOf(of->getResult(0)).getRate(), typeOf(along).getRate());
  ArrayRef<Dim> dims = typeOf(others[other].reads.front().node).getDims();
  added.push_back({other, {e.placeholder(TensorType::get(of.getContext(), dims, rate)), from}});
  return added.back().second.node;
}

size_t Expansion::lateDirections(ArrayRef<Value> late) {
  std::set<std::tuple<void *, bool, std::vector<Atom>>> directions;
  for (Value node : late) { // S x, S'x or z'x
    Value state = node.getDefiningOp()->getOperand(0), x = node.getDefiningOp()->getOperand(1);
    auto transpose = state.getDefiningOp<TransposeOp>();
    if (transpose)
      state = transpose.getX();
    if (!state.getDefiningOp<StateOp>())
      std::swap(state, x);
    for (const auto &[monomial, number] : of(x))
      directions.insert({state.getAsOpaquePointer(), static_cast<bool>(transpose), monomial.vectors});
  }
  return directions.size();
}

/// 1' x
Polynomial Expansion::sum(const Polynomial &vector, const Dim &length) {
  Polynomial result;
  for (const auto &[monomial, number] : vector) {
    auto make = [this, vectors = monomial.vectors, length] {
      if (vectors.size() < 2)
        return e.sum(vectors.empty() ? e.ones(length) : valueOf(vectors[0]));
      return e.dot(valueOf(vectors[0]), vectorProduct(ArrayRef<Atom>(vectors).drop_front()));
    };
    bool depends = anyTouches(monomial.vectors);
    bool isFree = kind(Polynomial(Monomial{{}, monomial.vectors})) == WriteKind::Free;
    Polynomial total = atom(listed("sum" + length.str(), monomial.vectors), false,
                            {make, {}, depends, isFree ? WriteKind::Free : WriteKind::Nonlinear});
    result.add(Polynomial(Monomial{monomial.scalars, {}}, number) * total);
  }
  return result;
}

/// matrix * x, or matrix' * x if transposed, as far as the matrix has a structure.
Polynomial Expansion::product(Value matrix, bool transposed, const Polynomial &x) {
  Operation *op = matrix.getDefiningOp();
  ArrayRef<Dim> dims = typeOf(matrix).getDims();
  Dim length = transposed ? dims[0] : dims[1];
  if (auto transpose = dyn_cast<TransposeOp>(op))
    return product(transpose.getX(), !transposed, x);
  if (auto outer = dyn_cast<OuterOp>(op)) {
    Value left = transposed ? outer.getY() : outer.getX(), right = transposed ? outer.getX() : outer.getY();
    return of(left) * sum(of(right) * x, length);
  }
  if (auto diag = dyn_cast<DiagOp>(op))
    return of(diag.getX()) * x;
  if (isa<IdentityOp>(op))
    return x;
  if (auto fill = dyn_cast<FillOp>(op))
    return of(fill.getScalar()) * sum(x, length);
  if (auto unary = dyn_cast<UnaryOp>(op); unary && unary.getKind() == UnaryKind::Neg)
    return Polynomial(-1) * product(unary.getX(), transposed, x);
  if (auto matmul = dyn_cast<MatmulOp>(op)) {
    Value first = transposed ? matmul.getX() : matmul.getY(), second = transposed ? matmul.getY() : matmul.getX();
    return product(second, transposed, product(first, transposed, x));
  }
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    Value a = binary.getX(), b = binary.getY();
    bool isScalar = typeOf(a).isScalar(), byScalar = typeOf(b).isScalar();
    switch (binary.getKind()) {
    case BinaryKind::Add:
    case BinaryKind::Sub:
      if (isScalar || byScalar)
        break;
      return product(a, transposed, x) +
             Polynomial(binary.getKind() == BinaryKind::Sub ? -1 : 1) * product(b, transposed, x);
    case BinaryKind::Mul:
      if (isScalar || byScalar)
        return of(isScalar ? a : b) * product(isScalar ? b : a, transposed, x);
      break;
    case BinaryKind::Div:
      if (byScalar)
        return reciprocal(b) * product(a, transposed, x);
      break;
    default: break;
    }
  }
  return productAtoms(matrix, transposed, x, length);
}

/// A matrix of no structure is linear still.
Polynomial Expansion::productAtoms(Value matrix, bool transposed, const Polynomial &x, const Dim &length) {
  Polynomial result;
  for (const auto &[monomial, number] : x) {
    Polynomial bare(Monomial{{}, monomial.vectors});
    auto make = [this, matrix, transposed, bare, length] {
      return e.matmul(transposed ? e.transpose(matrix) : matrix, build(bare, length));
    };
    bool isFree = kind(bare) == WriteKind::Free && kindAsSpelt(matrix) == WriteKind::Free;
    Polynomial node =
        atom(listed((transposed ? "T" : "M") + nameOf(matrix.getAsOpaquePointer()), monomial.vectors), true,
             {make,
              {},
              anyTouches(monomial.vectors) || linearity.touches(matrix),
              isFree ? WriteKind::Free : WriteKind::Nonlinear});
    result.add(Polynomial(Monomial{monomial.scalars, {}}, number) * node);
  }
  return result;
}

/// What moves or picks entries: f(x .* y) = f(x) .* f(y), f(1) = 1.
Polynomial Expansion::entrywise(Operation *op, const Polynomial &x) {
  Polynomial result;
  for (const auto &[monomial, number] : x) {
    Polynomial moved(Monomial{monomial.scalars, {}}, number);
    for (Atom vector : monomial.vectors) {
      auto make = [this, op, vector] { return e.rebuilt(op, valueOf(vector)); };
      moved = moved * atom(listed(nameOf(op), vector), true,
                           {make,
                            {},
                            touches(vector),
                            atoms[vector].kind == WriteKind::Free ? WriteKind::Free : WriteKind::Nonlinear});
    }
    result.add(moved);
  }
  return result;
}

/// Any other function of its operands.
Polynomial Expansion::function(Operation *op) {
  SmallVector<std::string> operands;
  for (Value operand : op->getOperands())
    operands.push_back(typeOf(operand).isMatrix()
                           ? "M" + nameOf(operand.getAsOpaquePointer())
                           : (lengthOf(operand) ? lengthOf(operand)->str() : "") + "(" + exactKey(of(operand)) + ")");
  auto binary = dyn_cast<BinaryOp>(op);
  if (binary && !llvm::is_contained({BinaryKind::Div, BinaryKind::Pow, BinaryKind::Less, BinaryKind::LessEqual},
                                    binary.getKind()))
    llvm::sort(operands);
  std::string key = nameOf(op);
  for (const std::string &operand : operands)
    key += "," + operand;
  Value value = op->getResult(0);
  return atom(key, !typeOf(value).isScalar(), {{}, value, linearity.touches(value), kindAsSpelt(value)});
}

/// The value as one atom.
Polynomial Expansion::whole(Value value) {
  return atom("=" + nameOf(value.getAsOpaquePointer()), !typeOf(value).isScalar(),
              {{}, value, linearity.touches(value), kindAsSpelt(value)});
}

Polynomial Expansion::atom(const std::string &key, bool isVector, AtomInfo info) {
  auto [found, isNew] = byKey.try_emplace(key, atoms.size());
  if (isNew)
    atoms.push_back(std::move(info));
  Monomial monomial;
  (isVector ? monomial.vectors : monomial.scalars).push_back(found->second);
  return Polynomial(monomial);
}

std::string Expansion::exactKey(const Polynomial &polynomial) const {
  if (polynomial.isZero())
    return "";
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.12g", polynomial.lead().second);
  return digits + ("*" + polynomial.key());
}

bool Expansion::anyTouches(ArrayRef<Atom> list) const {
  return llvm::any_of(list, [&](Atom atom) { return touches(atom); });
}

bool Expansion::touches(const Polynomial &polynomial) const {
  return llvm::any_of(
      polynomial, [&](const auto &term) { return anyTouches(term.first.scalars) || anyTouches(term.first.vectors); });
}

WriteKind Expansion::kind(const Polynomial &polynomial) const {
  WriteKind result = WriteKind::Free;
  for (const auto &[monomial, number] : polynomial) {
    unsigned reads = 0, others = 0;
    for (const std::vector<Atom> *list : {&monomial.scalars, &monomial.vectors})
      for (Atom atom : *list) {
        reads += atoms[atom].kind == WriteKind::Affine;
        others += atoms[atom].kind > WriteKind::Affine;
      }
    bool byChannel = reads == 1 && !linearity.hasRows() && monomial.vectors.size() > 1;
    WriteKind own = others || reads > 1 ? WriteKind::Nonlinear
                    : byChannel         ? WriteKind::Channel
                    : reads             ? WriteKind::Affine
                                        : WriteKind::Free;
    result = std::max(result, own);
  }
  return result;
}

//===-- And back ------------------------------------------------------------------------------------------------===//

Value Expansion::valueOf(Atom atom) {
  if (!atoms[atom].value) {
    Value value = atoms[atom].make(); // may add atoms
    atoms[atom].value = value;
  }
  return atoms[atom].value;
}

/// Does the expression use the reads more than the polynomial needs?
bool Expansion::usesMore(Value value, const Polynomial &polynomial) {
  return kindAsSpelt(value) > kind(polynomial) || (linearity.touches(value) && !touches(polynomial));
}

/// Something expanded before that is this polynomial, up to a number.
Value Expansion::known(const Polynomial &polynomial, std::optional<Dim> length) {
  auto found = expanded.find((length ? length->str() : "") + "|" + polynomial.key());
  if (found == expanded.end())
    return {};
  for (Value value : found->second) {
    if (usesMore(value, polynomial))
      continue;
    double factor = polynomial.lead().second / of(value).lead().second;
    return factor == 1 ? value : e.mul(e.constant(factor), value);
  }
  return {};
}

/// The factor f of one monomial with which all of f part is found in `whole`, if there is one.
static std::optional<Polynomial> factorOf(const Polynomial &part, const Polynomial &whole) {
  for (const auto &[monomial, number] : whole) {
    std::optional<Polynomial> factor =
        divided(Polynomial(monomial, number), Polynomial(part.lead().first, part.lead().second));
    if (factor && (whole - *factor * part).size() + part.size() == whole.size())
      return factor;
  }
  return std::nullopt;
}

/// A sum of multiples of what was expanded before, the longest first; `polynomial` becomes what is left.
Value Expansion::takeKnownParts(Polynomial &polynomial, std::optional<Dim> length) {
  SmallVector<std::pair<Value, Polynomial>> parts; // a copy: building expands more
  for (const auto &[key, values] : expanded)
    if (StringRef(key).starts_with((length ? length->str() : "") + "|"))
      for (Value value : values)
        if (size_t size = of(value).size(); size > 1 && size <= polynomial.size() && !usesMore(value, polynomial))
          parts.push_back({value, of(value)});
  llvm::stable_sort(parts, [](const auto &x, const auto &y) { return x.second.size() > y.second.size(); });
  Value sum;
  for (const auto &[value, part] : parts) {
    Polynomial factors;
    while (std::optional<Polynomial> factor =
               part.size() <= polynomial.size() ? factorOf(part, polynomial) : std::nullopt) {
      factors.add(*factor);
      polynomial.add(*factor * part, -1);
    }
    if (!factors.isZero())
      sum = e.add(sum, factors.asNumber() == 1 ? value : e.mul(build(factors, std::nullopt), value));
  }
  return sum;
}

Value Expansion::build(const Polynomial &polynomial, std::optional<Dim> length) {
  if (polynomial.isZero())
    return length ? e.fill(e.constant(0), {*length}) : e.constant(0);
  if (Value value = known(polynomial, length))
    return value;
  Monomial content = polynomial.content();
  if (polynomial.size() > 1 && !content.scalars.empty())
    return e.mul(buildScalar(Polynomial(content)), build(polynomial.without(content), length));
  Polynomial rest = polynomial;
  Value parts = takeKnownParts(rest, length);
  return rest.isZero() ? parts : e.add(parts, length ? buildVector(rest, *length) : buildScalar(rest));
}

Value Expansion::buildScalar(const Polynomial &polynomial) {
  Value sum;
  for (const auto &[monomial, number] : polynomial) {
    Value product = number == 1 && !monomial.scalars.empty() ? Value() : e.constant(number);
    for (Atom atom : monomial.scalars)
      product = e.mul(product, valueOf(atom));
    sum = e.add(sum, product);
  }
  return sum;
}

Value Expansion::vectorProduct(ArrayRef<Atom> vectors) {
  Value product;
  for (Atom vector : vectors)
    product = e.mul(product, valueOf(vector));
  return product;
}

/// sum_c c (sum of the vectors with this coefficient), and a scalar that meets every entry
Value Expansion::buildVector(const Polynomial &polynomial, const Dim &length) {
  std::map<std::vector<Atom>, Polynomial> byVectors;
  for (const auto &[monomial, number] : polynomial)
    byVectors[monomial.vectors].add({monomial.scalars, {}}, number);
  std::map<std::string, std::pair<Polynomial, Polynomial>> byFactor; // the factor, and what it is of
  Polynomial everywhere;
  for (const auto &[vectors, factor] : byVectors) {
    if (vectors.empty()) {
      everywhere = factor;
      continue;
    }
    auto &[first, sum] = byFactor.try_emplace(factor.key(), factor, Polynomial()).first->second;
    sum.add(Monomial{{}, vectors}, factor.lead().second / first.lead().second);
  }
  if (byFactor.empty())
    return e.fill(build(everywhere, std::nullopt), {length});
  Value total;
  for (const auto &[key, group] : byFactor) {
    Value vector = byFactor.size() > 1 ? known(group.second, length) : Value();
    for (const auto &[monomial, number] : vector ? Polynomial() : group.second) {
      Value product = vectorProduct(monomial.vectors);
      vector = e.add(vector, number == 1 ? product : e.mul(e.constant(number), product));
    }
    std::optional<double> number = group.first.asNumber();
    total = e.add(total, number == 1 ? vector : e.mul(build(group.first, std::nullopt), vector));
  }
  return everywhere.isZero() ? total : e.add(total, build(everywhere, std::nullopt));
}

} // namespace mixc::normalize
