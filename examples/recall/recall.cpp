// Trains a small model with each of five mixers on associative recall, and draws how they learn. The forward and
// backward passes of the mixers are those that mixc made of mixers.mix; the rest is here.
#include "check.h"
#include "train.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

using namespace recall;

namespace {

constexpr const char *usage = "recall [MIXER ...] [--steps N] [--figure FILE.svg]   train these mixers, or all\n"
                              "recall [MIXER ...] --check                           gradients against differences\n";

struct Options {
  std::vector<std::unique_ptr<Mixer>> mixers;
  int steps = 2500;
  bool check = false;
  std::string figure;
};

std::optional<Options> parse(int count, char **words) {
  Options options;
  std::vector<std::string_view> names;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--check")
      options.check = true;
    else if (word == "--steps" && i + 1 < count)
      options.steps = std::atoi(words[++i]);
    else if (word == "--figure" && i + 1 < count)
      options.figure = words[++i];
    else
      names.push_back(word);
  }
  const bool wantsAll = names.empty();
  std::vector<std::unique_ptr<Mixer>> all = allMixers();
  for (std::unique_ptr<Mixer> &mixer : all)
    if (wantsAll || std::erase(names, mixer->name))
      options.mixers.push_back(std::move(mixer));
  if (!names.empty() || options.steps < 1)
    return std::nullopt;
  return options;
}

} // namespace

int main(int count, char **words) {
  const std::optional<Options> options = parse(count, words);
  if (!options) {
    std::fputs(usage, stderr);
    return 1;
  }
  bool right = true;
  std::vector<Curve> curves;
  for (const std::unique_ptr<Mixer> &mixer : options->mixers) {
    if (options->check)
      right &= checkGradients(*mixer);
    else
      curves.push_back(train(*mixer, options->steps));
  }
  if (!options->figure.empty() && !writeFigure(options->figure, curves, options->steps)) {
    std::fprintf(stderr, "cannot write %s\n", options->figure.c_str());
    return 1;
  }
  return right ? 0 : 1;
}
