// NumPy's .npy files, versions 1 to 3: a header `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 300)}`, then the
// numbers.
#pragma once
#include "dialect/mix/Interpreter.h"
#include "llvm/Support/Error.h"

namespace mixc {

/// Float32 and float64, row-major or Fortran order, of a little-endian machine. Errors say what was found.
llvm::Expected<mix::Array> readNpy(const std::string &path);
/// Int64 (or int32), one axis.
llvm::Expected<std::vector<int64_t>> readNpyIntegers(const std::string &path);

enum class NpyType { Float32, Float64 };
llvm::Error writeNpy(const std::string &path, const mix::Array &array, NpyType type);
llvm::Error writeNpyIntegers(const std::string &path, const std::vector<int64_t> &numbers);

} // namespace mixc
