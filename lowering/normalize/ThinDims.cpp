// A product over an axis that no state has is a family in disguise:
//
//     X B' = sum_j x_j b_j'       R writes, x_j and b_j the columns of X: matrix<P, R> and B: matrix<N, R>
//     H C  = [H c_1 ... H c_R]    R reads
//
// To unroll it (Linearity.h) R must be a number. Where a state is involved, the number that the mixer's bindings give
// replaces the symbol in all types; products that are free of states stay as they are.
#include "lowering/normalize/ThinDims.h"
#include "lowering/Slices.h"
#include "llvm/ADT/DenseSet.h"
#include <set>

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

static ArrayRef<Dim> dimsOf(Value value) { return cast<TensorType>(value.getType()).getDims(); }

SmallVector<Dim> stateDims(MixerOp mixer) {
  SmallVector<Dim> dims;
  for (StateOp state : mixer.getOps<StateOp>())
    llvm::append_range(dims, state.getType().getDims());
  return dims;
}

/// What depends on a state, or enters one.
static llvm::DenseSet<Value> involved(MixerOp mixer) {
  llvm::DenseSet<Value> result;
  for (Operation &op : mixer.step())
    if (isa<StateOp>(op) || llvm::any_of(op.getOperands(), [&](Value x) { return result.contains(x); }))
      result.insert(op.result_begin(), op.result_end());
  SmallVector<Value> pending;
  for (NextOp next : mixer.getOps<NextOp>())
    pending.push_back(next.getValue());
  result.insert_range(backwardSlice(std::move(pending)));
  return result;
}

/// The text of a dim with numbers in place of symbols.
static Dim bound(const Dim &dim, const std::map<std::string, int64_t> &numbers) {
  std::string text, word;
  auto flush = [&] {
    auto number = numbers.find(word);
    text += number == numbers.end() ? word : std::to_string(number->second);
    word.clear();
  };
  for (char c : dim.str()) {
    if (llvm::isAlnum(c) || c == '_') {
      word += c;
      continue;
    }
    flush();
    text += c;
  }
  flush();
  return *Dim::parse(text);
}

void bindThinDims(MixerOp mixer) {
  DictionaryAttr bindings = mixer.getBindingsAttr();
  if (!bindings)
    return;
  SmallVector<Dim> own = stateDims(mixer);
  llvm::DenseSet<Value> values = involved(mixer);
  std::map<std::string, int64_t> numbers;
  for (MatmulOp product : mixer.getOps<MatmulOp>()) {
    if (!values.contains(product.getResult()) || dimsOf(product.getY()).size() != 2)
      continue;
    SmallVector<Dim> dims(dimsOf(product.getResult()));
    dims.push_back(dimsOf(product.getY())[0]);
    for (const Dim &dim : dims)
      if (!llvm::is_contained(own, dim))
        for (const std::string &symbol : dim.symbols())
          if (auto number = bindings.getAs<IntegerAttr>(symbol))
            numbers[symbol] = number.getInt();
  }
  // A symbol that a state's dims use stays: its states keep their names.
  for (const Dim &dim : own)
    for (const std::string &symbol : dim.symbols())
      numbers.erase(symbol);
  if (numbers.empty())
    return;
  for (Operation &op : mixer.step())
    for (Value value : op.getResults()) {
      auto type = cast<TensorType>(value.getType());
      SmallVector<Dim> dims;
      for (const Dim &dim : type.getDims())
        dims.push_back(bound(dim, numbers));
      value.setType(TensorType::get(mixer.getContext(), dims, type.getRate()));
    }
}

} // namespace mixc::normalize
