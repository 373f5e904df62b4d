// A call of a mixer as a folder of .npy files: NAME.npy for every input and param, NAME.initial.npy for states,
// cu_seqlens.npy; and its gradients: NAME.grad.npy of inputs, params and outputs, NAME.initial.grad.npy and
// NAME.final.grad.npy of states.
#pragma once
#include "dialect/mix/Backward.h"

namespace mixc {

/// Counts that the command line names; unset: what the arrays say.
struct GivenCounts {
  std::optional<int64_t> batch, time, heads, groups;
};

/// Reads the arrays that the mixer declares, and reads batch, time, heads and groups off them. `dims` are all bound.
llvm::Expected<mix::Call> readCall(const std::string &folder, mix::MixerOp mixer,
                                   const std::map<std::string, int64_t> &dims, const GivenCounts &counts);
/// Reads the cotangents of every output, and of the states that have a file.
llvm::Expected<mix::Cotangents> readCotangents(const std::string &folder, mix::MixerOp mixer, const mix::Call &call);
/// Writes NAME.npy for outputs and NAME.final.npy for states: float32, or float64 from the interpreter.
llvm::Error writeAnswer(const std::string &folder, const mix::Answer &answer, bool inFloat64);
/// Writes NAME.grad.npy for inputs and params and NAME.initial.grad.npy for states.
llvm::Error writeGradients(const std::string &folder, const mix::Gradients &gradients, bool inFloat64);
/// Writes what readCall reads.
llvm::Error writeCall(const std::string &folder, const mix::Call &call);
/// Writes what readCotangents reads.
llvm::Error writeCotangents(const std::string &folder, const mix::Cotangents &cotangents);

/// The first bounded value outside its interval, as an error that says where.
llvm::Error checkIntervals(mix::MixerOp mixer, const mix::Call &call);

} // namespace mixc
