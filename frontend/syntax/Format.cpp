#include "frontend/syntax/Format.h"
#include "frontend/syntax/Layout.h"
#include "frontend/syntax/Parser.h"

namespace mixc {
namespace {

class Formatter {
public:
  explicit Formatter(const FormatInput &in) : in(in) {}

  std::string run(const ast::File &file) {
    for (const ast::Mixer &mixer : file.mixers)
      this->mixer(mixer);
    between(0);
    return joined();
  }

private:
  /// A statement and the token behind it.
  struct Extent {
    size_t first, last;
    bool isDeclaration;
  };

  void mixer(const ast::Mixer &mixer);
  std::vector<Extent> extents(const ast::Mixer &mixer) const;
  void statements(const std::vector<Extent> &all);
  std::vector<Layout> aligned(llvm::ArrayRef<Extent> block) const;
  void put(size_t last, std::vector<FormattedLine> laidOut);

  void between(unsigned indent);
  void push(FormattedLine line);
  bool continuesComment(const Comment &comment, const Comment *last) const;
  void alignComments();
  std::string joined();

  const FormatInput &in;
  std::vector<FormattedLine> lines;
  size_t at = 0;               // the next token
  bool wantsEmptyLine = false; // before the next line
  bool afterOpening = true;    // the file or a brace has just begun: no empty line
};

void Formatter::mixer(const ast::Mixer &mixer) {
  between(0);
  size_t last = at;
  while (!in.tokens[last].is(Tok::LeftBrace))
    ++last;
  Layout header(in, at, last + 1, 0);
  header.run();
  put(last + 1, std::move(header.lines));
  afterOpening = true;
  statements(extents(mixer));
  between(2);
  wantsEmptyLine = false;
  put(at + 1, {{"}", {}}});
  wantsEmptyLine = true;
}

std::vector<Formatter::Extent> Formatter::extents(const ast::Mixer &mixer) const {
  std::vector<Extent> out;
  size_t token = at;
  for (const auto &statement : mixer.statements) {
    size_t first = token;
    while (in.tokens[token].range.begin < statement->range.end)
      ++token;
    out.push_back({first, token, llvm::isa<ast::Declaration>(statement.get())});
  }
  return out;
}

void Formatter::statements(const std::vector<Extent> &all) {
  for (size_t i = 0; i < all.size();) {
    size_t end = i + 1;
    while (all[i].isDeclaration && end < all.size() && all[end].isDeclaration &&
           !in.gapBefore(all[end].first).hasEmptyLine())
      ++end;
    for (Layout &layout : aligned(llvm::ArrayRef(all).slice(i, end - i))) {
      between(2);
      put(all[i++].last, std::move(layout.lines));
    }
  }
}

/// Declarations in columns: laid out once to learn their widths, then again. Far names are left out of it.
std::vector<Layout> Formatter::aligned(llvm::ArrayRef<Extent> block) const {
  constexpr unsigned farthest = 60;
  unsigned keyword = 0, colon = 0;
  for (const Extent &extent : block)
    keyword = std::max(keyword, in.tokens[extent.first].width());
  auto layouts = [&] {
    std::vector<Layout> out;
    for (const Extent &extent : block) {
      Layout &layout = out.emplace_back(in, extent.first, extent.last, 2);
      layout.keywordWidth = keyword;
      layout.colonColumn = colon;
      layout.run();
    }
    return out;
  };
  std::vector<Layout> once = layouts();
  if (!block[0].isDeclaration)
    return once;
  for (const Layout &layout : once)
    if (layout.colonAt <= farthest)
      colon = std::max(colon, layout.colonAt);
  return layouts();
}

void Formatter::put(size_t last, std::vector<FormattedLine> laidOut) {
  for (FormattedLine &line : laidOut)
    push(std::move(line));
  at = last;
}

void Formatter::push(FormattedLine line) {
  if (wantsEmptyLine && !afterOpening)
    lines.push_back({});
  wantsEmptyLine = afterOpening = false;
  lines.push_back(std::move(line));
}

/// Whether a comment on its own line goes on with the one behind the code above it: it stands right under it.
bool Formatter::continuesComment(const Comment &comment, const Comment *last) const {
  return last && comment.breaksBefore == 1 && comment.column == last->column && !lines.back().comment.empty() &&
         lines.back().text.size() <= formatWidth;
}

/// The comments and empty lines before the next token.
void Formatter::between(unsigned indent) {
  Gap gap = in.gapBefore(at);
  const Comment *behind = nullptr;
  for (const Comment &comment : gap.comments) {
    if (at && comment.breaksBefore == 0) {
      lines.back().comment = comment.text;
      behind = &comment;
    } else if (continuesComment(comment, behind)) {
      lines.push_back({"", comment.text});
    } else {
      wantsEmptyLine |= comment.breaksBefore > 1;
      push({std::string(indent, ' ').append(comment.text), {}});
      behind = nullptr;
    }
  }
  wantsEmptyLine |= gap.breaks > 1;
}

/// Comments behind lines that follow each other stand in one column; one behind a very long line stands alone.
void Formatter::alignComments() {
  auto takesPart = [&](size_t i) { return !lines[i].comment.empty() && lines[i].text.size() <= formatWidth; };
  for (size_t i = 0; i < lines.size();) {
    size_t width = lines[i].text.size(), end = i + 1;
    if (takesPart(i))
      for (; end < lines.size() && takesPart(end); ++end)
        width = std::max(width, lines[end].text.size());
    for (; i < end; ++i)
      if (!lines[i].comment.empty())
        lines[i].text.append(width + 2 - lines[i].text.size(), ' ').append(lines[i].comment);
  }
}

std::string Formatter::joined() {
  alignComments();
  std::string out;
  for (const FormattedLine &line : lines)
    out.append(line.text).push_back('\n');
  return out;
}

} // namespace

std::optional<std::string> format(const Source &source, DiagnosticList &diagnostics) {
  size_t errorsBefore = diagnostics.errorCount();
  ast::File file = parse(source, diagnostics);
  if (diagnostics.errorCount() != errorsBefore)
    return std::nullopt;
  return Formatter(FormatInput(source, lex(source, diagnostics))).run(file);
}

bool readsTheSame(const Source &before, const Source &after) {
  DiagnosticList diagnostics;
  FormatInput a(before, lex(before, diagnostics)), b(after, lex(after, diagnostics));
  if (diagnostics.hasErrors() || a.tokens.size() != b.tokens.size())
    return false;
  for (size_t i = 0; i < a.tokens.size(); ++i) {
    std::vector<Comment> ours = a.gapBefore(i).comments, theirs = b.gapBefore(i).comments;
    auto sameText = [](const Comment &x, const Comment &y) { return x.text == y.text; };
    if (a.tokens[i].kind != b.tokens[i].kind || before.slice(a.tokens[i].range) != after.slice(b.tokens[i].range) ||
        !std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(), sameText))
      return false;
  }
  return true;
}

} // namespace mixc
