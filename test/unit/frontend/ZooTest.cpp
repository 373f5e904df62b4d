// The interpreter against numbers of another, written apart: zoo/zoo.txt, for every mixer of zoo/zoo.mix. A line is
//
//     mixer NAME K=3 V=2          begins a mixer
//     KIND NAME shape : numbers   an input, param, initial state, output or final state; families stacked
#include "dialect/mix/Interpreter.h"
#include "frontend/gen/Import.h"
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace mixc;

namespace {

struct Reference {
  std::string mixer;
  mix::Call call;
  mix::Answer answer;
};

const std::string folder = MIX_SOURCE_DIR "/test/unit/frontend/zoo/";

std::string readFile(const std::string &name) {
  std::ifstream file(folder + name);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

mix::Array readArray(std::istringstream &words) {
  std::vector<int64_t> shape;
  std::string word;
  while (words >> word && word != ":")
    shape.push_back(std::stoll(word));
  mix::Array array(shape);
  for (double &number : array.data)
    words >> number;
  EXPECT_FALSE(words.fail());
  return array;
}

std::vector<Reference> readReferences() {
  std::vector<Reference> result;
  std::istringstream lines(readFile("zoo.txt"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind, name, word;
    words >> kind >> name;
    if (kind == "mixer") {
      result.push_back({name, {}, {}});
      while (words >> word)
        result.back().call.dims[word.substr(0, word.find('='))] = std::stoll(word.substr(word.find('=') + 1));
      continue;
    }
    Reference &reference = result.back();
    mix::Arrays &arrays = kind == "input"     ? reference.call.inputs
                          : kind == "param"   ? reference.call.params
                          : kind == "initial" ? reference.call.initial
                          : kind == "output"  ? reference.answer.outputs
                                              : reference.answer.final;
    arrays[name] = readArray(words);
  }
  return result;
}

double distance(const mix::Array &x, const mix::Array &reference) {
  if (x.shape != reference.shape)
    return INFINITY;
  double difference = 0, size = 0;
  for (size_t i = 0; i < x.data.size(); ++i) {
    difference += (x.data[i] - reference.data[i]) * (x.data[i] - reference.data[i]);
    size += reference.data[i] * reference.data[i];
  }
  return std::sqrt(difference / size);
}

} // namespace

TEST(Zoo, EveryMixerAgreesWithNumbersFromElsewhere) {
  std::vector<Reference> references = readReferences();
  EXPECT_EQ(references.size(), 28u);
  for (Reference &reference : references) {
    mlir::MLIRContext context;
    DiagnosticList diagnostics;
    mlir::OwningOpRef<mlir::ModuleOp> module = importMix(&context, Source("zoo.mix", readFile("zoo.mix")),
                                                         {reference.call.dims}, diagnostics, reference.mixer);
    ASSERT_TRUE(module) << reference.mixer << diagnostics.all().front().message;
    EXPECT_TRUE(diagnostics.all().empty()) << reference.mixer;
    reference.call.time = 6;
    reference.call.heads = 2;
    llvm::Expected<mix::Answer> answer = mix::interpret(*module->getOps<mix::MixerOp>().begin(), reference.call);
    ASSERT_TRUE(bool(answer)) << reference.mixer << ": " << llvm::toString(answer.takeError());
    for (const auto &[name, array] : reference.answer.outputs)
      EXPECT_LE(distance(answer->outputs.at(name), array), 1e-12) << reference.mixer << ", " << name;
    for (const auto &[name, array] : reference.answer.final)
      EXPECT_LE(distance(answer->final.at(name), array), 1e-12) << reference.mixer << ", final " << name;
  }
}
