/* The serial port of the slave: output is written as it comes, input by interrupts into a ring. */
#include <stdarg.h>
#include "board.h"

static volatile uint8_t *const uart = (volatile uint8_t *)REGISTERS;
enum { RBR = 0, IER = 1, FCR = 2, MCR = 4, LSR = 5, MCR_LOOP = 0x10, LSR_DR = 1, LSR_THRE = 0x20 };

enum { RING = 256 };
static volatile uint8_t ring[RING];
static volatile unsigned head, tail;
volatile unsigned serial_interrupts;

void console_on(void) {
  uart[MCR] = MCR_LOOP;                          /* turning the FIFO on empties the receiver: nothing may come meanwhile */
  console_interrupt();
  uart[FCR] = 0x01;
  uart[MCR] = 0;
  uart[IER] = 0x01;
  set(ITN + ENABLE, get(ITN + ENABLE) | 1u << ITN_SERIAL);
}

void console_interrupt(void) {
  serial_interrupts++;
  while (uart[LSR] & LSR_DR) {
    if (head - tail == RING) {                   /* the rest waits in the port until some of it is taken */
      uart[IER] = 0;
      return;
    }
    ring[head++ % RING] = uart[RBR];
  }
}

int getchar(void) {
  uint32_t on = msr();
  for (;;) {
    set_msr(on & ~MSR_EE);
    if (head != tail) break;
    set_msr(on | MSR_EE | MSR_POW);              /* what has come meanwhile wakes it at once */
  }
  int c = ring[tail++ % RING];
  uart[IER] = 0x01;
  set_msr(on);
  return c;
}

static void put(char c) {
  if (c == '\n') put('\r');
  while (!(uart[LSR] & LSR_THRE)) { }
  uart[RBR] = (uint8_t)c;
}

static size_t length(const char *s) { size_t n = 0; while (s[n]) n++; return n; }

#include "../embedded/print.h"
