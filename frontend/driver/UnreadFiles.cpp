#include "frontend/driver/UnreadFiles.h"
#include "frontend/driver/Report.h"
#include "frontend/sema/Suggest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <fmt/format.h>
#include <set>

using namespace llvm;

namespace mixc {
namespace {

struct Names {
  std::set<std::string> needed, optional, written;

  explicit Names(mix::MixerOp mixer) : optional{"cu_seqlens"} {
    for (mlir::Operation &op : mixer.step()) {
      if (!isa<mix::InputOp, mix::ParamOp, mix::StateOp, mix::OutputOp>(op))
        continue;
      const std::string name = mix::homeOf(&op).tensor.str();
      if (isa<mix::StateOp>(op)) {
        addState(name);
        continue;
      }
      (isa<mix::OutputOp>(op) ? written : needed).insert(name);
      (isa<mix::OutputOp>(op) ? needed : written).insert(name + ".grad");
      if (auto input = dyn_cast<mix::InputOp>(op); input && mix::historyOf(input))
        addState(name + ".history");
    }
  }

private:
  void addState(const std::string &name) {
    optional.insert({name + ".initial", name + ".final.grad"});
    written.insert({name + ".final", name + ".initial.grad"});
  }
};

/// What is left of a name that people vary: `H_initial` and `H.initial` are one.
std::string plain(StringRef name) {
  std::string text;
  for (char c : name)
    if (isAlnum(c))
      text += toLower(c);
  return text;
}

std::string nearestOf(StringRef file, const std::set<std::string> &names) {
  for (const std::string &name : names)
    if (plain(name) == plain(file))
      return name;
  return nearest(file, {names.begin(), names.end()});
}

} // namespace

Error sayUnreadFiles(const std::string &folder, mix::MixerOp mixer) {
  const Names names(mixer);
  std::set<std::string> files;
  std::error_code code;
  for (sys::fs::directory_iterator file(folder, code), end; file != end && !code; file.increment(code))
    if (sys::path::extension(file->path()) == ".npy")
      files.insert(sys::path::stem(file->path()).str());
  if (code)
    return fileError("read the folder", folder, code);
  std::set<std::string> missing;
  for (const std::string &name : names.optional)
    if (!files.count(name))
      missing.insert(name);
  for (const std::string &file : files) {
    if (names.needed.count(file) || names.optional.count(file) || names.written.count(file))
      continue;
    const std::string path = fmt::format("{}/{}.npy", folder, file);
    if (std::string near = nearestOf(file, missing); !near.empty())
      return inputError(fmt::format("nobody reads `{}`", path), fmt::format("did you mean `{}.npy`?", near));
    if (!StringRef(file).ends_with(".final")) // what a run of another mixer left beside its outputs
      warn(fmt::format("nobody reads `{}`: `{}` has no such array", path, mixer.getSymName().str()));
  }
  return Error::success();
}

} // namespace mixc
