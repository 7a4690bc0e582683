/* The embedded guest: what its files share. Freestanding, M-mode, one hart. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* platform.c: the machine as its device tree describes it */
struct platform {
  uintptr_t uart, clint, finisher;
  uint64_t memory_base, memory_size;
  uint32_t timebase;          /* Hz of mtime */
  const char *model, *isa, *bootargs;
};
extern struct platform platform;
int platform_probe(const void *fdt);             /* 0, or a negative number: no tree, not a tree */
void print(const char *format, ...);             /* %s %c %d %u %x, with l for 64 bits, a width and leading zeros */
uint64_t mtime(void);
void set_timer(uint64_t at);
void machine_exit(int status) __attribute__((noreturn));

/* options.c */
const char *boot_option(const char *name);       /* the text after `name=` in bootargs, or NULL */
unsigned boot_number(const char *name, unsigned fallback);
int boot_list_has(const char *list, const char *word);  /* words separated by commas; all of them where there is no list */

/* kernels.c */
struct kernel {
  const char *name, *what;
  uint64_t (*run)(unsigned rounds);              /* returns a checksum */
  unsigned rounds;                               /* for about 100 million instructions */
};
extern const struct kernel kernels[];
extern const unsigned kernel_count;

static inline uint64_t read_instret(void) { uint64_t v; __asm__ volatile("csrr %0, minstret" : "=r"(v)); return v; }
