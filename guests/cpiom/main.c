/* The firmware: brings the board up, tries it, and takes commands. */
#include "board.h"
#include "../embedded/guest.h"

#define PROMPT "cpiom> "

static int begins(const char *text, const char *with) { while (*with) if (*text++ != *with++) return 0; return 1; }
static int same(const char *a, const char *b) { while (*a && *a == *b) a++, b++; return *a == *b; }
/* A number at *at, and nothing but a space after it; 0: there is none. */
static int number(const char **at, uint32_t *value) {
  while (**at == ' ') ++*at;
  uint32_t base = 10, digits = 0;
  if (begins(*at, "0x")) { *at += 2; base = 16; }
  for (*value = 0;; ++*at, digits++) {
    uint32_t c = (uint32_t)(uint8_t)**at, digit = c - '0' < 10 ? c - '0' : (c | 32) - 'a' < 6 ? (c | 32) - 'a' + 10 : 99;
    if (digit >= base) return digits > 0 && (c == 0 || c == ' ');
    *value = *value * base + digit;
  }
}

/* A load or store of somebody's choice: what becomes of it is said. */
static void access(uint32_t at, const uint32_t *value) {
  uint32_t errors = bus_errors, misses = unmapped, seen = 0;
  expects_bus_error = 1;
  if (value) set(at, *value);
  else seen = get(at);
  expects_bus_error = 0;
  if (bus_errors != errors) print("%08x: nobody answers\n", at);
  else if (unmapped != misses) print("%08x: not mapped\n", at);
  else if (!value) print("%08x: %08x\n", at, seen);
}

static void line_of(char *text, int size) {
  int n = 0;
  for (;;) {
    int c = getchar();
    if (c == '\r' || c == '\n') { print("\n"); text[n] = 0; return; }
    if (c == 8 || c == 127) { if (n) { n--; print("\b \b"); } }
    else if (c >= ' ' && n < size - 1) { text[n++] = (char)c; print("%c", c); }
  }
}

static void bench(const char *args) {
  while (*args == ' ') args++;
  char name[16];
  int n = 0;
  while (*args && *args != ' ' && n < 15) name[n++] = *args++;
  name[n] = 0;
  uint32_t scale;
  if (!number(&args, &scale) || !scale) scale = 1;
  for (unsigned i = 0; i < kernel_count; i++) {
    if (n && !same(name, "all") && !same(name, kernels[i].name)) continue;
    uint32_t start = MFSPR(268);
    uint64_t sum = kernels[i].run(kernels[i].rounds / 10 * scale);
    print("  %-9s %-24s %016lx %6u ms\n", kernels[i].name, kernels[i].what, sum, (MFSPR(268) - start) / 16600);
  }
}

static void info(void) {
  uint32_t pvr = MFSPR(287);
  print("  PVR %08x, HID0 %08x, HID2 %08x, time base at 16.6 MHz\n", pvr, MFSPR(1008), MFSPR(1011));
  print("  board %08x, calendar %u ms\n", get(CONFIG + 0x40), get(TIMERS + 0x44));
  print("  interrupts: %u tick, %u slice, %u DMA, %u serial\n", ticks, slices, dmas, serial_interrupts);
  print("  machine checks: %u violation, %u refresh, %u EDC, %u bus\n", violations, refreshes, edcs, bus_errors);
  print("  EDC: %u corrected, %u not\n", get(EDC_COUNTS), get(EDC_COUNTS + 4));
}

static void help(void) {
  print("  info                counters and processor\n"
        "  test [NAME]         tick, edc, protect, bus, flash, dma; all\n"
        "  run                 partitions under the scheduler\n"
        "  bench [NAME|all] [N]  compute workloads, N tenths of the usual work\n"
        "  pci                 who is on the bus\n"
        "  peek A, poke A V    a word\n"
        "  reset, off [N]      N: exit status\n");
}

/* Not inlined: who fuzzes it finds it by its name (examples/gustave). */
__attribute__((noinline)) void command(const char *line) {
  while (*line == ' ') line++;
  const char *rest = line;
  if (!*line) return;
  if (same(line, "help") || same(line, "?")) help();
  else if (same(line, "info")) info();
  else if (same(line, "test")) print("%d failed\n", test_all());
  else if (begins(line, "test ")) { if (test_named(line + 5) < 0) print("no test '%s'\n", line + 5); }
  else if (same(line, "run")) scheduler_run();
  else if (same(line, "bench") || begins(line, "bench ")) bench(line + 5);
  else if (same(line, "pci")) pci_list();
  else if (begins(line, "peek ")) {
    uint32_t at;
    rest += 5;
    if (number(&rest, &at)) access(at & ~3u, 0);
    else print("peek A: A is a number, 0x for hexadecimal\n");
  } else if (begins(line, "poke ")) {
    uint32_t at, value;
    rest += 5;
    if (number(&rest, &at) && number(&rest, &value)) access(at & ~3u, &value);
    else print("poke A V: A and V are numbers, 0x for hexadecimal\n");
  } else if (same(line, "reset")) set(POWER, 42);
  else if (same(line, "off") || begins(line, "off ")) {
    uint32_t status;
    rest += 3;
    if (!number(&rest, &status)) status = 0;
    set(POWER, (status & 0xff) << 8 | 0x57);
  }
  else print("'%s': no such command; try help\n", line);
}

__attribute__((noreturn)) void firmware(void) {
  if (pci_setup() < 0) { set(POWER, 2 << 8 | 0x57); for (;;) { } }
  mmu_on();
  console_on();
  interrupts_on();
  set(ITN + ENABLE, get(ITN + ENABLE) | 1u << ITN_SERIAL);
  print("\nCPIOM: MPC755 (PVR %08x), slave mxfc at %08x, %08x, %08x\n", MFSPR(287), DATA_FLASH, EEPROM, REGISTERS);
  print("self-test: %d failed\n", test_all());
  static char line[128];
  for (;;) {
    print(PROMPT);
    line_of(line, sizeof line);
    command(line);
  }
}
