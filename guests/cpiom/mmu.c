/* Blocks for the firmware, which partitions do not have; a page table for partitions, whose segment 4 is their own. */
#include "board.h"

#define TABLE 0x00f00000u
enum { TABLE_SIZE = 0x10000, GROUPS = TABLE_SIZE / 64 };

/* Of so many MiB, for the supervisor only. WIMG: 2 memory, 5 (inhibited, guarded) devices */
#define UPPER(base, mib) ((base) | ((mib) * 8 - 1) << 2 | 2)
#define LOWER(base, wimg) ((base) | (wimg) << 3 | 2)
#define BAT(upper, lower, base, mib, wimg) MTSPR(upper, UPPER(base, mib)); MTSPR(lower, LOWER(base, wimg))

void mmu_on(void) {
  BAT(528, 529, 0x00000000u, 64, 2);             /* IBAT0: SDRAM */
  BAT(536, 537, 0x00000000u, 64, 2);             /* DBAT0 */
  BAT(538, 539, 0x20000000u, 128, 5);            /* DBAT1: the board's devices */
  BAT(540, 541, 0x90000000u, 128, 5);            /* DBAT2: the slave */
  BAT(568, 569, 0xf8000000u, 128, 5);            /* DBAT4, which a 750 has not: code flash */
  MTSPR(530, 0); MTSPR(532, 0); MTSPR(534, 0); MTSPR(560, 0); MTSPR(562, 0); MTSPR(564, 0); MTSPR(566, 0);
  MTSPR(542, 0); MTSPR(570, 0); MTSPR(572, 0); MTSPR(574, 0);
  memset((void *)TABLE, 0, TABLE_SIZE);
  MTSPR(25, TABLE);                              /* SDR1, the smallest table */
  for (uint32_t sr = 0; sr < 16; sr++) __asm__ volatile("mtsrin %0,%1" ::"r"(0x20000000u | sr), "r"(sr << 28));
  set_msr(msr() | MSR_IR | MSR_DR);
}

void mmu_map(uint32_t vsid, uint32_t ea, uint32_t pa, int writable) {
  uint32_t page = (ea >> 12) & 0xffff, hash = (vsid & 0x7ffff) ^ page;
  for (int secondary = 0; secondary < 2; secondary++, hash = ~hash) {
    volatile uint32_t *group = (volatile uint32_t *)(TABLE + (hash & (GROUPS - 1)) * 64);
    for (int i = 0; i < 8; i++, group += 2) if (!(group[0] & 0x80000000u)) {
      group[1] = (pa & ~0xfffu) | 2u << 3 | (writable ? 2 : 3);
      __asm__ volatile("eieio" ::: "memory");
      group[0] = 0x80000000u | vsid << 7 | (uint32_t)secondary << 6 | page >> 10;
      __asm__ volatile("sync" ::: "memory");
      return;
    }
  }
  print("page table is full\n");
}
