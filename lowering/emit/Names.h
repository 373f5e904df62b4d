// Names of a mixer as names in C.
#ifndef MIXC_LOWERING_EMIT_NAMES_H
#define MIXC_LOWERING_EMIT_NAMES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <string>

namespace mixc {

/// A C identifier: anything but letters and digits becomes `_`, and what C or C++ reserves gets one at its end
/// (`float_`).
std::string identifier(llvm::StringRef name);

/// The fields of one struct, each with a name of its own: one that is taken gets an underscore (an input called
/// `time`).
class FieldNames {
public:
  FieldNames(llvm::ArrayRef<llvm::StringRef> leading, llvm::ArrayRef<llvm::StringRef> trailing);
  std::string choose(llvm::StringRef name);

private:
  llvm::StringSet<> taken;
};

} // namespace mixc

#endif
