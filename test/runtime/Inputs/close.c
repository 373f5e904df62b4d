/* Opens libraries, calls each with many threads, closes them: no thread and no mapping of theirs is left. A child of
   fork does the same with what its parent opened. close LIBRARY... */
#include "lib.h"
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef mix_status forward_function(const la_forward_args *);

static float x[64 * 16 * 8], y[64 * 16 * 8];
static char workspace[1 << 20];

static int threads(void) {
  int count = -2; /* . and .. */
  DIR *tasks = opendir("/proc/self/task");
  while (readdir(tasks))
    ++count;
  closedir(tasks);
  return count;
}

static int is_mapped(const char *path) {
  char line[4096];
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps))
    found |= strstr(line, path) != NULL;
  fclose(maps);
  return found;
}

static int call(void *library) {
  forward_function *forward = (forward_function *)dlsym(library, "la_forward");
  la_forward_args args = {.size = sizeof args, .batch = 8, .time = 8, .heads = 16};
  args.q = x, args.k = x, args.v = x, args.y = y, args.workspace = workspace;
  return forward(&args) != NULL;
}

int main(int count, char **paths) {
  int wrong = 0, most = 0;
  alarm(60);
  for (int round = 0; round < 3; ++round) {
    void *libraries[256];
    for (int i = 1; i < count; ++i) {
      libraries[i] = dlopen(paths[i], RTLD_NOW);
      if (!libraries[i])
        return puts(dlerror()), 1;
      wrong += call(libraries[i]);
    }
    most = threads() > most ? threads() : most;
    fflush(stdout);
    const pid_t child = fork();
    if (!child) {
      for (int i = 1; i < count; ++i) {
        if (i % 2)
          wrong += call(libraries[i]);
        dlclose(libraries[i]);
      }
      wrong += threads() != 1;
      exit(wrong);
    }
    int status = 1;
    waitpid(child, &status, 0);
    wrong += status != 0;
    for (int i = 1; i < count; ++i) {
      dlclose(libraries[i]);
      wrong += is_mapped(paths[i]);
    }
    wrong += threads() != 1;
  }
  printf("%s: %d threads at most, %d at the end\n", wrong ? "WRONG" : "ok", most, threads());
  void *library = dlopen(paths[1], RTLD_NOW);
  wrong += call(library); /* and a process that ends without closing it ends */
  return wrong != 0;
}
