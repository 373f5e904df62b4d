#include "test/e2e/Examples.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace mixc::test {

/// Any other dim is a few more than the one before.
static const std::map<std::string, int64_t> dimNumbers = {{"K", 12}, {"V", 20}, {"N", 10},
                                                          {"D", 17}, {"P", 16}, {"n", 2}};

std::vector<TestMixer> mixersOf(const std::string &path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const std::string whole = text.str();
  const std::regex head("mixer (\\w+)<([^>]*)>"), word("[A-Za-z]\\w*");
  std::vector<TestMixer> found;
  for (std::sregex_iterator at(whole.begin(), whole.end(), head), end; at != end; ++at) {
    TestMixer mixer{.name = (*at)[1], .keyDim = "", .valueDim = "", .file = path};
    const std::string dims = (*at)[2];
    for (std::sregex_iterator dim(dims.begin(), dims.end(), word); dim != end; ++dim) {
      mixer.allDims[dim->str()] =
          dimNumbers.count(dim->str()) ? dimNumbers.at(dim->str()) : static_cast<int64_t>(5 + 4 * mixer.allDims.size());
      if (std::string &name = mixer.keyDim.empty() ? mixer.keyDim : mixer.valueDim; name.empty())
        name = dim->str();
    }
    found.push_back(mixer);
  }
  return found;
}

std::vector<std::string> exampleFiles() {
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(MIXC_EXAMPLES)) {
    const std::filesystem::path file = entry.path() / (entry.path().filename().string() + ".mix");
    if (std::filesystem::exists(file))
      files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  return files;
}

const std::vector<TestMixer> &exampleMixers() {
  static const std::vector<TestMixer> all = [] {
    std::vector<TestMixer> found;
    for (const std::string &file : exampleFiles())
      for (TestMixer &mixer : mixersOf(file))
        found.push_back(std::move(mixer));
    for (TestMixer &mixer : found)
      mixer.fading = fadingOf(mixer.name);
    return found;
  }();
  return all;
}

std::vector<std::string> exampleNames() {
  std::vector<std::string> names;
  for (const TestMixer &mixer : exampleMixers())
    names.push_back(mixer.name);
  return names;
}

const TestMixer &exampleNamed(const std::string &name) {
  return *std::find_if(exampleMixers().begin(), exampleMixers().end(),
                       [&](const TestMixer &mixer) { return mixer.name == name; });
}

} // namespace mixc::test
