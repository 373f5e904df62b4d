// The files of `--in DIR` that nobody reads.
#pragma once
#include "dialect/mix/Mix.h"
#include "llvm/Support/Error.h"
#include <string>

namespace mixc {

/// Warns of every .npy that no mixer of these declarations reads or writes, final states of others aside. One whose
/// name is nearly that of an array which may be left out, and is (`H_initial.npy`), is an error: the call would go on
/// without it.
llvm::Error sayUnreadFiles(const std::string &folder, mix::MixerOp mixer);

} // namespace mixc
