#include "test/unit/compile/AllMixers.h"
#include "frontend/compile/Compilation.h"
#include <filesystem>
#include <regex>

namespace mixc::test {
namespace {

const std::map<std::string, int64_t> dimNumbers = {{"K", 4}, {"V", 5}, {"N", 6}, {"D", 7}, {"P", 3}, {"n", 2}};

void addMixersOf(const std::string &path, std::vector<InFile> &found) {
  const std::string text = llvm::cantFail(readSource(path)).text;
  const std::regex head("mixer (\\w+)<([^>]*)>"), word("[A-Za-z]\\w*");
  for (std::sregex_iterator at(text.begin(), text.end(), head), end; at != end; ++at) {
    const std::string name = (*at)[1], stem = std::filesystem::path(path).stem();
    InFile &mixer = found.emplace_back(InFile{path, name, name == stem ? name : stem + "_" + name, {}});
    const std::string dims = (*at)[2];
    for (std::sregex_iterator dim(dims.begin(), dims.end(), word); dim != end; ++dim)
      mixer.dims[dim->str()] = dimNumbers.count(dim->str()) ? dimNumbers.at(dim->str()) : 3;
  }
}

} // namespace

std::vector<InFile> allMixers() {
  std::vector<InFile> found;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(MIXC_EXAMPLES))
    if (entry.path().extension() == ".mix")
      addMixersOf(entry.path(), found);
  addMixersOf(LANGUAGE, found);
  llvm::sort(found, [](const InFile &x, const InFile &y) { return x.mixer < y.mixer; });
  return found;
}

} // namespace mixc::test
