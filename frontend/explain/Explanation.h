// What was found in a mixer's equations: gathered once, printed for people or for programs (docs/explain.md).
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
    std::string kind;        // one word: identity, scalar, diagonal, scan, semiring, sequential
    std::string description; // its class, in words
    bool valueGate = false;
    std::string transition, writeKind; // of a component; transition is `sequential` for others
    std::string scan;                  // affine, max, logsumexp; empty for others
    std::string reason;                // why it is of its class
    std::string place, help;           // without normal form: where the term stands, and what would lift it
    std::string joined;                // the memory whose decay and keys a normaliser shares
    std::string stateSize;             // numbers per head, as a polynomial: `V*K`
    std::vector<Line> reads, writes, updates, lateReads;
    std::vector<std::string> chunkForm;

    bool isComponent() const { return transition != "sequential"; }
  };
  struct Kernel {
    std::string name; // "chunked", "recurrent"
    Cost cost;
    int64_t chunk = 0;
    std::string why; // some of its states step token by token though it is the chunked one
  };
  /// The backward kernel, and the choices of what the forward one keeps for it.
  struct Gradient {
    struct Kept {
      std::string what;         // "writes" (and states), "states", "nothing"
      double flopsPerToken = 0; // of all that backward computes, anew what was not kept
      double bytesPerToken = 0;
      double bytesPerSequence = 0; // and once for each head of a sequence
    };
    std::vector<Kept> choices; // from most kept to nothing; no "writes" if none would be worked out again
    int64_t chunk = 0;
    int64_t segment = 0; // tokens from one kept state to the next
    std::string adjoint; // what kind of recurrence it is
  };

  std::string mixer;
  std::vector<std::string> dims;
  std::map<std::string, int64_t> numbers;
  std::vector<Stratum> strata;
  std::string withoutState;            // what it is where there are no strata, in words
  int64_t window = 1;                  // how many tokens of inputs one token takes, itself and those before it
  std::string stateSize;               // of all strata
  std::optional<int64_t> stateNumbers; // where the dims have numbers
  std::vector<Kernel> kernels;         // likewise
  std::optional<Gradient> gradient;    // likewise
};

/// Of a mixer at stage `component`.
Explanation explain(mix::MixerOp mixer, const std::map<std::string, int64_t> &numbers);
/// Adds the costs of a mixer's kernels, from a module at stage `tile`.
void addCosts(Explanation &explanation, mlir::ModuleOp tiles);
/// Adds what gradients cost, from two such modules: with writes kept and with states alone.
void addGradientCosts(Explanation &explanation, mlir::ModuleOp keepingWrites, mlir::ModuleOp keepingStates);

/// As text. `isWhole`: however long a formula is; else it is cut to a line.
std::string printExplanation(const Explanation &explanation, bool isWhole);
llvm::json::Value jsonOf(const Explanation &explanation);

} // namespace mixc
