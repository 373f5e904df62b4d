// A code's page, as `mixc explain MIX0203` shows it.
#include "frontend/render/Diagnostics.h"

namespace mixc {

namespace {
struct Page {
  std::string_view code, text;
};
#include "frontend/render/Pages.inc"
} // namespace

std::optional<std::string_view> explanation(std::string_view code) {
  std::string wanted;
  for (char c : code)
    wanted += toupper((unsigned char)c);
  if (!wanted.starts_with("MIX"))
    wanted = "MIX" + wanted;
  for (const Page &page : pages)
    if (page.code == wanted)
      return page.text;
  return std::nullopt;
}

} // namespace mixc
