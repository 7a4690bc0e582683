/* The CPIOM as docs/cpiom.md describes it, and what the firmware's files share. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
  SDRAM = 0x20000000, EDC = 0x20001000, EDC_WINDOW = 0x20002000, PCODE = 0x20004000, PDATA = 0x20004100, INTC = 0x20010000, TIMERS = 0x20020000,
  CONFIG = 0x20030000, DMA = 0x20040000,
  MCP = INTC + 0x20, ITN = INTC + 0x40,
  PENDING = 0, ENABLE = 4, ACTIVE = 16,
  ITN_TICK = 0, ITN_SLICE = 1, ITN_CYCLE = 2, ITN_DMA = 3, ITN_SERIAL = 5,
  MCP_VIOLATION = 0, MCP_REFRESH = 1, MCP_EDC = 2,
  EDC_COUNTS = CONFIG + 0x0c, RAF = CONFIG + 0x34, POWER = CONFIG + 0x44,
};
#define NONE 0xffffffffu
/* Where the firmware has the slave's parts, and memory for its tests. */
#define DATA_FLASH 0x90000000u
#define EEPROM 0x91000000u
#define REGISTERS 0x92000000u
#define SPARE 0x01800000u
#define PARTITIONS 0x01000000u

static inline uint32_t get(uint32_t at) { uint32_t v = *(volatile uint32_t *)at; __asm__ volatile("eieio" ::: "memory"); return v; }
static inline void set(uint32_t at, uint32_t v) { *(volatile uint32_t *)at = v; __asm__ volatile("eieio; sync" ::: "memory"); }
static inline uint32_t get_le(uint32_t at) { uint32_t v; __asm__ volatile("lwbrx %0,0,%1; eieio" : "=r"(v) : "r"(at) : "memory"); return v; }
static inline void set_le(uint32_t at, uint32_t v) { __asm__ volatile("stwbrx %0,0,%1; eieio" ::"r"(v), "r"(at) : "memory"); }
#define MFSPR(n) ({ uint32_t v_; __asm__ volatile("mfspr %0," #n : "=r"(v_)); v_; })
#define MTSPR(n, v) __asm__ volatile("mtspr " #n ",%0; isync" ::"r"(v) : "memory")
static inline uint32_t msr(void) { uint32_t v; __asm__ volatile("mfmsr %0" : "=r"(v)); return v; }
static inline void set_msr(uint32_t v) { __asm__ volatile("sync; mtmsr %0; isync" ::"r"(v) : "memory"); }
enum { MSR_POW = 0x40000, MSR_EE = 0x8000, MSR_PR = 0x4000, MSR_FP = 0x2000, MSR_ME = 0x1000, MSR_IR = 0x20, MSR_DR = 0x10, MSR_RI = 2 };

struct frame { uint32_t gpr[32], lr, ctr, cr, xer, pc, msr, vector, dar, dsisr, pad[7]; };

/* console.c */
void print(const char *format, ...);             /* %s %c %d %u %x %lx (64 bits), a width, 0 or - before it */
void console_on(void);
int getchar(void);                               /* waits, dozing */
extern volatile unsigned serial_interrupts;
void console_interrupt(void);

/* exceptions.c */
extern volatile uint32_t ticks, slices, dmas, violations, refreshes, edcs, bus_errors, last_fault, unmapped;
extern volatile int expects_bus_error;
void interrupts_on(void);
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);

/* pci.c */
uint32_t pci_read(unsigned slot, unsigned at);
void pci_write(unsigned slot, unsigned at, uint32_t value);
int pci_setup(void);                             /* 0, or -1: no slave */
void pci_list(void);

/* mmu.c */
void mmu_on(void);
void mmu_map(uint32_t vsid, uint32_t ea, uint32_t pa, int writable);

/* scheduler.c */
void scheduler_run(void);
void scheduler_slice(struct frame *frame);
void scheduler_call(struct frame *frame);
int scheduler_fault(struct frame *frame);        /* whether it was a partition's */

/* tests.c */
int test_all(void);                              /* how many failed */
int test_named(const char *name);                /* -1: there is none */
