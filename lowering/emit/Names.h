// Names of a mixer as names in C.
#ifndef MIXC_LOWERING_EMIT_NAMES_H
#define MIXC_LOWERING_EMIT_NAMES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <string>

namespace mixc {

/// A C identifier: anything but letters and digits becomes `_`.
std::string identifier(llvm::StringRef name);

/// A field may not have this name, since a program that includes standard headers, in C or C++, may mean something else
/// by it: a keyword, a macro, a type that the header itself uses.
bool isReserved(llvm::StringRef name);

/// The fields of one struct, each with a name of its own: one that is reserved (`float_`) or taken (an input called
/// `time`) gets an underscore.
class FieldNames {
public:
  explicit FieldNames(llvm::ArrayRef<llvm::StringRef> taken);
  std::string choose(llvm::StringRef name);

private:
  llvm::StringSet<> taken;
};

} // namespace mixc

#endif
