// The class of a component, in words.
#ifndef MIXC_LOWERING_NORMALIZE_CLASSIFY_H
#define MIXC_LOWERING_NORMALIZE_CLASSIFY_H

#include "dialect/mix/Mix.h"
#include <string>

namespace mixc::normalize {

/// Finds the class from the component's operands and its write values.
mix::ClassAttr classify(mix::ComponentOp component);

/// The class that a component carries; found, where it carries none.
mix::ClassAttr classOf(mix::ComponentOp component);

/// Of n states, whose entries stand at (i, j).
mix::TransitionKind transitionKind(unsigned n,
                                   llvm::ArrayRef<std::pair<std::pair<unsigned, unsigned>, mlir::Value>> entries);

/// "scalar decay, two reads, one write: chunked (one triangular solve per chunk)"
std::string describeClass(mix::ComponentOp component);

} // namespace mixc::normalize

#endif
