// `--dtype`: what the caller's arrays hold.
#pragma once
#include "dialect/mix/Mix.h"
#include "llvm/Support/Error.h"
#include <map>
#include <string>

namespace mixc {

struct ElementTypes {
  std::string all = "f32";                       // of outputs, and of inputs without an interval
  std::map<std::string, std::string> named = {}; // of declarations, by name

  bool areDefault() const { return all == "f32" && named.empty(); }
};

/// `bf16`, or `alpha=bf16`.
llvm::Error addElementType(ElementTypes &types, const std::string &text);

/// A usage error for a word that is no element type.
llvm::Error checkElementTypes(const ElementTypes &types);

/// Writes them on the declarations of a module's mixers (dialect/mix/ElementType.h). A name that no mixer declares is a
/// usage error.
llvm::Error setElementTypes(mlir::ModuleOp module, const ElementTypes &types);

} // namespace mixc
