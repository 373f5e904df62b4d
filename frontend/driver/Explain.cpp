// `mixc explain MIX0203`: a diagnostic's page. `mixc explain FILE`: what was found in the equations and why.
#include "frontend/driver/Commands.h"
#include "frontend/render/Diagnostics.h"

using namespace llvm;

namespace mixc {

Error explainCommand(const Options &options) {
  if (std::optional<std::string_view> page = explanation(options.file)) {
    outs() << StringRef(page->data(), page->size());
    return Error::success();
  }
  return unsupportedOption("explain");
}

} // namespace mixc
