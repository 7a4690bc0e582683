/* What the board does, tried: each test gives 0 if it went as the manual says. */
#include "board.h"

/* Something asynchronous is to come within a second of the time base. */
static int comes(volatile uint32_t *count, uint32_t before) {
  uint32_t start = MFSPR(268);
  while (*count == before) if (MFSPR(268) - start > 16600000) return 0;
  return 1;
}

static int test_tick(void) {
  uint32_t before = ticks;
  set(TIMERS, get(TIMERS) | 1);
  set(TIMERS + 4, 0);
  for (int i = 0; i < 3; i++) {
    set(TIMERS + 0x0c, 1660);                    /* 0.1 ms */
    if (!comes(&ticks, before + (uint32_t)i)) return 1;
  }
  set(TIMERS + 0x40, 16600);                     /* CPT_RTC: ms */
  uint32_t rtc = get(TIMERS + 0x44), start = MFSPR(268);
  while (MFSPR(268) - start < 50000) { }
  return get(TIMERS + 0x44) - rtc < 2;
}

static int test_edc(void) {
  volatile uint32_t *word = (volatile uint32_t *)SPARE;
  uint32_t before = edcs, singles = get(EDC_COUNTS), doubles = get(EDC_COUNTS + 4);
  int wrong = 0;
  word[0] = 0x12345678; word[1] = 0xcafebabe;
  set(EDC, 7);
  set(EDC + 4, SPARE);
  set(EDC_WINDOW, 1 << 5);
  if (word[0] != 0x12345678 || !comes(&edcs, before)) wrong |= 1;
  if (get(EDC_COUNTS) != singles + 1 || get(EDC_COUNTS + 8) != SPARE) wrong |= 2;
  set(EDC_WINDOW + 4, 3);
  before = edcs;
  if (word[1] != (0xcafebabe ^ 3) || !comes(&edcs, before)) wrong |= 4;
  if (get(EDC_COUNTS + 4) != doubles + 1 || get(EDC_COUNTS + 0xc) != SPARE + 4) wrong |= 8;
  set(EDC_COUNTS + 0x14, 1);                     /* scrub */
  word[1] = 0xcafebabe;
  if (word[0] != 0x12345678 || word[1] != 0xcafebabe || get(EDC_WINDOW) || get(EDC_WINDOW + 4)) wrong |= 16;
  set(EDC, 0);
  return wrong;
}

static int test_protection(void) {
  volatile uint32_t *word = (volatile uint32_t *)(SPARE + 0x1000);
  uint32_t page = SPARE >> 20, before = violations;
  int wrong = 0;
  *word = 0x600d;
  set(PCODE + page / 32 * 4, 1u << page % 32);
  set(SDRAM, 1);
  *word = 0xbad;
  if (!comes(&violations, before) || last_fault != (uint32_t)word) wrong |= 1;
  if (*word != 0x600d || violations != before + 1) wrong |= 2;
  set(PCODE + page / 32 * 4, 0);
  set(PDATA + page / 32 * 4, 1u << page % 32);
  set(SDRAM, 2);
  before = violations;
  if (*word != NONE || !comes(&violations, before)) wrong |= 4;
  set(PDATA + page / 32 * 4, 0);
  set(SDRAM, 0);
  if (*word != 0x600d) wrong |= 8;
  before = refreshes;
  set(SDRAM + 4, 0);
  if (!comes(&refreshes, before)) wrong |= 16;
  set(SDRAM + 4, 0x200);
  return wrong;
}

static int test_bus_error(void) {
  uint32_t before = bus_errors;
  expects_bus_error = 1;
  (void)*(volatile uint32_t *)0x24000000;
  __asm__ volatile("sync; isync" ::: "memory");
  expects_bus_error = 0;
  return bus_errors != before + 1;
}

enum { SECTOR = 0x40000 };
static uint32_t flash_status(uint32_t at) { set_le(at, 0x00700070); uint32_t s = get_le(at); set_le(at, 0x00500050); return s; }
static int test_flash(void) {
  uint32_t at = DATA_FLASH + 4 * SECTOR;
  int wrong = 0;
  set_le(at, 0x00200020); set_le(at, 0x00d000d0);
  if (flash_status(at) != 0x00800080) wrong |= 1;
  set_le(at, 0x00ff00ff);
  for (uint32_t i = 0; i < 16; i++) if (get(at + 4 * i) != NONE) wrong |= 2;
  for (uint32_t i = 0; i < 16; i++) { set_le(at + 4 * i, 0x00400040); set(at + 4 * i, 0x51a5e000 + i); }
  if (flash_status(at) != 0x00800080) wrong |= 4;
  set_le(at, 0x00ff00ff);
  for (uint32_t i = 0; i < 16; i++) if (get(at + 4 * i) != 0x51a5e000 + i) wrong |= 8;
  set_le(at, 0x00900090);                        /* identifier */
  if (get_le(at & ~(SECTOR - 1)) != 0x00890089) wrong |= 16;
  set_le(at, 0x00ff00ff);
  volatile uint8_t *eeprom = (volatile uint8_t *)EEPROM;
  uint8_t was = eeprom[7], other = was ^ 0xff;
  eeprom[7] = other;
  if (eeprom[7] != other) wrong |= 32;
  eeprom[7] = was;
  return wrong;
}

static int test_dma(void) {
  uint32_t *from = (uint32_t *)(SPARE + 0x10000), *to = (uint32_t *)(SPARE + 0x20000), *chain = (uint32_t *)(SPARE + 0x30000), before = dmas;
  for (uint32_t i = 0; i < 256; i++) { from[i] = i * 0x01010101; to[i] = 0; }
  for (uint32_t i = 0; i < 2; i++) {
    uint32_t *d = chain + 4 * i;
    d[0] = (uint32_t)(from + 128 * i); d[1] = (uint32_t)(to + 128 * (1 - i)); d[2] = 512; d[3] = i ? 0 : (uint32_t)(d + 4);
  }
  set(DMA + 0x0c, (uint32_t)chain);
  set(DMA + 0x10, 7);
  if (!comes(&dmas, before)) return 1;
  for (uint32_t i = 0; i < 256; i++) if (to[i] != from[i ^ 128]) return 2;
  return 0;
}

static const struct { const char *name, *what; int (*run)(void); } tests[] = {
  { "tick", "tick and calendar", test_tick },
  { "edc", "single and double errors", test_edc },
  { "protect", "code, data and refresh violations", test_protection },
  { "bus", "where nobody answers", test_bus_error },
  { "flash", "erase, program, identify; EEPROM", test_flash },
  { "dma", "a chain of two", test_dma },
};
enum { TESTS = sizeof tests / sizeof *tests };

static int same(const char *a, const char *b) { while (*a && *a == *b) a++, b++; return *a == *b; }
static int run(unsigned i) {
  int wrong = tests[i].run();
  print("  %-8s %-34s %s", tests[i].name, tests[i].what, wrong ? "FAILED" : "ok");
  if (wrong) print(" (%x)", wrong);
  print("\n");
  return wrong;
}
int test_named(const char *name) {
  for (unsigned i = 0; i < TESTS; i++) if (same(name, tests[i].name)) return run(i) != 0;
  return -1;
}
int test_all(void) {
  int failed = 0;
  for (unsigned i = 0; i < TESTS; i++) failed += run(i) != 0;
  return failed;
}
