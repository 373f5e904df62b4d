// The source lines of a diagnostic, with carets under the culprit and labels beside and below them.
#ifndef MIXC_FRONTEND_RENDER_EXCERPT_H
#define MIXC_FRONTEND_RENDER_EXCERPT_H

#include "frontend/syntax/Diagnostic.h"

namespace mixc {

enum class Style { Error, Warning, Note, Frame, Bold };

/// ANSI colours, or none.
struct Painter {
  bool colour = false;
  std::string operator()(Style style, std::string_view text) const;
};

/// Control characters and bytes that are no UTF-8 would disturb a terminal: they become `?`, tabs spaces.
std::string sanitized(std::string_view text);

class Excerpt {
public:
  Excerpt(const Source &source, const Diagnostic &diagnostic, const Painter &paint, Style primary);

  std::string text() const;
  /// The width of the line numbers.
  unsigned gutter() const { return width; }

private:
  /// A label on one line of the source: first its bytes, then, once it is known what is shown of the line, its columns.
  struct Mark {
    unsigned line = 1;
    unsigned begin = 0, end = 1;
    std::string label;
    bool isPrimary = false;
  };

  Mark mark(const Label &label, bool isPrimary) const;
  std::string lineWithMarks(unsigned line, std::vector<Mark> marks) const;
  std::string frame(std::string_view number) const;

  const Source &source;
  const Painter &paint;
  Style primary;
  Range place;
  std::vector<Mark> marks; // by line
  unsigned width = 1;
};

} // namespace mixc

#endif
