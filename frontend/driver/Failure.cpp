#include "frontend/driver/Failure.h"
#include "frontend/render/Excerpt.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace mixc {

char Failure::ID;
bool useColour = false;

static Error fail(const std::string &message, const std::string &help, ExitStatus status) {
  Painter paint{useColour};
  std::string text = paint(Style::Error, "error") + paint(Style::Bold, ": " + sanitized(message)) + "\n";
  if (!help.empty())
    text += "  " + paint(Style::Frame, "=") + " " + paint(Style::Bold, "help") + ": " + sanitized(help) + "\n";
  return make_error<Failure>(std::move(text), status);
}

Error usageError(const std::string &message, const std::string &help) { return fail(message, help, WrongUsage); }

Error unsupportedOption(const std::string &message, const std::string &help) {
  return fail("unsupported: " + message, help, WrongUsage);
}

Error inputError(const std::string &message, const std::string &help) { return fail(message, help, WrongProgram); }

Error internalError(const std::string &message, const std::string &reproducer) {
  return fail("internal: " + message,
              "this is a bug of mixc: please report it" +
                  (reproducer.empty() ? "" : "; reproducer written to " + reproducer),
              WrongProgram);
}

Error renderedError(std::string text) { return make_error<Failure>(std::move(text), WrongProgram); }

int report(Error error) {
  int status = Success;
  handleAllErrors(
      std::move(error),
      [&](const Failure &failure) {
        errs() << failure.text;
        status = std::max<int>(status, failure.status);
      },
      [&](const ErrorInfoBase &other) { status = std::max(status, report(inputError(other.message()))); });
  return status;
}

} // namespace mixc
