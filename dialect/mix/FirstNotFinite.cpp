#include "dialect/mix/FirstNotFinite.h"
#include "dialect/mix/Execution.h"
#include <cfloat>
#include <cmath>
#include <tuple>

using llvm::Error;
using llvm::Expected;

namespace mixc::mix {

bool isBeyondFloat32(double x) { return !(std::fabs(x) <= FLT_MAX); }

namespace {

/// The largest number by magnitude; NaN if one is.
double extreme(const double *numbers, int64_t count) {
  double largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (std::isnan(numbers[i]))
      return numbers[i];
    if (std::fabs(numbers[i]) > std::fabs(largest))
      largest = numbers[i];
  }
  return largest;
}

class Search : public Execution {
public:
  Search(MixerOp mixer, const Program &program, const Call &call) : Execution(program, call), mixer(mixer) {}

  NotFinite run() {
    result.from.assign(call.sequences() * call.heads, -1);
    for (int64_t head = 0; head < call.heads; ++head) {
      startHead(head);
      for (int64_t sequence = 0; sequence < call.sequences(); ++sequence)
        searchSequence(head, sequence);
    }
    return std::move(result);
  }

private:
  /// An output that reads the end of a state has it at zero here: what comes of it is not searched.
  void searchSequence(int64_t head, int64_t sequence) {
    auto [first, count] = tokensOf(sequence);
    last.resize(program.ends.size());
    for (auto [i, end] : llvm::enumerate(program.ends))
      last[i].assign(program.states[end.state].shape.size(), 0);
    startStates(head, sequence, before);
    for (int64_t token = 0; token < count; ++token) {
      evaluate(head, sequence, first + token, before, last);
      if (std::optional<FirstNotFinite> here = searchToken(token)) {
        here->head = head;
        here->sequence = sequence;
        here->token = token;
        auto place = [](const FirstNotFinite &x) { return std::tuple(x.sequence, x.token, x.head); };
        if (!result.first || place(*here) < place(*result.first))
          result.first = here;
        result.from[sequence * call.heads + head] = token;
        return;
      }
      advance(after);
      before.swap(after);
    }
  }

  std::optional<FirstNotFinite> searchToken(int64_t token) {
    for (const Declared &input : program.inputs)
      if (double value = valueOf(input.slot); isBeyondFloat32(value))
        return FirstNotFinite{declarationOf(input.name), 0, 0, 0, value, {}};
    for (const Declared &param : program.params)
      if (double value = valueOf(param.slot); isBeyondFloat32(value))
        return FirstNotFinite{declarationOf(param.name), 0, 0, 0, value, {}};
    for (const DeclaredState &state : program.states)
      if (double value = valueOf(state.slot);
          token == 0 && call.initial.count(state.tensor) && isBeyondFloat32(value) && value != state.start)
        return FirstNotFinite{declarationOf(state.name), 0, 0, 0, value, {}};
    for (const std::vector<Step> *steps : {&program.perHead, &program.perToken})
      for (const Step &step : *steps) {
        const double value = valueOf(step.result);
        if (!isBeyondFloat32(value) || !step.op)
          continue;
        if (step.op->getNumOperands() == 0 && std::isinf(value))
          continue; // an infinity that is written is meant
        FirstNotFinite here{step.op, 0, 0, 0, value, {}};
        for (mlir::Value operand : step.op->getOperands())
          here.operands.push_back(valueOf(program.slotAt(operand)));
        auto isCause = [&](double x) { return std::isnan(value) ? std::isnan(x) : isBeyondFloat32(x); };
        if (llvm::none_of(here.operands, isCause))
          return here;
      }
    return std::nullopt;
  }

  double valueOf(unsigned slot) {
    const double *numbers = frame[slot].entries(scratch, /*roundToFloat32=*/false);
    return extreme(numbers, frame[slot].size());
  }

  mlir::Operation *declarationOf(const std::string &name) {
    for (mlir::Operation &op : mixer.step())
      if (mlir::isa<InputOp, ParamOp, StateOp>(op))
        if (auto named = op.getAttrOfType<mlir::StringAttr>("name"); named && named == name)
          return &op;
    return mixer;
  }

  MixerOp mixer;
  NotFinite result;
  States before, after, last;
  std::vector<double> scratch;
};

} // namespace

Expected<NotFinite> findNotFinite(MixerOp mixer, const Call &call) {
  Expected<Program> program = Program::compile(mixer, call.dims);
  if (!program)
    return program.takeError();
  Search search(mixer, *program, call);
  if (Error error = search.check())
    return std::move(error);
  return search.run();
}

} // namespace mixc::mix
