// `--dtype`: what the caller's arrays hold.
#pragma once
#include "dialect/mix/Backward.h"
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

/// Writes them on the declarations of a module's mixers (dialect/mix/ElementType.h). A name that no mixer declares is a
/// usage error.
llvm::Error setElementTypes(mlir::ModuleOp module, const ElementTypes &types);

/// Rounds a call's numbers to what its mixer's arrays hold: what the kernels see, the interpreter sees too.
void roundToStorage(mix::MixerOp mixer, mix::Call &call);
/// The same of cotangents, which have the types of what they are the cotangents of.
void roundToStorage(mix::MixerOp mixer, mix::Cotangents &cotangents);

/// `f32`, `bf16` or `f16` of an output or state.
std::string elementTypeOf(mix::MixerOp mixer, const std::string &name);

} // namespace mixc
