/*
 * Partitions in time and space: a fixed schedule of slices in a cycle, each the turn of one partition, whoever wants the processor. Memory is kept apart by
 * segment 4, which is another for each; the firmware's is nobody's.
 */
#include "board.h"

extern uint8_t partition_image[], partition_size[];
void partition_start(struct frame *frame);
void partition_end(void) __attribute__((noreturn));

enum { COUNT = 3, MEMORY = 0x100000, BASE = 0x40000000, CYCLE = 332000 /* counts: 20 ms */ };
enum { DONE = 0, SAY = 1, NEXT = 2 };
static const struct { uint8_t partition; uint32_t end; } schedule[] = { { 0, 83000 }, { 1, 166000 }, { 2, 249000 }, { 0, 332000 } };
enum { SLICES = sizeof schedule / sizeof *schedule };

static struct { struct frame frame; uint32_t vsid, slices; int runs; } all[COUNT];
static unsigned slice, current;
static int idle;                                 /* nobody of this slice's wants the processor */

static uint32_t idle_stack[1024] __attribute__((aligned(16)));
void idle_loop(void);
__asm__(".text\n.globl idle_loop\nidle_loop: b idle_loop\n");

static void enter_idle(struct frame *frame) {
  idle = 1;
  *frame = (struct frame){ .pc = (uint32_t)idle_loop, .msr = MSR_ME | MSR_EE | MSR_RI };
  frame->gpr[1] = (uint32_t)(idle_stack + 1020);
}

/* Puts the partition of the slice into the frame that is gone back to. */
static void enter(struct frame *frame) {
  current = schedule[slice].partition;
  if (!all[current].runs) return enter_idle(frame);
  idle = 0;
  *frame = all[current].frame;
  __asm__ volatile("mtsr 4,%0; isync" ::"r"(0x20000000u | all[current].vsid));
}
static void leave(const struct frame *frame) { if (!idle) all[current].frame = *frame; }

static int left(void) { int n = 0; for (int i = 0; i < COUNT; i++) n += all[i].runs; return n; }

static void finish(struct frame *frame) {
  all[current].runs = 0;
  if (left() == 0) { set(TIMERS, get(TIMERS) & ~2u); set(TIMERS + 0x10, 6); partition_end(); }
  enter(frame);
}

void scheduler_slice(struct frame *frame) {
  leave(frame);
  slice = (slice + 1) % SLICES;
  set(TIMERS + 0x20, schedule[slice].end);
  set(TIMERS + 0x10, 2);
  all[schedule[slice].partition].slices++;
  enter(frame);
}

void scheduler_call(struct frame *frame) {
  if (!(frame->msr & MSR_PR)) return;
  switch (frame->gpr[0]) {
    case SAY: print("  partition %u: step %u, %08x\n", current, frame->gpr[3], frame->gpr[4]); return;
    case NEXT: leave(frame); enter_idle(frame); return;
    default: print("  partition %u: done after %u slices\n", current, all[current].slices); finish(frame);
  }
}

int scheduler_fault(struct frame *frame) {
  if (!(frame->msr & MSR_PR)) return 0;
  print("  partition %u: exception %x at %08x, address %08x: stopped\n", current, frame->vector, frame->pc, frame->dar);
  finish(frame);
  return 1;
}

void scheduler_run(void) {
  for (uint32_t i = 0; i < COUNT; i++) {
    uint32_t at = PARTITIONS + i * MEMORY;
    memcpy((void *)at, partition_image, (uint32_t)partition_size);
    all[i].vsid = 0x100 + i;
    all[i].runs = 1;
    all[i].slices = i == 0;
    if (all[i].frame.pc == 0) for (uint32_t page = 0; page < MEMORY; page += 4096) mmu_map(all[i].vsid, BASE + page, at + page, page >= 0x10000);
    all[i].frame = (struct frame){ .pc = BASE, .msr = MSR_EE | MSR_PR | MSR_ME | MSR_IR | MSR_DR | MSR_RI };
    all[i].frame.gpr[1] = BASE + MEMORY - 32;
    all[i].frame.gpr[3] = i;
  }
  slice = 0;
  set_msr(msr() & ~MSR_EE);
  set(TIMERS + 4, 0);
  set(TIMERS + 0x14, CYCLE);
  set(TIMERS + 0x20, schedule[0].end);
  set(TIMERS, get(TIMERS) | 2);
  static struct frame first;
  enter(&first);
  set_msr(msr() & ~(MSR_IR | MSR_DR));
  partition_start(&first);
  set_msr(msr() | MSR_EE);
}
