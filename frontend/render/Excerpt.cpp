// How several labels of one line are laid out, as rustc does: the rightmost beside its carets, the others below, each
// hanging from its own column.
//
//     7 |   H[t] = a * H[t-1] + k * v'
//       |          ----------   ^^^^^^ matrix<K, V>
//       |          |
//       |          matrix<V, K>, as `H` is declared
#include "frontend/render/Excerpt.h"
#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace mixc {

/// Longer lines are shown in part, around what is marked.
static constexpr unsigned maxWidth = 120;
static constexpr unsigned tabWidth = 4;

std::string Painter::operator()(Style style, std::string_view text) const {
  if (!colour)
    return std::string(text);
  static constexpr std::string_view codes[] = {"\033[1;31m", "\033[1;33m", "\033[1;32m", "\033[1;34m", "\033[1m"};
  return fmt::format("{}{}\033[0m", codes[size_t(style)], text);
}

namespace {

/// A line as it is shown, and where each of its bytes begins there.
struct ShownLine {
  std::vector<std::string> cells; // one column each
  std::vector<unsigned> columnOf; // byte -> column; one more for the end
};

/// The length of the UTF-8 sequence at the start of `text`; 0 if it is none.
unsigned sequenceLength(std::string_view text) {
  unsigned char first = text[0];
  unsigned length = first < 0x80 ? 1 : first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (first >= 0xF5 || length > text.size())
    return 0;
  for (unsigned i = 1; i < length; ++i)
    if ((text[i] & 0xC0) != 0x80)
      return 0;
  return length;
}

ShownLine show(std::string_view text) {
  ShownLine line;
  for (size_t i = 0; i < text.size();) {
    unsigned length = sequenceLength(text.substr(i));
    unsigned column = line.cells.size();
    if (text[i] == '\t') {
      do
        line.cells.push_back(" ");
      while (line.cells.size() % tabWidth);
    } else if (length == 0 || (unsigned char)text[i] < 0x20 || text[i] == 0x7F) {
      line.cells.push_back("?");
    } else {
      line.cells.emplace_back(text.substr(i, length));
    }
    for (unsigned k = 0; k < std::max(length, 1u); ++k)
      line.columnOf.push_back(column);
    i += std::max(length, 1u);
  }
  line.columnOf.push_back(line.cells.size());
  return line;
}

} // namespace

std::string sanitized(std::string_view text) {
  std::string out;
  for (const std::string &cell : show(text).cells)
    out += cell;
  return out;
}

Excerpt::Excerpt(const Source &source, const Diagnostic &diagnostic, const Painter &paint, Style primary)
    : source(source), paint(paint), primary(primary), place(diagnostic.primary.range) {
  marks.push_back(mark(diagnostic.primary, true));
  for (const Label &label : diagnostic.secondary)
    marks.push_back(mark(label, false));
  std::sort(marks.begin(), marks.end(), [](const Mark &a, const Mark &b) { return a.line < b.line; });
  width = std::to_string(marks.back().line).size();
}

// What spans several lines is marked to the end of its first one.
Excerpt::Mark Excerpt::mark(const Label &label, bool isPrimary) const {
  Mark mark;
  mark.label = label.text;
  mark.isPrimary = isPrimary;
  uint32_t begin = std::min<size_t>(label.range.begin, source.text.size());
  mark.line = source.lineOf(begin);
  Range line = source.lineRange(mark.line);
  mark.begin = std::clamp(begin, line.begin, line.end);
  mark.end = std::clamp(label.range.end, mark.begin, line.end);
  return mark;
}

std::string Excerpt::frame(std::string_view number) const {
  return paint(Style::Frame, fmt::format(" {:>{}} |", number, width));
}

std::string Excerpt::text() const {
  Position position = source.position(place.begin);
  std::string out = fmt::format("{}{} {}:{}:{}\n", std::string(width + 1, ' '), paint(Style::Frame, "-->"),
                                sanitized(source.name), position.line, position.column);
  out += frame("") + "\n";
  for (size_t i = 0; i < marks.size();) {
    size_t next = i;
    while (next < marks.size() && marks[next].line == marks[i].line)
      ++next;
    if (i && marks[i].line > marks[i - 1].line + 1)
      out += paint(Style::Frame, " ...") + "\n";
    out += lineWithMarks(marks[i].line, {marks.begin() + i, marks.begin() + next});
    i = next;
  }
  return out;
}

std::string Excerpt::lineWithMarks(unsigned line, std::vector<Mark> marks) const {
  std::sort(marks.begin(), marks.end(), [](const Mark &a, const Mark &b) { return a.begin < b.begin; });
  auto centre = std::find_if(marks.begin(), marks.end(), [](const Mark &m) { return m.isPrimary; });
  if (centre == marks.end())
    centre = marks.begin();

  // Of a very long line only the bytes near the primary mark are looked at, and of those at most `maxWidth` columns
  // shown.
  Range whole = source.lineRange(line), part = whole;
  if (whole.end - whole.begin > 8 * maxWidth) {
    part.begin = std::max(whole.begin, centre->begin - std::min(centre->begin, 4 * maxWidth));
    part.end = std::min(whole.end, centre->begin + 4 * maxWidth);
  }
  ShownLine shown = show(source.slice(part));
  for (Mark &m : marks) {
    m.begin = shown.columnOf[std::clamp(m.begin, part.begin, part.end) - part.begin];
    m.end = std::max(m.begin + 1, shown.columnOf[std::clamp(m.end, part.begin, part.end) - part.begin]);
  }
  unsigned first = 0, last = shown.cells.size();
  if (last > maxWidth) {
    unsigned middle = centre->begin;
    first = middle < maxWidth / 2 ? 0 : std::min<unsigned>(middle - maxWidth / 2, last - maxWidth);
    last = first + maxWidth;
  }
  bool cutLeft = first > 0 || part.begin > whole.begin, cutRight = last < shown.cells.size() || part.end < whole.end;
  unsigned shift = cutLeft ? 4 : 0; // "... "
  std::string text = cutLeft ? "... " : "";
  for (unsigned i = first; i < last; ++i)
    text += shown.cells[i];
  text += cutRight ? " ..." : "";
  for (Mark &m : marks) {
    m.begin = std::clamp(m.begin, first, last) - first + shift;
    m.end = std::max(m.begin + 1, std::clamp(m.end, first, last) - first + shift);
  }

  std::string out = frame(std::to_string(line)) + (text.empty() ? "" : " ") + text + "\n";
  // Carets; the primary's are drawn over the others'.
  std::string carets(std::max_element(marks.begin(), marks.end(), [](auto &a, auto &b) { return a.end < b.end; })->end,
                     ' ');
  for (bool drawPrimary : {false, true})
    for (const Mark &m : marks)
      if (m.isPrimary == drawPrimary)
        std::fill(carets.begin() + m.begin, carets.begin() + m.end, drawPrimary ? '^' : '-');
  std::vector<Mark> hanging;
  for (const Mark &m : marks)
    if (!m.label.empty())
      hanging.push_back(m);
  std::string beside;
  bool besideIsPrimary = false;
  auto rightmost = std::max_element(marks.begin(), marks.end(), [](auto &a, auto &b) { return a.end < b.end; });
  if (!hanging.empty() && hanging.back().begin == rightmost->begin) {
    beside = " " + sanitized(hanging.back().label);
    besideIsPrimary = hanging.back().isPrimary;
    hanging.pop_back();
  }
  auto painted = [&](const std::string &row) {
    std::string result;
    for (size_t i = 0; i < row.size();) {
      size_t end = row.find_first_not_of(row[i], i);
      end = end == std::string::npos ? row.size() : end;
      std::string run = row.substr(i, end - i);
      result += row[i] == '^' ? paint(primary, run) : row[i] == ' ' ? run : paint(Style::Frame, run);
      i = end;
    }
    return result;
  };
  out += frame("") + " " + painted(carets) + paint(besideIsPrimary ? primary : Style::Frame, beside) + "\n";

  // A bar under each label that still hangs; then the labels, from the right.
  auto bars = [&](size_t count) {
    std::string row;
    for (size_t i = 0; i < count; ++i) {
      row.resize(std::max<size_t>(row.size(), hanging[i].begin), ' ');
      row.resize(hanging[i].begin + 1, '|');
    }
    return row;
  };
  if (!hanging.empty())
    out += frame("") + " " + painted(bars(hanging.size())) + "\n";
  for (size_t i = hanging.size(); i-- > 0;) {
    std::string row = bars(i);
    row.resize(std::max<size_t>(row.size(), hanging[i].begin), ' ');
    out += frame("") + " " + painted(row) +
           paint(hanging[i].isPrimary ? primary : Style::Frame, sanitized(hanging[i].label)) + "\n";
  }
  return out;
}

} // namespace mixc
