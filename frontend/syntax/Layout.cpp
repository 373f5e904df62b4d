#include "frontend/syntax/Layout.h"
#include "frontend/syntax/Format.h"
#include <algorithm>

namespace mixc {

bool Gap::hasEmptyLine() const {
  return breaks > 1 ||
         std::any_of(comments.begin(), comments.end(), [](const Comment &c) { return c.breaksBefore > 1; });
}

Gap FormatInput::gapBefore(size_t token) const {
  Gap gap;
  std::string_view text = source.text;
  size_t at = token ? tokens[token - 1].range.end : 0, end = tokens[token].range.begin;
  while (at < end) {
    if (text[at] == '\n')
      ++gap.breaks;
    if (text[at] != '#') {
      ++at;
      continue;
    }
    size_t stop = std::min(text.find('\n', at), end);
    size_t lineBegin = text.rfind('\n', at) + 1; // npos + 1 is 0
    unsigned column =
        std::count_if(text.begin() + lineBegin, text.begin() + at, [](char c) { return (c & 0xC0) != 0x80; });
    std::string_view comment = text.substr(at, stop - at);
    comment = comment.substr(0, comment.find_last_not_of(" \t\r") + 1);
    gap.comments.push_back({comment, gap.breaks, column});
    gap.breaks = 0;
    at = stop;
  }
  return gap;
}

bool Layout::isEquation() const { return equals != last && colon == last; }

/// Line breaks are kept where a space stands: at operators and commas, and behind `=`.
bool Layout::keepsBreak(size_t token) const {
  const SpacedToken &before = in.tokens[token - 1], &next = in.tokens[token];
  bool isList = token < colon && colon != last && before.is(Tok::Comma) && next.depth == in.tokens[first].depth;
  bool isValue = isEquation() && token > equals &&
                 (before.isBinary || next.isBinary || before.is(Tok::Comma) || token == equals + 1);
  return next.space && (isList || isValue);
}

void Layout::run() {
  auto find = [&](Tok kind) {
    size_t token = first;
    while (token < last && !(in.tokens[token].is(kind) && in.tokens[token].depth == in.tokens[first].depth))
      ++token;
    return token;
  };
  bool isHeader = in.tokens[first].is(Tok::Mixer);
  colon = isHeader ? last : find(Tok::Colon);
  equals = isHeader ? last : find(Tok::Equals);
  for (size_t token = first + 1; token < last; ++token) {
    Gap gap = in.gapBefore(token);
    hasComments |= !gap.comments.empty();
    if (!gap.comments.empty() || (gap.breaks && keepsBreak(token)))
      breaks.push_back(token);
  }
  place();
  if (breaks.empty() && isEquation() && lines.back().text.size() > formatWidth) {
    wrap();
  }
}

void Layout::place() {
  lines.clear();
  columns.clear();
  bracketColumns.clear();
  line = {std::string(indent, ' '), {}};
  valueColumn = indent + 4;
  auto nextBreak = breaks.begin();
  for (size_t token = first; token < last; ++token) {
    if (nextBreak != breaks.end() && *nextBreak == token) {
      newLine(token);
      ++nextBreak;
    } else if (token != first && in.tokens[token].space) {
      line.text += ' ';
    }
    placeToken(token);
  }
  lines.push_back(std::move(line));
}

void Layout::placeToken(size_t token) {
  const SpacedToken &here = in.tokens[token];
  if (token == colon) {
    colonAt = column();
    if (colonColumn > column())
      line.text.append(colonColumn - column(), ' ');
  }
  // What follows the `=`, or the first name of a declaration, is where later lines begin, if it is not too far right.
  bool beginsValue = token == equals + 1 ? isEquation() : token == first + 1 && colon != last;
  if (beginsValue && column() <= 40)
    valueColumn = column();
  columns.push_back(column());
  if (here.closes() && !bracketColumns.empty())
    bracketColumns.pop_back();
  line.text += in.source.slice(here.range);
  if (here.opens())
    bracketColumns.push_back(column());
  if (token == first && colon != last && keywordWidth > here.width())
    line.text.append(keywordWidth - here.width(), ' ');
}

/// Ends the line before a token, with the comments that stand there.
void Layout::newLine(size_t token) {
  unsigned next = continuation(token);
  Gap gap;
  if (hasComments)
    gap = in.gapBefore(token);
  for (const Comment &comment : gap.comments) {
    if (comment.breaksBefore == 0) {
      line.comment = comment.text;
      continue;
    }
    lines.push_back(std::move(line));
    line = {std::string(next, ' ').append(comment.text), {}};
  }
  lines.push_back(std::move(line));
  line = {std::string(next, ' '), {}};
}

/// The column of a line that begins with this token: under the innermost bracket; outside brackets its operand stands
/// under the value.
unsigned Layout::continuation(size_t token) const {
  if (!bracketColumns.empty() && !in.tokens[token].closes())
    return bracketColumns.back() <= 72 ? bracketColumns.back() : valueColumn;
  unsigned before = in.tokens[token].isBinary ? in.tokens[token].width() + 1 : 0;
  return std::max(valueColumn - before, indent + 1);
}

/// Breaks every line that is too long where that disturbs least: at its sums and commas, then its products, then the
/// same inside brackets, until all fit.
void Layout::wrap() {
  uint32_t outermost = in.tokens[first].depth;
  for (uint32_t level = 0; level < 8; ++level) {
    std::vector<size_t> begins = std::move(breaks);
    begins.insert(begins.begin(), first);
    begins.push_back(last);
    breaks.clear();
    bool allFit = true;
    for (size_t i = 0; i + 1 < begins.size(); ++i) {
      if (i)
        breaks.push_back(begins[i]);
      if (endOf(begins[i + 1] - 1) <= formatWidth)
        continue;
      allFit = false;
      fill(begins[i], begins[i + 1], outermost + level / 2, level % 2);
    }
    if (allFit)
      return;
    place();
  }
}

/// Breaks a line at operators or commas of one depth, with as many parts on each line as it holds.
void Layout::fill(size_t begin, size_t end, uint32_t depth, bool atProducts) {
  std::vector<size_t> parts;
  unsigned nextColumn = valueColumn, lineColumn = columns[begin - first];
  for (size_t token = std::max(begin, equals + 1); token < end; ++token) {
    const SpacedToken &here = in.tokens[token], &before = in.tokens[token - 1];
    if (before.opens() && before.depth + 1 == depth && parts.empty())
      nextColumn = columns[token - first];
    bool isSum = here.isSumOperator() || before.is(Tok::Comma);
    if (here.depth == depth && here.space && token > begin && (atProducts ? here.isBinary && !isSum : isSum))
      parts.push_back(token);
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    size_t partEnd = i + 1 < parts.size() ? parts[i + 1] : end;
    if (lineColumn + endOf(partEnd - 1) - columns[begin - first] <= formatWidth)
      continue;
    breaks.push_back(begin = parts[i]);
    lineColumn = nextColumn;
  }
}

} // namespace mixc
