// A small right mixer, and mixers that differ from it in one place.
#ifndef MIXC_TEST_UNIT_FRONTEND_MIXER_H
#define MIXC_TEST_UNIT_FRONTEND_MIXER_H

#include <string>

inline std::string goodMixer() {
  return "mixer m<K, V> {\n"
         "  input q, k : vector<K>\n"
         "  input v : vector<V>\n"
         "  state H : matrix<V, K>\n"
         "  output y : vector<V>\n"
         "  H[t] = H[t-1] + v * k'\n"
         "  y[t] = H[t] * q\n"
         "}\n";
}

inline std::string goodMixerWith(const std::string &old, const std::string &replacement) {
  std::string text = goodMixer();
  return text.replace(text.find(old), old.size(), replacement);
}

#endif
