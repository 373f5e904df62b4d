#include "lowering/normalize/OuterSum.h"
#include <algorithm>
#include <cmath>
#include <set>

namespace mixc::normalize {

namespace {

/// What stands beside a row or a column: a value, or a direction into each sum.
using Side = std::map<unsigned, Polynomial>;

void addTo(Side &side, const Side &other, const Polynomial &factor) {
  for (const auto &[into, x] : other)
    side[into].add(factor * x);
}

struct Line {
  Side side;
  std::vector<Polynomial> entries;
};
using Lines = std::vector<Line>;

/// Columns for rows; `sides` are those of the columns before and of the rows after.
void transpose(Lines &lines, std::vector<Side> &sides) {
  Lines turned;
  for (size_t c = 0; c < sides.size(); ++c) {
    turned.push_back({sides[c], {}});
    for (const Line &line : lines)
      turned.back().entries.push_back(line.entries[c]);
  }
  sides.clear();
  for (const Line &line : lines)
    sides.push_back(line.side);
  lines = std::move(turned);
}

/// Lines as vectors of numbers, one for each monomial of each entry, in echelon form as they come.
class Echelon {
public:
  using Numbers = std::map<std::pair<size_t, Monomial>, double>;

  /// t with line = sum_b t_b line_b over the lines kept so far; nullopt, and it is kept, if there is none.
  std::optional<std::map<size_t, double>> combination(const Line &line, size_t index) {
    Numbers rest = numbers(line);
    double size = largest(rest);
    std::map<size_t, double> of;
    for (const Step &step : steps) {
      auto at = rest.find(step.pivot);
      if (at == rest.end())
        continue;
      double factor = at->second / step.row.at(step.pivot);
      subtract(rest, step.row, factor, size);
      rest.erase(step.pivot);
      for (auto [b, t] : step.of)
        of[b] += factor * t;
    }
    if (rest.empty())
      return of;
    Step next{rest.begin()->first, rest, {{index, 1}}};
    for (auto &[key, number] : rest)
      if (std::fabs(number) > std::fabs(rest.at(next.pivot)))
        next.pivot = key;
    for (auto [b, t] : of)
      next.of[b] -= t;
    steps.push_back(std::move(next));
    return std::nullopt;
  }

private:
  struct Step {
    std::pair<size_t, Monomial> pivot;
    Numbers row;
    std::map<size_t, double> of; // the lines that the row is made of
  };

  static Numbers numbers(const Line &line) {
    Numbers result;
    for (size_t c = 0; c < line.entries.size(); ++c)
      for (const auto &[monomial, number] : line.entries[c])
        result[{c, monomial}] = number;
    return result;
  }
  static double largest(const Numbers &row) {
    double size = 0;
    for (const auto &[key, number] : row)
      size = std::max(size, std::fabs(number));
    return size;
  }
  static void subtract(Numbers &from, const Numbers &row, double factor, double size) {
    constexpr double noise = 1e-12;
    for (const auto &[key, number] : row) {
      double &rest = from[key];
      rest -= factor * number;
      if (std::fabs(rest) <= noise * size)
        from.erase(key);
    }
  }

  std::vector<Step> steps;
};

void joinCombinations(Lines &lines) {
  Echelon echelon;
  Lines kept;
  for (const Line &line : lines) {
    std::optional<std::map<size_t, double>> of = echelon.combination(line, kept.size());
    if (!of) {
      kept.push_back(line);
      continue;
    }
    for (auto [b, t] : *of)
      if (t != 0)
        addTo(kept[b].side, line.side, Polynomial(t));
  }
  lines = std::move(kept);
}

/// The scalars that divide all entries.
Monomial contentOf(const Line &line) {
  Polynomial all;
  for (const Polynomial &entry : line.entries)
    for (const auto &[monomial, number] : entry)
      all.add(monomial, std::fabs(number));
  return all.content();
}

/// p with x = p y, which have the same zeros.
std::optional<Polynomial> ratio(const Line &x, const Line &y) {
  std::optional<Polynomial> p;
  for (size_t c = 0; c < x.entries.size(); ++c) {
    if (x.entries[c].isZero())
      continue;
    if (!p && !(p = divided(x.entries[c], y.entries[c])))
      return std::nullopt;
    if (!(x.entries[c] == *p * y.entries[c]))
      return std::nullopt;
  }
  return p;
}

/// Entries without the scalars that divide them all, and those.
struct Primitive {
  Polynomial content;
  Line line;
  std::vector<bool> support;
};

Primitive primitive(const Line &line) {
  Monomial content = contentOf(line);
  Primitive result{Polynomial(content), {line.side, {}}, {}};
  for (const Polynomial &entry : line.entries) {
    result.line.entries.push_back(entry.without(content));
    result.support.push_back(!entry.isZero());
  }
  return result;
}

void joinMultiples(Lines &lines) {
  std::vector<Primitive> parts;
  for (const Line &line : lines)
    parts.push_back(primitive(line));
  for (size_t i = 0; i < lines.size(); ++i)
    for (size_t j = 0; j < lines.size(); ++j) {
      if (i == j || parts[i].support != parts[j].support)
        continue;
      std::optional<Polynomial> times = ratio(parts[j].line, parts[i].line);
      if (!times)
        continue;
      Side side;
      addTo(side, lines[i].side, parts[i].content);
      addTo(side, lines[j].side, parts[j].content * *times);
      lines[i] = {side, parts[i].line.entries};
      parts[i] = {Polynomial(1), lines[i], parts[i].support};
      lines.erase(lines.begin() + j);
      parts.erase(parts.begin() + j);
      i -= j < i;
      j = -1; // from the start: what is kept may be a multiple of another
    }
}

/// The fewest lines and columns with every entry that is not zero on one of them; columns where there is a choice.
class Cover {
public:
  Cover(const Lines &lines, size_t columns) : lines(lines), lineOf(columns, none), columnOf(lines.size(), none) {
    for (size_t c = 0; c < columns; ++c) {
      std::vector<bool> seen(lines.size());
      match(c, seen);
    }
    // Reachable from columns without a partner, by edges and back along the matching.
    reachedColumn.assign(columns, false);
    reachedLine.assign(lines.size(), false);
    for (size_t c = 0; c < columns; ++c)
      if (lineOf[c] == none)
        reach(c);
  }
  bool hasLine(size_t r) const { return reachedLine[r]; }
  bool hasColumn(size_t c) const { return lineOf[c] != none && !reachedColumn[c]; }

private:
  static constexpr size_t none = -1;
  bool match(size_t c, std::vector<bool> &seen) {
    for (size_t r = 0; r < lines.size(); ++r) {
      if (lines[r].entries[c].isZero() || seen[r])
        continue;
      seen[r] = true;
      if (columnOf[r] == none || match(columnOf[r], seen)) {
        columnOf[r] = c;
        lineOf[c] = r;
        return true;
      }
    }
    return false;
  }
  void reach(size_t c) {
    reachedColumn[c] = true;
    for (size_t r = 0; r < lines.size(); ++r)
      if (!lines[r].entries[c].isZero() && !reachedLine[r]) {
        reachedLine[r] = true;
        reach(columnOf[r]); // it has one: else the matching could grow
      }
  }

  const Lines &lines;
  std::vector<size_t> lineOf, columnOf;
  std::vector<bool> reachedLine, reachedColumn;
};

} // namespace

void OuterSum::add(const Polynomial &value, unsigned into, const Polynomial &direction) {
  for (const auto &[v, a] : value) {
    Monomial row{{}, v.vectors}, free;
    for (Atom atom : v.scalars)
      (isFixed(atom) ? row : free).scalars.push_back(atom);
    for (const auto &[d, b] : direction) {
      Monomial scalars = free * Monomial{d.scalars, {}};
      entries[row][{into, {{}, d.vectors}}].add(scalars, a * b);
    }
  }
}

std::optional<std::vector<OuterSum::Product>> OuterSum::fewest() const {
  constexpr size_t most = 128;
  std::map<std::pair<unsigned, Monomial>, size_t> columnIndex;
  std::vector<Side> sides;
  for (const auto &[row, line] : entries)
    for (const auto &[column, entry] : line)
      if (!entry.isZero() && columnIndex.try_emplace(column, sides.size()).second)
        sides.push_back({{column.first, Polynomial(column.second)}});
  Lines lines;
  for (const auto &[row, line] : entries) {
    Line next{{{0, Polynomial(row)}}, std::vector<Polynomial>(sides.size())};
    for (const auto &[column, entry] : line)
      if (!entry.isZero())
        next.entries[columnIndex.at(column)] = entry;
    lines.push_back(std::move(next));
  }
  if (lines.size() > most || sides.size() > most)
    return std::nullopt;

  // Rows and columns in turn, until both are as few as they get. An even number of turns leaves rows rows.
  for (unsigned unchanged = 0, turn = 0; unchanged < 2 || turn % 2; ++turn) {
    size_t before = lines.size();
    joinCombinations(lines);
    joinMultiples(lines);
    unchanged = lines.size() < before ? 0 : unchanged + 1;
    transpose(lines, sides);
  }

  Cover cover(lines, sides.size());
  std::vector<Product> products;
  for (size_t c = 0; c < sides.size(); ++c) {
    if (!cover.hasColumn(c))
      continue;
    Product product{{}, sides[c]};
    for (const Line &line : lines)
      product.value.add(line.entries[c] * line.side.at(0));
    products.push_back(product);
  }
  for (size_t r = 0; r < lines.size(); ++r) {
    if (!cover.hasLine(r))
      continue;
    Product product{lines[r].side.at(0), {}};
    for (size_t c = 0; c < sides.size(); ++c)
      if (!cover.hasColumn(c))
        addTo(product.along, sides[c], lines[r].entries[c]);
    for (auto along = product.along.begin(); along != product.along.end();)
      along = along->second.isZero() ? product.along.erase(along) : std::next(along);
    products.push_back(product);
  }
  return products;
}

} // namespace mixc::normalize
