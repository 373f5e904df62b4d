#include "frontend/syntax/Source.h"
#include <algorithm>

namespace mixc {

std::string_view Source::slice(Range range) const {
  size_t begin = std::min<size_t>(range.begin, text.size());
  size_t end = std::clamp<size_t>(range.end, begin, text.size());
  return std::string_view(text).substr(begin, end - begin);
}

const std::vector<uint32_t> &Source::lineStarts() const {
  if (starts.empty()) {
    starts.push_back(0);
    for (uint32_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n')
        starts.push_back(i + 1);
  }
  return starts;
}

unsigned Source::lineOf(uint32_t offset) const {
  const std::vector<uint32_t> &lines = lineStarts();
  return std::upper_bound(lines.begin(), lines.end(), offset) - lines.begin();
}

Range Source::lineRange(unsigned line) const {
  const std::vector<uint32_t> &lines = lineStarts();
  uint32_t begin = lines[line - 1];
  uint32_t end = line < lines.size() ? lines[line] - 1 : text.size();
  if (end > begin && text[end - 1] == '\r')
    --end;
  return {begin, end};
}

Position Source::position(uint32_t offset) const {
  offset = std::min<size_t>(offset, text.size());
  unsigned line = lineOf(offset);
  unsigned column = 1;
  for (uint32_t i = lineStarts()[line - 1]; i < offset; ++i)
    column += (text[i] & 0xC0) != 0x80;
  return {line, column};
}

} // namespace mixc
