// What was found in a mixer's equations: gathered once, printed for people or for programs.
#pragma once
#include "dialect/mix/Mix.h"
#include "lowering/derive/Cost.h"
#include "llvm/Support/JSON.h"

namespace mixc {

struct Explanation {
  /// `r0 = H[t-1] * key`, and the line of the source that asks for it (0: none).
  struct Line {
    std::string text;
    unsigned line = 0;
  };
  struct Stratum {
    std::vector<std::string> states;
    std::string description; // its class, in words
    std::string transition, writeKind;
    std::string reason, place; // of a sequential one: the term that did it, and where it stands
    std::vector<Line> reads, writes, updates;
  };
  struct Kernel {
    std::string name; // "chunked", "recurrent"
    Cost cost;
    int64_t chunk = 0;
    std::string why; // it runs token by token though it is the chunked one
  };

  std::string mixer;
  std::vector<std::string> dims;
  std::map<std::string, int64_t> numbers;
  std::vector<Stratum> strata;
  std::string stateSize;               // numbers per head, as a polynomial: `V*K`
  std::optional<int64_t> stateNumbers; // where the dims have numbers
  std::vector<Kernel> kernels;         // likewise
};

/// Of a mixer at stage `component`.
Explanation explain(mix::MixerOp mixer, const std::map<std::string, int64_t> &numbers);
/// Adds the costs of a mixer's kernels, from a module at stage `tile`.
void addCosts(Explanation &explanation, mlir::ModuleOp tiles);

std::string printExplanation(const Explanation &explanation);
llvm::json::Value jsonOf(const Explanation &explanation);

} // namespace mixc
