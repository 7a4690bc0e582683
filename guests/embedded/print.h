/* print() by the includer's put() and length(): %s, %c, %d, %u, %x with - or 0, width, l. */

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
    int left = *format == '-' ? (format++, 1) : 0;
    char fill = *format == '0' ? '0' : ' ';
    int width = 0, wide = 0;
    while (*format >= '0' && *format <= '9') width = width * 10 + *format++ - '0';
    while (*format == 'l') { wide = 1; format++; }
    if (*format == 's') {
      const char *s = va_arg(args, const char *);
      int n = (int)length(s ? s : (s = "-"));
      if (!left) while (width-- > n) put(' ');
      while (*s) put(*s++);
      if (left) while (width-- > n) put(' ');
    } else if (*format == 'c') put((char)va_arg(args, int));
    else if (*format == 'x') put_number(wide ? va_arg(args, uint64_t) : va_arg(args, unsigned), 16, width, fill);
    else if (*format == 'u') put_number(wide ? va_arg(args, uint64_t) : va_arg(args, unsigned), 10, width, fill);
    else if (*format == 'd') {
      int64_t v = wide ? va_arg(args, int64_t) : va_arg(args, int);
      if (v < 0) put('-'), v = -v;
      put_number((uint64_t)v, 10, width, fill);
    } else put(*format);
  }
  va_end(args);
}
