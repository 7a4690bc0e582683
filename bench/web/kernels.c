/*
 * The embedded guest's kernels as a program for any Linux (v86.ts builds it for riscv64 and i386): `kernels NAME N` does N tenths of a kernel's usual work, and
 * says when it begins, and what came out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../guests/embedded/guest.h"

int main(int argc, char **argv) {
  const unsigned tenths = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
  if (tenths == 0) return fputs("usage: kernels NAME N\n", stderr), 2;
  for (unsigned i = 0; i < kernel_count; i++) {
    if (strcmp(kernels[i].name, argv[1]) != 0) continue;
    puts("kernels: begin");
    fflush(stdout);
    const uint64_t sum = kernels[i].run((unsigned)((uint64_t)kernels[i].rounds * tenths / 10));
    printf("kernels: sum %016" PRIx64 "\n", sum);
    return 0;
  }
  return fprintf(stderr, "kernels: there is no '%s'\n", argv[1]), 1;
}
