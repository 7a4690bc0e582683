/* Boot options: words `name=value` in what the machine was given as its command line. */
#include "guest.h"

const char *boot_option(const char *name) {
  const char *at = platform.bootargs;
  while (at && *at) {
    while (*at == ' ') at++;
    const char *n = name;
    while (*n && *n == *at) n++, at++;
    if (!*n && *at == '=') return at + 1;
    while (*at && *at != ' ') at++;
  }
  return NULL;
}

unsigned boot_number(const char *name, unsigned fallback) {
  const char *text = boot_option(name);
  if (!text || *text < '0' || *text > '9') return fallback;
  unsigned n = 0;
  while (*text >= '0' && *text <= '9') n = n * 10 + (unsigned)(*text++ - '0');
  return n;
}

int boot_list_has(const char *list, const char *word) {
  if (!list) return 1;
  while (*list && *list != ' ') {
    const char *n = word;
    while (*n && *n == *list) n++, list++;
    if (!*n && (!*list || *list == ',' || *list == ' ')) return 1;
    while (*list && *list != ',' && *list != ' ') list++;
    if (*list == ',') list++;
  }
  return 0;
}
