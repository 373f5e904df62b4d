// What people write from habit, of other languages and of papers, and how it is said here. Each gives the text of a
// help, or nothing.
#ifndef MIXC_FRONTEND_SYNTAX_HABITS_H
#define MIXC_FRONTEND_SYNTAX_HABITS_H

#include "llvm/ADT/StringRef.h"
#include <string_view>

namespace mixc {

/// Of a word that begins a statement elsewhere: `return`, `def`, `for`.
std::string_view habitOfStatement(llvm::StringRef word);
/// Of a character that is not of the language, as it stands in the text: `;`, `&`, `²`.
std::string_view habitOfCharacter(std::string_view character);
/// Of what follows `per` in place of `group`.
std::string_view habitOfPer(llvm::StringRef word);
/// Of a function's name: `swish`, `matmul`, `cumsum`.
std::string_view habitOfFunction(llvm::StringRef name);
/// `[t]` or `[t-1]`, where a name says a time (`H_t`, `H_prev`, `old_H`), and sets `base` to the rest of it.
std::string_view timeInName(llvm::StringRef name, llvm::StringRef &base);

} // namespace mixc

#endif
