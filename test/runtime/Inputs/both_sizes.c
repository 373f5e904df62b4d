/* Two sizes of a mixer in one program. */
#include <stdio.h>

float run8(void), run16(void);

int main(void) {
  printf("8: %g\n", run8());
  printf("16: %g\n", run16());
  return 0;
}
