#include "frontend/compile/Failure.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace mixc {

char Failure::ID;

std::string Failure::rendered(bool colour) const {
  static const Source none;
  return diagnostics.render(source ? *source : none, colour);
}

void Failure::log(raw_ostream &out) const { out << rendered(/*colour=*/false); }

static Failure failure(Fault fault, const std::string &message, const std::string &help, std::string reproducer = "") {
  Diagnostic diagnostic;
  diagnostic.hasPlace = false;
  diagnostic.message = message;
  if (!help.empty())
    diagnostic.help(help);
  Diagnostics all;
  all.add(std::move(diagnostic));
  return {fault, std::move(all), nullptr, std::move(reproducer)};
}

static Failure bug(const std::string &message, std::string reproducer = "") {
  return failure(Fault::Bug, "internal: " + message, "this is a bug of mixc: please report it", std::move(reproducer));
}

Error programError(Diagnostics diagnostics, std::shared_ptr<const Source> source) {
  return make_error<Failure>(Fault::Program, std::move(diagnostics), std::move(source));
}

Error usageError(const std::string &message, const std::string &help) {
  return make_error<Failure>(failure(Fault::Usage, message, help));
}

Error unsupportedOption(const std::string &message, const std::string &help) {
  return usageError("unsupported: " + message, help);
}

Error inputError(const std::string &message, const std::string &help) {
  return make_error<Failure>(failure(Fault::Program, message, help));
}

Error resourceError(const std::string &message, const std::string &help) {
  return make_error<Failure>(failure(Fault::Resource, message, help));
}

Error fileError(const std::string &what, const std::string &name, std::error_code code) {
  return resourceError("cannot " + what + " `" + name + "`: " + code.message());
}

Error internalError(const std::string &message, std::string reproducer) {
  return make_error<Failure>(bug(message, std::move(reproducer)));
}

static Failure classified(const ErrorInfoBase &error) {
  std::string message = error.message();
  StringRef text = message;
  if (text.consume_front("internal error: "))
    return bug(text.str());
  const bool isOfTheSystem = error.convertToErrorCode() != inconvertibleErrorCode();
  return failure(isOfTheSystem ? Fault::Resource : Fault::Program, message, "");
}

Failure failureOf(Error error) {
  std::optional<Failure> all;
  auto add = [&](Failure next) {
    if (!all) {
      all = std::move(next);
      return;
    }
    all->fault = std::max(all->fault, next.fault);
    all->diagnostics.append(next.diagnostics);
    if (!all->source)
      all->source = next.source;
  };
  handleAllErrors(
      std::move(error), [&](const Failure &failure) { add(failure); },
      [&](const ErrorInfoBase &other) { add(classified(other)); });
  return all ? std::move(*all) : bug("a failure that says nothing");
}

} // namespace mixc
