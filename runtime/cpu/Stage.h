// Copies of what a kernel cannot take as the caller has it (call/Layout.h): [rows, numbers], one next to the other.
#ifndef MIXC_RUNTIME_CPU_STAGE_H
#define MIXC_RUNTIME_CPU_STAGE_H

#include "runtime/abi.h"

namespace mixrt {

/// Numbers of 2 or 4 bytes: (row, number) at first + row time + number element bytes.
struct Strided {
  char *first;
  int64_t time, element;
};

void copyNumbers(const Strided &to, const Strided &from, int64_t rows, int64_t numbers, int64_t bytesEach);

/// What a state of decode is without one: its start as it is declared. `param`: where the param's numbers are, if it
/// starts there, and `paramElement` bytes from one to the next.
void startState(const mixrt_tensor &state, char *stage, const char *param, int64_t paramElement, int64_t paramType);

} // namespace mixrt

#endif
