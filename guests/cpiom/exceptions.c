/* What interrupts the firmware: ITN's lines, MCP's, bus errors, and partitions that ask or go wrong. */
#include "board.h"

volatile uint32_t ticks, slices, dmas, violations, refreshes, edcs, bus_errors, last_fault, unmapped;
volatile int expects_bus_error;

static void itn(struct frame *frame) {
  uint32_t line;
  while ((line = get(ITN + ACTIVE)) != NONE) switch (line) {
    case ITN_TICK: ticks++; set(TIMERS + 0x10, 1); break;
    case ITN_SLICE: slices++; scheduler_slice(frame); break;
    case ITN_DMA: dmas++; set(DMA + 0x18, 6); break;
    case ITN_SERIAL: console_interrupt(); break;
    default: set(ITN + ENABLE, get(ITN + ENABLE) & ~(1u << line));
  }
}

/* MCP's lines; 0: none of them asked. */
static int mcp(void) {
  uint32_t line, seen = 0;
  while ((line = get(MCP + ACTIVE)) != NONE) {
    seen++;
    if (line == MCP_VIOLATION) { violations++; last_fault = get(RAF); set(SDRAM + 0x10, 1); }
    else if (line == MCP_REFRESH) { refreshes++; set(SDRAM + 0x10, 2); }
    else if (line == MCP_EDC) { edcs++; last_fault = get(EDC + 0x08); set(EDC + 0x0c, 6); }
    else set(MCP + ENABLE, get(MCP + ENABLE) & ~(1u << line));
  }
  return seen;
}

static void die(struct frame *frame) {
  print("\nexception %x at %08x: msr %08x dar %08x dsisr %08x\n", frame->vector, frame->pc, frame->msr, frame->dar, frame->dsisr);
  for (int i = 0; i < 32; i++) print("%s%08x", i % 8 ? " " : i ? "\n  " : "  ", frame->gpr[i]);
  print("\n");
  set(POWER, 1 << 8 | 0x57);
  for (;;) { }
}

void exception(struct frame *frame) {
  switch (frame->vector) {
    case 0x200:
      if (mcp()) return;
      if (!expects_bus_error) break;
      bus_errors++;
      frame->pc += 4;                            /* the load or store is left out */
      return;
    case 0x500: return itn(frame);
    case 0x900: return;
    case 0xc00: return scheduler_call(frame);
    case 0x300:                                  /* DSI: the page table has no such page */
      if (expects_bus_error) {
        unmapped++;
        frame->pc += 4;
        return;
      }
      /* fall through */
    default:
      if (scheduler_fault(frame)) return;
  }
  die(frame);
}

void interrupts_on(void) {
  set(MCP + ENABLE, 1u << MCP_VIOLATION | 1u << MCP_REFRESH | 1u << MCP_EDC);
  set(ITN + ENABLE, 1u << ITN_TICK | 1u << ITN_SLICE | 1u << ITN_DMA);
  MTSPR(1008, MFSPR(1008) | 0x80800000u);        /* HID0: EMCP, DOZE */
  set_msr(msr() | MSR_ME | MSR_EE | MSR_RI);
}
