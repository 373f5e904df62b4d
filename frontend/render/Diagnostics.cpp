#include "frontend/render/Diagnostics.h"
#include "frontend/render/Excerpt.h"
#include <fmt/format.h>

namespace mixc {

static std::string_view heading(Severity severity) {
  switch (severity) {
  case Severity::Error: return "error";
  case Severity::Warning: return "warning";
  case Severity::Note: return "note";
  }
  return "error";
}

static Style styleOf(Severity severity) {
  return severity == Severity::Warning ? Style::Warning : severity == Severity::Note ? Style::Note : Style::Error;
}

std::string render(const Diagnostic &diagnostic, const Source &source, bool colour) {
  Painter paint{colour};
  std::string code = diagnostic.code.empty() ? "" : fmt::format("[{}]", diagnostic.code);
  std::string out = paint(styleOf(diagnostic.severity), fmt::format("{}{}", heading(diagnostic.severity), code));
  out += paint(Style::Bold, ": " + sanitized(diagnostic.message)) + "\n";
  unsigned margin = 0;
  if (diagnostic.hasPlace) {
    Excerpt excerpt(source, diagnostic, paint, styleOf(diagnostic.severity));
    out += excerpt.text();
    margin = excerpt.gutter();
  }
  auto footer = [&](std::string_view kind, const std::vector<std::string> &lines) {
    for (const std::string &line : lines)
      out += fmt::format("{} {} {}: {}\n", std::string(margin + 1, ' '), paint(Style::Frame, "="),
                         paint(Style::Bold, kind), sanitized(line));
  };
  footer("note", diagnostic.notes);
  footer("help", diagnostic.helps);
  return out;
}

std::string Diagnostics::render(const Source &source, bool colour) const {
  std::string out;
  std::vector<const Diagnostic *> byPlace;
  for (const Diagnostic &diagnostic : all())
    byPlace.push_back(&diagnostic);
  // Found in several passes over the program, read from top to bottom.
  std::sort(byPlace.begin(), byPlace.end(), [](auto *a, auto *b) {
    return std::pair(a->primary.range.begin, a) < std::pair(b->primary.range.begin, b);
  });
  for (const Diagnostic *diagnostic : byPlace)
    out += mixc::render(*diagnostic, source, colour) + (diagnostic->hasPlace ? "\n" : "");
  if (dropped())
    out += fmt::format("and {} more\n", dropped());
  return out;
}

} // namespace mixc
