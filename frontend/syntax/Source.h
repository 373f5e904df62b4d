// The text of one .mix file and the places in it: byte ranges inside the compiler, lines and columns for people.
#ifndef MIXC_FRONTEND_SYNTAX_SOURCE_H
#define MIXC_FRONTEND_SYNTAX_SOURCE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mixc {

/// Bytes [begin, end) of a source.
struct Range {
  uint32_t begin = 0, end = 0;

  bool operator==(const Range &) const = default;
  Range to(Range last) const { return {begin, last.end}; }
};

/// Both count from 1; a column counts characters (UTF-8 code points), not bytes.
struct Position {
  unsigned line = 1, column = 1;
};

struct Source {
  std::string name;
  std::string text;

  Source() = default;
  Source(std::string name, std::string text) : name(std::move(name)), text(std::move(text)) {}

  std::string_view slice(Range range) const;
  Position position(uint32_t offset) const;
  unsigned lineOf(uint32_t offset) const;
  /// The bytes of a line (from 1), without its line break.
  Range lineRange(unsigned line) const;

private:
  /// Where each line starts; found on first use, for most files are never asked.
  const std::vector<uint32_t> &lineStarts() const;
  mutable std::vector<uint32_t> starts;
};

} // namespace mixc

#endif
