#include "test/e2e/Library.h"
#include "llvm/Support/FileSystem.h"

namespace mixc::test {
namespace {

/// A folder that lives as long as the process.
class TemporaryFolder {
public:
  TemporaryFolder() {
    (void)llvm::sys::fs::createUniqueDirectory("mixc-e2e", path);
  } // writing to it will fail, and say so
  ~TemporaryFolder() { (void)llvm::sys::fs::remove_directories(path); }
  llvm::SmallString<128> path;
};

std::string build(const TestMixer &mixer, int64_t key, int64_t value, const Choices &choices, Library &library) {
  static TemporaryFolder folder;
  static std::unique_ptr<mlir::MLIRContext> context = makeContext();
  CompileOptions options;
  options.dims = mixer.dims(key, value);
  options.mixer = mixer.name;
  options.chunk = choices.chunk;
  options.cpu = choices.cpu;
  options.elementTypes = choices.elementTypes;
  options.backward = choices.backward;
  options.keep = choices.keep;
  llvm::Expected<Compiled> compiled = compileFile(*context, mixer.path(), options);
  if (!compiled)
    return llvm::toString(compiled.takeError());
  library.compiled = std::move(*compiled);
  static unsigned count = 0;
  library.path = (folder.path + "/" + mixer.name + llvm::Twine(count++) + ".so").str();
  if (llvm::Error error = writeLibrary(library.compiled, library.path))
    return llvm::toString(std::move(error));
  library.equations = library.compiled.equations(mixer.name);
  const MixerInterface *interface = library.compiled.interface(mixer.name);
  if (!interface || !library.equations)
    return "the compiled module has no " + mixer.name;
  auto loaded = LoadedLibrary::open(library.path, *interface);
  if (!loaded)
    return llvm::toString(loaded.takeError());
  library.loaded = std::move(*loaded);
  return "";
}

} // namespace

Library &library(const TestMixer &mixer, int64_t key, int64_t value, const Choices &choices) {
  using Key = std::tuple<std::string, std::string, std::map<std::string, int64_t>, int64_t, bool, Keep, std::string,
                         std::string, std::map<std::string, std::string>>;
  static auto *built = new std::map<Key, Library>(); // outlives every static it uses
  auto [entry, isNew] =
      built->try_emplace({mixer.path(), mixer.name, mixer.dims(key, value), choices.chunk, choices.backward,
                          choices.keep, choices.cpu, choices.elementTypes.all, choices.elementTypes.named});
  if (isNew)
    entry->second.error = build(mixer, key, value, choices, entry->second);
  return entry->second;
}

std::optional<mix::Answer> runKernel(const Library &library, const std::string &kernel, const mix::Call &call,
                                     int64_t threads) {
  llvm::Expected<mix::Answer> answer = library.loaded->run(kernel, call, threads);
  if (answer)
    return std::move(*answer);
  ADD_FAILURE() << kernel << ": " << llvm::toString(answer.takeError());
  return std::nullopt;
}

} // namespace mixc::test
