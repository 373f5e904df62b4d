// Mixers as compiled libraries: each combination of mixer, dims and choices is compiled once a process.
#ifndef MIXC_TEST_E2E_LIBRARY_H
#define MIXC_TEST_E2E_LIBRARY_H

#include "frontend/compile/Compilation.h"
#include "frontend/compile/ElementTypes.h"
#include "frontend/oracle/Run.h"
#include "test/e2e/Mixers.h"

namespace mixc::test {

struct Library {
  Compiled compiled;
  std::unique_ptr<LoadedLibrary> loaded;
  mix::MixerOp equations;  // for the interpreter
  std::string path, error; // error: what the compiler or loader said; empty: all is well
};

/// What a user may choose, at its default.
struct Choices {
  int64_t chunk = 0; // the compiler's
  std::string cpu = "native";
  ElementTypes elementTypes = {};
  bool backward = true;
  Keep keep = Keep::Writes;
};

/// A test that cannot get one fails with `error`.
Library &library(const TestMixer &mixer, int64_t key, int64_t value, const Choices &choices = {});

/// Calls a kernel; a failure fails the test and gives nothing.
std::optional<mix::Answer> runKernel(const Library &library, const std::string &kernel, const mix::Call &call,
                                     int64_t threads = 1);

} // namespace mixc::test

#endif
