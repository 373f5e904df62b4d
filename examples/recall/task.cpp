#include "task.h"
#include <algorithm>
#include <array>
#include <numeric>

namespace recall {
namespace {

// The standard leaves std::shuffle and its distributions to each library; these give one sequence of numbers
// everywhere.
int below(int bound, std::mt19937_64 &random) { return static_cast<int>(random() % static_cast<uint64_t>(bound)); }

template <class Array> void shuffle(Array &array, std::mt19937_64 &random) {
  for (int i = static_cast<int>(array.size()) - 1; i > 0; --i)
    std::swap(array[i], array[below(i + 1, random)]);
}

void drawSequence(Batch &batch, std::mt19937_64 &random) {
  std::array<int, keyCount> keys;
  std::iota(keys.begin(), keys.end(), 0);
  shuffle(keys, random); // the first 16 are this sequence's

  std::array<int, keysOfSequence * writesOfKey> writes;
  for (int i = 0; i < static_cast<int>(writes.size()); ++i)
    writes[i] = keys[i % keysOfSequence];
  shuffle(writes, random);
  std::array<int, keyCount> lastValue;
  for (int key : writes) {
    lastValue[key] = below(valueCount, random);
    batch.tokens.push_back(key);
    batch.tokens.push_back(keyCount + lastValue[key]);
  }

  std::array<int, keysOfSequence> queries;
  std::copy_n(keys.begin(), keysOfSequence, queries.begin());
  shuffle(queries, random);
  for (int key : queries) {
    batch.tokens.push_back(key);
    batch.answers.push_back(lastValue[key]);
  }
}

} // namespace

Batch drawBatch(int sequences, std::mt19937_64 &random) {
  Batch batch{.sequences = sequences, .tokens = {}, .answers = {}};
  for (int s = 0; s < sequences; ++s)
    drawSequence(batch, random);
  return batch;
}

} // namespace recall
