/* The device tree, the console, the timer and the way out. */
#include "guest.h"
#include <stdarg.h>

struct platform platform;

static uint32_t be32(const void *p) { const uint8_t *b = p; return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3]; }
static uint64_t be64(const void *p) { return (uint64_t)be32(p) << 32 | be32((const uint8_t *)p + 4); }

static int same(const char *a, const char *b) { while (*a && *a == *b) a++, b++; return *a == *b; }
static int begins(const char *text, const char *with) { while (*with) if (*text++ != *with++) return 0; return 1; }
static size_t length(const char *s) { size_t n = 0; while (s[n]) n++; return n; }

/* Is `wanted` one of the strings of a compatible property? */
static int compatible(const char *list, uint32_t size, const char *wanted) {
  for (uint32_t at = 0; at < size; at += length(list + at) + 1)
    if (same(list + at, wanted)) return 1;
  return 0;
}

/* What a node said so far: its properties come in any order, so they are judged when the node ends. */
struct node { const char *name, *compatible; uint32_t compatible_size; uint64_t base, size; };

static void node_done(const struct node *node) {
  const char *c = node->compatible;
  uint32_t n = node->compatible_size;
  if (begins(node->name, "memory@")) { platform.memory_base = node->base; platform.memory_size = node->size; }
  if (!c) return;
  if (compatible(c, n, "ns16550a")) platform.uart = node->base;
  if (compatible(c, n, "riscv,clint0") || compatible(c, n, "sifive,clint0")) platform.clint = node->base;
  if (compatible(c, n, "sifive,test0")) platform.finisher = node->base;
}

/* Flattened device tree, Devicetree Specification v0.4, chapter 5. Two address and two size cells, as on virt. */
int platform_probe(const void *fdt) {
  enum { BEGIN = 1, END = 2, PROP = 3, NOP = 4, STOP = 9, DEPTH = 8 };
  const uint8_t *header = fdt;
  if (!fdt || be32(header) != 0xd00dfeed) return -1;
  const uint8_t *at = header + be32(header + 8);
  const char *strings = (const char *)header + be32(header + 12);
  struct node stack[DEPTH];
  int depth = -1;
  for (;;) {
    uint32_t token = be32(at);
    at += 4;
    if (token == BEGIN) {
      if (++depth >= DEPTH) return -2;
      stack[depth] = (struct node){ .name = (const char *)at };
      at += (length((const char *)at) + 4) & ~3ul;
    } else if (token == END) {
      if (depth < 0) return -2;
      node_done(&stack[depth--]);
    } else if (token == PROP) {
      uint32_t size = be32(at);
      const char *name = strings + be32(at + 4), *text = (const char *)at + 8;
      at += 8;
      if (depth >= 0) {
        struct node *node = &stack[depth];
        if (same(name, "compatible")) { node->compatible = text; node->compatible_size = size; }
        if (same(name, "reg") && size >= 16) { node->base = be64(at); node->size = be64(at + 8); }
        if (same(name, "model") && depth == 0) platform.model = text;
        if (same(name, "bootargs")) platform.bootargs = text;
        if (same(name, "riscv,isa") && !platform.isa) platform.isa = text;
        if (same(name, "timebase-frequency")) platform.timebase = be32(at);
      }
      at += (size + 3) & ~3u;
    } else if (token == STOP) {
      return 0;
    } else if (token != NOP) {
      return -3;
    }
  }
}

static void put(char c) {
  volatile uint8_t *uart = (volatile uint8_t *)platform.uart;
  if (!uart) return;
  if (c == '\n') put('\r');
  while (!(uart[5] & 0x20)) { }                  /* LSR.THRE */
  uart[0] = (uint8_t)c;
}

#include "print.h"

uint64_t mtime(void) { return *(volatile uint64_t *)(platform.clint + 0xbff8); }
void set_timer(uint64_t at) { *(volatile uint64_t *)(platform.clint + 0x4000) = at; }

void machine_exit(int status) {
  volatile uint32_t *finisher = (volatile uint32_t *)platform.finisher;
  if (finisher) *finisher = status ? (uint32_t)status << 16 | 0x3333 : 0x5555;
  for (;;) __asm__ volatile("wfi");
}
