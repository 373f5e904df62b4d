// C identifiers for the names of a mixer.
#include "lowering/emit/Names.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace mixc {

// C17 and C++20, what the standard headers that we include define, and what compilers predefine in their GNU modes.
static constexpr StringLiteral reserved =
    "auto break case char const continue default do double else enum extern float for goto if inline int "
    "long register restrict return short signed sizeof static struct switch typedef union unsigned void "
    "volatile while alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t "
    "class compl concept consteval constexpr constinit const_cast co_await co_return co_yield decltype "
    "delete dynamic_cast explicit export false friend mutable namespace new noexcept not not_eq nullptr "
    "operator or or_eq private protected public reinterpret_cast requires static_assert static_cast "
    "template this thread_local throw true try typeid typename using virtual wchar_t xor xor_eq typeof "
    "typeof_unqual NULL offsetof linux unix i386";

static bool isReserved(StringRef word) {
  static const StringSet<> words = [] {
    SmallVector<StringRef> all;
    reserved.split(all, ' ');
    StringSet<> set;
    set.insert(all.begin(), all.end());
    return set;
  }();
  return words.contains(word);
}

std::string identifier(StringRef name) {
  std::string text;
  for (char c : name)
    text += isAlnum(c) ? c : '_';
  if (text.empty() || isDigit(text[0]))
    text = "_" + text;
  if (isReserved(text))
    text += "_";
  return text;
}

FieldNames::FieldNames(ArrayRef<StringRef> leading, ArrayRef<StringRef> trailing) {
  taken.insert(leading.begin(), leading.end());
  taken.insert(trailing.begin(), trailing.end());
}

std::string FieldNames::choose(StringRef name) {
  std::string field = identifier(name);
  while (!taken.insert(field).second)
    field += "_";
  return field;
}

} // namespace mixc
