// How an entry point fails: one message per thread, kept until that thread's next failure.
#ifndef MIXC_RUNTIME_STATUS_H
#define MIXC_RUNTIME_STATUS_H

#include "runtime/abi.h"

namespace mixrt {

enum Code : int32_t {
#define CODE(name, number, meaning) name = number,
  MIXRT_CODES(CODE)
#undef CODE
};

/// Fills this thread's error and returns it. The format is printf's.
__attribute__((format(printf, 2, 3))) mix_status fail(Code code, const char *format, ...);

} // namespace mixrt

#endif
