/*
 * A guest that makes new code without end, as a guest with a JIT does: it writes pairs of functions into page after page, runs them until they are
 * hot, and checks the results; in between it runs the embedded guest's kernels, and functions that it made long ago.
 * Boot options (-append): seconds=N ends after N seconds of guest time (0: never); seed=N.
 *
 * A pair is a loop of invertible steps on six registers and the loop of the inverse steps: after both, the registers are what they were.
 */
#include "../embedded/guest.h"

enum { PAGE = 4096, PAGES = 8192, STATE = 6, MAX_STEPS = 40, TABLE = 32, OLD_EVERY = 8, KERNEL_EVERY = 512, REPORT_EVERY = 256 };

static uint32_t code[PAGES][PAGE / 4] __attribute__((aligned(4096)));
static uint64_t table[TABLE];
static uint64_t seed;

static uint64_t next_random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}
static uint32_t below(uint32_t n) { return (uint32_t)((next_random() >> 32) * n >> 32); }

uint64_t trap(uint64_t cause, uint64_t pc, uint64_t value) {
  print("unexpected trap: cause %lx pc %lx value %lx\n", cause, pc, value);
  machine_exit(2);
}

/* ---- Instructions (unprivileged ISA manual, "RV32I", "RV64I") ---- */

enum { ZERO = 0, T0 = 5, T1 = 6, A0 = 10, A1 = 11, A2 = 12, A3 = 13 }; /* a0: state, a1: rounds, a2: table; a3 to t3: the state's registers */
static const uint8_t registers[STATE] = { A3, 14, 15, 16, 17, 28 };

static uint32_t r_type(uint32_t f7, uint32_t f3, uint32_t rd, uint32_t rs1, uint32_t rs2) { return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | 0x33; }
static uint32_t i_type(uint32_t op, uint32_t f3, uint32_t rd, uint32_t rs1, int32_t imm) { return (uint32_t)imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op; }
static uint32_t load64(uint32_t rd, uint32_t base, int32_t offset) { return i_type(0x03, 3, rd, base, offset); }
static uint32_t store64(uint32_t rs, uint32_t base, int32_t offset) {
  return ((uint32_t)offset >> 5) << 25 | rs << 20 | base << 15 | 3 << 12 | ((uint32_t)offset & 31) << 7 | 0x23;
}
static uint32_t branch(uint32_t f3, uint32_t rs1, uint32_t rs2, int32_t distance) {
  uint32_t d = (uint32_t)distance;
  return (d >> 12 & 1) << 31 | (d >> 5 & 63) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (d >> 1 & 15) << 8 | (d >> 11 & 1) << 7 | 0x63;
}
enum { BEQ = 0, BNE = 1 };

/* ---- Steps ---- */

enum kind { ADD, XOR, ADD_CONSTANT, ROTATE, ADD_TABLE, ADD_IF, KINDS };
struct step { uint8_t kind, d, s; int16_t value; };

static uint32_t *emit_step(uint32_t *at, const struct step *step, int inverse) {
  uint32_t d = registers[step->d], s = registers[step->s];
  uint32_t minus = inverse ? 0x20 : 0; /* add, or sub */
  switch (step->kind) {
    case ADD: *at++ = r_type(minus, 0, d, d, s); break;
    case XOR: *at++ = r_type(0, 4, d, d, s); break;
    case ADD_CONSTANT: *at++ = i_type(0x13, 0, d, d, inverse ? -step->value : step->value); break;
    case ROTATE: {
      int32_t left = 1 + (step->value & 31);
      if (inverse) left = 64 - left;
      *at++ = i_type(0x13, 1, T0, d, left);
      *at++ = i_type(0x13, 5, T1, d, 64 - left);
      *at++ = r_type(0, 6, d, T0, T1);
      break;
    }
    case ADD_TABLE:
      *at++ = load64(T0, A2, 8 * (step->value & (TABLE - 1)));
      *at++ = r_type(minus, 0, d, d, T0);
      break;
    case ADD_IF:
      *at++ = i_type(0x13, 7, T0, s, 1 << (step->value & 7));
      *at++ = branch(BEQ, T0, ZERO, 8);
      *at++ = i_type(0x13, 0, d, d, inverse ? -99 : 99);
      break;
  }
  return at;
}

static uint32_t *emit_loop(uint32_t *at, const struct step *steps, int count, int inverse) {
  for (int i = 0; i < STATE; i++) *at++ = load64(registers[i], A0, 8 * i);
  uint32_t *head = at;
  for (int i = 0; i < count; i++) at = emit_step(at, &steps[inverse ? count - 1 - i : i], inverse);
  *at++ = i_type(0x13, 0, A1, A1, -1);
  *at = branch(BNE, A1, ZERO, (int32_t)((head - at) * 4));
  at++;
  for (int i = 0; i < STATE; i++) *at++ = store64(registers[i], A0, 8 * i);
  *at++ = i_type(0x67, 0, ZERO, 1, 0); /* ret */
  return at;
}

/* Fills a page with a pair; word offset of the inverse in the page's last word. */
static void make_page(uint32_t page) {
  struct step steps[MAX_STEPS];
  int count = 4 + (int)below(MAX_STEPS - 4);
  for (int i = 0; i < count; i++) {
    steps[i] = (struct step){ (uint8_t)below(KINDS), (uint8_t)below(STATE), 0, (int16_t)(1 + below(1000)) };
    do steps[i].s = (uint8_t)below(STATE); while (steps[i].s == steps[i].d);
  }
  uint32_t *second = emit_loop(code[page], steps, count, 0);
  emit_loop(second, steps, count, 1);
  code[page][PAGE / 4 - 1] = (uint32_t)(second - code[page]);
  __asm__ volatile("fence.i" ::: "memory");
}

typedef void loop(uint64_t *state, uint64_t rounds, const uint64_t *table);

static void check_page(uint32_t page, uint64_t rounds) {
  uint64_t state[STATE], before[STATE];
  for (int i = 0; i < STATE; i++) state[i] = before[i] = next_random();
  ((loop *)code[page])(state, rounds, table);
  ((loop *)(code[page] + code[page][PAGE / 4 - 1]))(state, rounds, table);
  for (int i = 0; i < STATE; i++) {
    if (state[i] == before[i]) continue;
    print("FAILED: page %u, %lu rounds: register %d is %lx, was %lx\n", page, rounds, i, state[i], before[i]);
    machine_exit(1);
  }
}

static uint64_t number(const char *text, uint64_t fallback) {
  if (!text || *text < '0' || *text > '9') return fallback;
  uint64_t n = 0;
  while (*text >= '0' && *text <= '9') n = n * 10 + (uint64_t)(*text++ - '0');
  return n;
}

int kernel_main(uint64_t hart, const void *fdt) {
  (void)hart;
  if (platform_probe(fdt)) return 1;
  uint64_t seconds = number(boot_option("seconds"), 0), start = mtime(), kernels_run = 0;
  seed = number(boot_option("seed"), 1) * 0x9e3779b97f4a7c15ul | 1;
  for (int i = 0; i < TABLE; i++) table[i] = next_random();
  for (uint64_t made = 0;; ) {
    uint32_t page = (uint32_t)(made++ % PAGES);
    make_page(page);
    check_page(page, 3);
    check_page(page, 2000 + below(60000));
    if (made % OLD_EVERY == 0) check_page(below((uint32_t)(made < PAGES ? made : PAGES)), 20000);
    if (made % KERNEL_EVERY == 0) kernels[kernels_run++ % kernel_count].run(1);
    if (made % REPORT_EVERY != 0) continue;
    uint64_t now = (mtime() - start) / platform.timebase;
    print("%lu s: %lu functions\n", now, 2 * made);
    if (seconds && now >= seconds) return 0;
  }
}
