// One statement of the formatted text: its tokens on lines, with the comments that stand between them.
#ifndef MIXC_FRONTEND_SYNTAX_LAYOUT_H
#define MIXC_FRONTEND_SYNTAX_LAYOUT_H

#include "frontend/syntax/Spacing.h"

namespace mixc {

struct FormattedLine {
  std::string text;
  std::string_view comment; // behind the text; empty if there is none
};

/// A comment, without the white space at its end.
struct Comment {
  std::string_view text;
  unsigned breaksBefore = 0; // line breaks since the comment or token before it
  unsigned column = 0;       // where it stands in the source, from 0
};

/// What stands between two tokens.
struct Gap {
  std::vector<Comment> comments;
  unsigned breaks = 0; // line breaks since the last comment, or the token before

  bool hasEmptyLine() const;
};

/// The tokens of a file and what stands between them.
struct FormatInput {
  const Source &source;
  std::vector<SpacedToken> tokens; // the last one is `Tok::End`

  explicit FormatInput(const Source &source, const std::vector<Token> &tokens)
      : source(source), tokens(spaced(tokens)) {}
  Gap gapBefore(size_t token) const;
};

/// Tokens [first, last) of one declaration, equation or header.
class Layout {
public:
  Layout(const FormatInput &in, size_t first, size_t last, unsigned indent)
      : in(in), first(first), last(last), indent(indent) {}

  /// Lines break where the author broke them, or, if nowhere and the line is too long, where it helps most.
  void run();

  /// Alignment of declarations: the width that the keyword takes, and where the colon stands; 0: as it comes.
  unsigned keywordWidth = 0, colonColumn = 0;

  std::vector<FormattedLine> lines;
  /// Where the colon of a declaration came to stand.
  unsigned colonAt = 0;

private:
  bool isEquation() const;
  bool keepsBreak(size_t token) const;
  void place();
  void placeToken(size_t token);
  void newLine(size_t token);
  unsigned continuation(size_t token) const;
  void wrap();
  void fill(size_t begin, size_t end, uint32_t depth, bool atProducts);
  unsigned endOf(size_t token) const { return columns[token - first] + in.tokens[token].width(); }
  unsigned column() const { return line.text.size(); }

  const FormatInput &in;
  const size_t first, last;
  const unsigned indent;

  size_t equals = 0, colon = 0; // the tokens that divide it; `last` if it has none
  std::vector<size_t> breaks;   // tokens that begin a line, in order
  bool hasComments = false;

  FormattedLine line;
  unsigned valueColumn = 0;
  std::vector<unsigned> bracketColumns; // of the open ones
  std::vector<unsigned> columns;        // of every token
};

} // namespace mixc

#endif
