/*
 * The laboratory's PowerPC guest: firmware of a 40p that runs the embedded guest's kernels, and ends the machine by a reset.
 * Boot options are those of the embedded guest, run=ppc-NAME[,ppc-NAME...] and scale=N. They are what the board has for a kernel (-kernel): with a
 * command line QEMU's 40p does not start.
 */
#include <stdarg.h>
#include "../embedded/guest.h"

/* Where the board puts a kernel; the rest of memory is zeros. */
#define KERNEL ((const char *)0x01000000)
struct platform platform = { .timebase = 100000000, .bootargs = KERNEL };

/* Ports, where they are in a row. */
enum { PORTS = 0x80000000, SERIAL = PORTS + 0x3f8, LSR = 5, LSR_THRE = 0x20, KEYBOARD = PORTS + 0x64, PULSE_RESET = 0xfe };

static volatile uint8_t *at(uint32_t address) { return (volatile uint8_t *)address; }

static void put(char c) {
  if (c == '\n') put('\r');
  while (!(*at(SERIAL + LSR) & LSR_THRE)) { }
  *at(SERIAL) = (uint8_t)c;
}

static size_t length(const char *s) { size_t n = 0; while (s[n]) n++; return n; }

#include "../embedded/print.h"

/* The time base. PEM, 2.2.1 */
uint64_t mtime(void) {
  uint32_t upper, lower, again;
  do __asm__ volatile("mftbu %0\nmftb %1\nmftbu %2" : "=r"(upper), "=r"(lower), "=r"(again)); while (upper != again);
  return (uint64_t)upper << 32 | lower;
}

void machine_exit(int status) {
  (void)status;                                  /* the machine has none */
  *at(KEYBOARD) = PULSE_RESET;
  for (;;) { }
}

__attribute__((noreturn)) void accident(uint32_t where) {
  print("an exception, near %08x\n", where);
  machine_exit(1);
}

/* No counter of instructions: MIPS are 0. */
__attribute__((noreturn)) void firmware(void) {
  const char *list = boot_option("run");
  unsigned scale = boot_number("scale", 10);
  for (unsigned i = 0; i < kernel_count; i++) {
    const struct kernel *k = &kernels[i];
    char name[20] = "ppc-";
    for (unsigned n = 0; k->name[n]; n++) name[n + 4] = k->name[n];
    if (!boot_list_has(list, name)) continue;
    unsigned rounds = (unsigned)((uint64_t)k->rounds * scale / 10);
    uint64_t ticks = mtime();
    uint64_t sum = k->run(rounds ? rounds : 1);
    uint64_t us = (mtime() - ticks) * 1000000 / platform.timebase;
    print("  %-14s%-26s    %016lx%8lu.%03lu%10u\n", name, k->what, sum, us / 1000, us % 1000, 0);
  }
  print("\nall checks passed\n");
  machine_exit(0);
}
