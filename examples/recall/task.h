// Associative recall with overwriting. A sequence writes each of 16 keys twice, in random order, as key, value, key,
// value, ...; then it asks for all of them, in random order, key, key, ...: at each the model is to say the value that
// was written last. A memory that only adds up what it is given holds both values of a key and cannot tell which is the
// later one.
#ifndef RECALL_TASK_H
#define RECALL_TASK_H

#include <cstdint>
#include <random>
#include <vector>

namespace recall {

constexpr int keyCount = 64, valueCount = 64; // the vocabulary: keys are tokens 0 .. 63, values 64 .. 127
constexpr int keysOfSequence = 16, writesOfKey = 2;
constexpr int writtenTokens = 2 * writesOfKey * keysOfSequence;
constexpr int sequenceLength = writtenTokens + keysOfSequence; // 64 tokens of writes, 16 of queries

struct Batch {
  int sequences;
  std::vector<int> tokens;  // [sequences, sequenceLength]
  std::vector<int> answers; // [sequences, keysOfSequence]: values from 0, for the last tokens of each sequence
};

Batch drawBatch(int sequences, std::mt19937_64 &random);

} // namespace recall

#endif
