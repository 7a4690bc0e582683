/*
 * wemu's embedded guest: a bare-metal riscv64 program that shows that a machine works, with nothing fetched.
 * Boot options (-append): run=NAME[,NAME...] only these kernels; scale=N repeats N tenths of the usual work (10); quiet=1 prints results only.
 */
#include "guest.h"

static volatile unsigned timer_interrupts, software_interrupts, traps_expected;
static volatile uint64_t last_cause;

uint64_t trap(uint64_t cause, uint64_t pc, uint64_t value) {
  last_cause = cause;
  if (cause == (1ul << 63 | 7)) { timer_interrupts++; set_timer(~0ul); return pc; }
  if (cause == (1ul << 63 | 3)) { software_interrupts++; *(volatile uint32_t *)platform.clint = 0; return pc; }
  if (traps_expected) { traps_expected--; return pc + 4; }
  print("unexpected trap: cause %lx pc %lx value %lx\n", cause, pc, value);
  machine_exit(2);
}

static unsigned failures;
static void check(const char *what, int ok) {
  print("  %-44s %s\n", what, ok ? "ok" : "FAILED");
  failures += !ok;
}

static void check_machine(void) {
  check("device tree: console, timer, finisher", platform.uart && platform.clint && platform.finisher);
  uint64_t before = mtime();
  for (volatile int i = 0; i < 100000; i++) { }
  check("mtime advances", mtime() > before);

  /* Waits with interrupts pending but not taken, so that none can slip in between the look and the wfi. */
  __asm__ volatile("csrw mie, %0" :: "r"(0x88ul));
  set_timer(mtime() + platform.timebase / 100);
  for (uint64_t pending = 0; !(pending & 0x80);) {
    __asm__ volatile("wfi");
    __asm__ volatile("csrr %0, mip" : "=r"(pending));
  }
  __asm__ volatile("csrsi mstatus, 8");
  check("timer interrupt wakes wfi", timer_interrupts == 1);
  *(volatile uint32_t *)platform.clint = 1;
  before = mtime();
  while (!software_interrupts && mtime() - before < platform.timebase) { }
  check("software interrupt", software_interrupts == 1);
  __asm__ volatile("csrci mstatus, 8");

  traps_expected = 1;
  __asm__ volatile(".option push\n.option norvc\n.word 0\n.option pop");
  check("illegal instruction traps", traps_expected == 0 && last_cause == 2);
  traps_expected = 1;
  __asm__ volatile("ecall");
  check("ecall traps", traps_expected == 0 && last_cause == 11);
  double third;
  __asm__ volatile("csrw fflags, zero\nfdiv.d %0, %1, %2" : "=f"(third) : "f"(1.0), "f"(3.0));
  uint64_t flags;
  __asm__ volatile("csrr %0, fflags" : "=r"(flags));
  check("floating point: 1/3 is inexact", flags == 1 && third == 1.0 / 3.0);
}

static void run_kernels(const char *list, unsigned scale) {
  print("\n  %-10s%-26s%20s%12s%10s\n", "kernel", "", "checksum", "ms", "MIPS");
  uint64_t all_instructions = 0, all_ticks = 0;
  for (unsigned i = 0; i < kernel_count; i++) {
    const struct kernel *k = &kernels[i];
    if (!boot_list_has(list, k->name)) continue;
    unsigned rounds = (unsigned)((uint64_t)k->rounds * scale / 10);
    uint64_t ticks = mtime(), instructions = read_instret();
    uint64_t sum = k->run(rounds ? rounds : 1);
    instructions = read_instret() - instructions;
    ticks = mtime() - ticks;
    all_instructions += instructions;
    all_ticks += ticks;
    uint64_t us = ticks * 1000000 / platform.timebase;
    print("  %-10s%-26s    %016lx%8lu.%03lu%10lu\n", k->name, k->what, sum, us / 1000, us % 1000, instructions / (us ? us : 1));
  }
  uint64_t us = all_ticks * 1000000 / platform.timebase;
  print("  %-10s%-26s    %16s%8lu.%03lu%10lu\n", "all", "", "", us / 1000, us % 1000, all_instructions / (us ? us : 1));
}

int kernel_main(uint64_t hart, const void *fdt) {
  (void)hart;
  if (platform_probe(fdt)) return 1;
  if (!boot_option("quiet")) {
    print("\nwemu embedded guest: bare-metal riscv64\n\n");
    print("  model   %s\n  isa     %s\n", platform.model, platform.isa);
    print("  memory  %lu MiB at 0x%lx, timebase %u Hz\n\n", platform.memory_size >> 20, platform.memory_base, platform.timebase);
    check_machine();
  }
  run_kernels(boot_option("run"), boot_number("scale", 10));
  print(failures ? "\n%u checks FAILED\n" : "\nall checks passed\n", failures);
  return failures ? 1 : 0;
}
