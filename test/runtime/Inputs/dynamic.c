/* Calls a library that it opens, by the header that it was compiled with: dynamic LIBRARY. */
#include "lib.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef mix_status forward_function(const la_forward_args *);
typedef size_t size_function(const la_forward_args *);
typedef const char *message_function(mix_status);

static float x[2 * 32], y[2 * 32];

int main(int count, char **arguments) {
  void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
  if (!library)
    return puts(dlerror()), 1;
  puts(dlsym(library, "la_forward_" la_FINGERPRINT) ? "they belong together" : "they do not belong together");
  forward_function *forward = (forward_function *)dlsym(library, "la_forward");
  size_function *size = (size_function *)dlsym(library, "la_workspace_size");
  message_function *message = (message_function *)dlsym(library, "mix_status_message");
  la_forward_args args = {.size = sizeof args, .batch = 1, .time = 2, .heads = 1};
  args.q = x, args.k = x, args.v = x, args.y = y;
  args.workspace = malloc(size(&args) + 1);
  puts(message(forward(&args)));
  args.size = sizeof args - sizeof args.reserved; /* as who has no header, but NAME_describe */
  args.workspace = malloc(size(&args) + 1);
  puts(message(forward(&args)));
  return 0;
}
