#include "frontend/compile/Failure.h"
#include "frontend/render/Excerpt.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace mixc {

char Failure::ID;
bool useColour = false;

static std::string rendered(Style style, const char *heading, const std::string &message, const std::string &help) {
  Painter paint{useColour};
  std::string text = paint(style, heading) + paint(Style::Bold, ": " + sanitized(message)) + "\n";
  if (!help.empty())
    text += "  " + paint(Style::Frame, "=") + " " + paint(Style::Bold, "help") + ": " + sanitized(help) + "\n";
  return text;
}

static Error fail(const std::string &message, const std::string &help, ExitStatus status) {
  return make_error<Failure>(rendered(Style::Error, "error", message, help), status);
}

Error usageError(const std::string &message, const std::string &help) { return fail(message, help, WrongUsage); }

Error unsupportedOption(const std::string &message, const std::string &help) {
  return fail("unsupported: " + message, help, WrongUsage);
}

Error inputError(const std::string &message, const std::string &help) { return fail(message, help, WrongProgram); }

Error resourceError(const std::string &message, const std::string &help) { return fail(message, help, NoResources); }

Error fileError(const std::string &what, const std::string &name, std::error_code code) {
  return resourceError("cannot " + what + " `" + name + "`: " + code.message());
}

Error internalError(const std::string &message, const std::string &reproducer) {
  return fail("internal: " + message,
              "this is a bug of mixc: please report it" +
                  (reproducer.empty() ? "" : "; reproducer written to " + reproducer),
              InternalBug);
}

Error renderedError(std::string text) { return make_error<Failure>(std::move(text), WrongProgram); }

void warn(const std::string &message, const std::string &help) {
  errs() << rendered(Style::Warning, "warning", message, help);
}

/// What a library below this driver says: of a file or of memory if it has a code of the system, of itself if it says so.
static Error classified(const ErrorInfoBase &error) {
  std::string message = error.message();
  StringRef text = message;
  if (text.consume_front("internal error: "))
    return internalError(text.str());
  return error.convertToErrorCode() == inconvertibleErrorCode() ? inputError(message) : resourceError(message);
}

int report(Error error) {
  int status = Success;
  handleAllErrors(
      std::move(error),
      [&](const Failure &failure) {
        errs() << failure.text;
        status = std::max<int>(status, failure.status);
      },
      [&](const ErrorInfoBase &other) { status = std::max(status, report(classified(other))); });
  return status;
}

Error finishOutput() {
  outs().flush();
  if (!outs().has_error())
    return Error::success();
  std::error_code code = outs().error();
  outs().clear_error(); // one that nobody asked for ends the process
  return resourceError("cannot write the standard output: " + code.message());
}

} // namespace mixc
