/* Prints what a library says of one of its mixers: describe LIBRARY NAME_describe. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments) {
  void *library = count == 3 ? dlopen(arguments[1], RTLD_NOW) : NULL;
  const char *(*describe)(void);
  if (!library)
    return 1;
  *(void **)&describe = dlsym(library, arguments[2]);
  if (!describe)
    return 1;
  puts(describe());
  return 0;
}
