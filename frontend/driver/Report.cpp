#include "frontend/driver/Report.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace mixc {

static bool isColoured = false;

void setColour(bool isOn) { isColoured = isOn; }

ExitStatus statusOf(Fault fault) {
  switch (fault) {
  case Fault::Program: return WrongProgram;
  case Fault::Usage: return WrongUsage;
  case Fault::Resource: return NoResources;
  case Fault::Bug: return InternalBug;
  }
  return InternalBug;
}

void warn(const std::string &message, const std::string &help) {
  Diagnostic diagnostic;
  diagnostic.severity = Severity::Warning;
  diagnostic.hasPlace = false;
  diagnostic.message = message;
  if (!help.empty())
    diagnostic.help(help);
  errs() << render(diagnostic, {}, isColoured);
}

void say(const Diagnostics &warnings, const Source &source) { errs() << warnings.render(source, isColoured); }

/// The name of the file; empty if none can be written.
static std::string writeReproducer(StringRef text) {
  int file;
  SmallString<128> path;
  if (sys::fs::createTemporaryFile("mixc-reproducer", "mlir", file, path))
    return "";
  raw_fd_ostream out(file, /*shouldClose=*/true);
  out << text;
  out.close();
  const bool isWritten = !out.has_error();
  out.clear_error(); // an error that nobody asked for ends the process
  return isWritten ? path.str().str() : "";
}

static ExitStatus reportOne(const Failure &failure) {
  errs() << failure.rendered(isColoured);
  if (!failure.reproducer.empty())
    if (std::string path = writeReproducer(failure.reproducer); !path.empty())
      errs() << "  = note: `" << path << "` shows it\n";
  return statusOf(failure.fault);
}

int report(Error error) {
  int status = Success;
  handleAllErrors(std::move(error), [&](std::unique_ptr<ErrorInfoBase> each) {
    status = std::max<int>(status, reportOne(failureOf(Error(std::move(each)))));
  });
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
