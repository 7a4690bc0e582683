/* What runs in a partition, at 40000000 in a megabyte of its own, as a user. Which it is it is told; the rest is by system calls. */
#include <stdint.h>

enum { DONE = 0, SAY = 1, NEXT = 2 };
static inline uint32_t call(uint32_t number, uint32_t a, uint32_t b) {
  register uint32_t r0 __asm__("r0") = number, r3 __asm__("r3") = a, r4 __asm__("r4") = b;
  __asm__ volatile("sc" : "+r"(r0), "+r"(r3), "+r"(r4)::"memory");
  return r3;
}

static uint32_t mixed(uint32_t n, uint32_t rounds) {
  for (uint32_t x = n + 1; rounds--; n = (n ^ x) * 2654435761u) x = x * 1664525 + 1013904223;
  return n;
}

__attribute__((section(".text.0"), used)) void partition_main(uint32_t n) {
  volatile uint32_t *own = (volatile uint32_t *)0x40080000;
  for (uint32_t i = 0; i < 4; i++) {
    own[i] = mixed(n, 100000 * (i + 1));
    call(SAY, i, own[i]);
    if (n == 1) call(NEXT, 0, 0);                /* gives the rest of its slice away */
    if (n == 2 && i == 1) *(volatile uint32_t *)0x1000 = 0; /* the firmware's */
  }
  call(DONE, 0, 0);
  for (;;) { }
}
