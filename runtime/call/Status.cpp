// The status carries its own message, so that a status of one library may be given to another's mix_status_message: all
// are alike.
#include "runtime/call/Status.h"
#include <stdarg.h>
#include <stdio.h>

static __thread mix_error lastError;

mix_status mixrt::fail(Code code, const char *format, ...) {
  lastError.code = code;
  va_list values;
  va_start(values, format);
  vsnprintf(lastError.message, sizeof lastError.message, format, values);
  va_end(values);
  return &lastError;
}

const char *mix_status_message(mix_status status) { return status ? status->message : "success"; }
