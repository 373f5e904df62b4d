// Arrays as a library's callers hold them: numbers of a tensor's element type, side by side.
#pragma once
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>
#include <vector>

namespace mixc {

class Storage {
public:
  Storage() = default;
  /// `size` NaNs. Element types are f32, bf16 and f16.
  Storage(llvm::StringRef elementType, int64_t size);
  /// Numbers, each rounded to the nearest of the element type.
  Storage(llvm::StringRef elementType, llvm::ArrayRef<double> numbers);

  std::vector<double> numbers() const;
  int64_t size() const { return static_cast<int64_t>(bytes.size()) / width; }
  /// The address of an element; an empty array has one too.
  const void *at(int64_t element) const { return bytes.data() + element * width; }
  /// Copies elements of another array of this type.
  void copy(int64_t to, const Storage &other, int64_t from, int64_t count);

private:
  double read(int64_t element) const;
  void write(int64_t element, double number);

  std::string elementType = "f32";
  int64_t width = 4; // bytes
  std::vector<char> bytes;
};

} // namespace mixc
