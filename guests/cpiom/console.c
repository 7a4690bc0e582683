/* The serial port of the slave: output is written as it comes, input by interrupts into a ring. */
#include <stdarg.h>
#include "board.h"

static volatile uint8_t *const uart = (volatile uint8_t *)REGISTERS;
enum { RBR = 0, IER = 1, FCR = 2, LSR = 5, LSR_DR = 1, LSR_THRE = 0x20 };

enum { RING = 256 };
static volatile uint8_t ring[RING];
static volatile unsigned head, tail;
volatile unsigned serial_interrupts;

void console_on(void) {
  console_interrupt();                           /* what came before the FIFO is on would be lost */
  uart[FCR] = 0x01;
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

static void put_number(uint64_t value, unsigned base, int width, char fill) {
  char digits[24];
  int n = 0;
  do digits[n++] = "0123456789abcdef"[value % base]; while (value /= base);
  while (width-- > n) put(fill);
  while (n) put(digits[--n]);
}

void print(const char *format, ...) {
  va_list args;
  va_start(args, format);
  for (; *format; format++) {
    if (*format != '%') { put(*format); continue; }
    format++;
    int left = *format == '-' ? (format++, 1) : 0, width = 0, wide = 0;
    char fill = *format == '0' ? '0' : ' ';
    while (*format >= '0' && *format <= '9') width = width * 10 + *format++ - '0';
    if (*format == 'l') { wide = 1; format++; }
    if (*format == 's') {
      const char *s = va_arg(args, const char *);
      int n = 0;
      while (s[n]) n++;
      if (!left) while (width-- > n) put(' ');
      while (*s) put(*s++);
      if (left) while (width-- > n) put(' ');
    } else if (*format == 'c') put((char)va_arg(args, int));
    else if (*format == 'x') put_number(wide ? va_arg(args, uint64_t) : va_arg(args, unsigned), 16, width, fill);
    else if (*format == 'u') put_number(wide ? va_arg(args, uint64_t) : va_arg(args, unsigned), 10, width, fill);
    else if (*format == 'd') {
      int v = va_arg(args, int);
      if (v < 0) put('-');
      put_number(v < 0 ? -(int64_t)v : v, 10, width, fill);
    } else put(*format);
  }
  va_end(args);
}
