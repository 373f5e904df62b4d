// What the machine has of memory, and what is said where that is not enough.
#pragma once
#include "llvm/Support/Error.h"
#include <string>

namespace mixc {

/// Bytes: what the machine has, or this process may have, whichever is less.
double memoryInReach();

/// `WHAT takes 1.5 TB of memory, and there are 24 GB`, where it is so.
llvm::Error needMemory(double bytes, const std::string &what, const std::string &help);

/// `8 KB`, `1.5 TB`, in 1024s.
std::string spellBytes(double bytes);

} // namespace mixc
