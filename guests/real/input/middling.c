/* For a compiler to work on: containers, a parser, a sort, a hash, packed words; what it prints depends on TURN alone. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef TURN
#define TURN 0
#endif

static uint32_t state = 12345 + TURN;
static uint32_t next(void) { return (state = state * 1664525u + 1013904223u) >> 8; }

struct node { struct node *left, *right; int key, height; };

static int height(const struct node *n) { return n ? n->height : 0; }
static void measure(struct node *n) { int l = height(n->left), r = height(n->right); n->height = (l > r ? l : r) + 1; }

static struct node *rotate_right(struct node *n) { struct node *l = n->left; n->left = l->right; l->right = n; measure(n); measure(l); return l; }
static struct node *rotate_left(struct node *n) { struct node *r = n->right; n->right = r->left; r->left = n; measure(n); measure(r); return r; }

static struct node *insert(struct node *n, int key) {
  if (!n) {
    n = calloc(1, sizeof *n);
    if (!n) exit(2);
    n->key = key, n->height = 1;
    return n;
  }
  if (key < n->key) n->left = insert(n->left, key);
  else if (key > n->key) n->right = insert(n->right, key);
  else return n;
  measure(n);
  int balance = height(n->left) - height(n->right);
  if (balance > 1) {
    if (height(n->left->left) < height(n->left->right)) n->left = rotate_left(n->left);
    return rotate_right(n);
  }
  if (balance < -1) {
    if (height(n->right->right) < height(n->right->left)) n->right = rotate_right(n->right);
    return rotate_left(n);
  }
  return n;
}

static long sum(const struct node *n) { return n ? sum(n->left) * 3 + n->key + sum(n->right) : 1; }

/* expression := term { (+|-) term }, term := factor { (*|/) factor }, factor := number | '(' expression ')' | '-' factor */
static const char *at;
static double expression(void);
static void blanks(void) { while (isspace((unsigned char)*at)) at++; }
static double factor(void) {
  blanks();
  if (*at == '(') {
    at++;
    double value = expression();
    blanks();
    if (*at == ')') at++;
    return value;
  }
  if (*at == '-') return at++, -factor();
  char *end;
  double value = strtod(at, &end);
  at = end;
  return value;
}
static double term(void) {
  double value = factor();
  for (;;) {
    blanks();
    if (*at == '*') at++, value *= factor();
    else if (*at == '/') { at++; double by = factor(); value = by != 0 ? value / by : 0; }
    else return value;
  }
}
static double expression(void) {
  double value = term();
  for (;;) {
    blanks();
    if (*at == '+') at++, value += term();
    else if (*at == '-') at++, value -= term();
    else return value;
  }
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static int by_number(const void *a, const void *b) { uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b; return (x > y) - (x < y); }

static uint32_t hash(const char *text) {
  uint32_t h = 2166136261u;
  while (*text) h = (h ^ (uint8_t)*text++) * 16777619u;
  return h;
}

enum { OPS = 6 };
static long machine(const uint8_t *code, size_t length) {
  long stack[16] = { 0 }, count = 0;
  unsigned depth = 1;
  for (size_t pc = 0; pc < length && count < 100000; count++) {
    long *top = &stack[depth & 15];
    switch (code[pc++] % OPS) {
      case 0: stack[++depth & 15] = code[pc % length]; break;
      case 1: depth--; stack[depth & 15] += *top; break;
      case 2: depth--; stack[depth & 15] ^= *top << 1; break;
      case 3: *top = *top * 7 - 1; break;
      case 4: if (*top & 1) pc += 2; break;
      default: *top = (long)((unsigned long)*top >> 3); break;
    }
  }
  long result = count;
  for (unsigned i = 0; i < 16; i++) result = result * 31 + stack[i];
  return result;
}

static void matrix(double out[8][8], double a[8][8], double b[8][8]) {
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++) {
      double s = 0;
      for (int k = 0; k < 8; k++) s += a[i][k] * b[k][j];
      out[i][j] = s;
    }
}

int main(void) {
  struct node *root = NULL;
  for (int i = 0; i < 2000; i++) root = insert(root, (int)(next() % 100000));
  printf("tree %d %ld\n", height(root), sum(root));

  at = "(1 + 2 * 3) / (4 - -5) + 6 * (7 - 8 / (9 + 10))";
  printf("expression %.6f\n", expression());

  static char names[500][12];
  static char *sorted[500];
  for (int i = 0; i < 500; i++) snprintf(sorted[i] = names[i], sizeof names[i], "n%06u", next() % 1000000);
  qsort(sorted, 500, sizeof *sorted, by_text);
  uint32_t h = 0;
  for (int i = 0; i < 500; i++) h = h * 3 + hash(sorted[i]);
  printf("names %s %08x\n", sorted[0], (unsigned)h);

  static uint32_t numbers[3000];
  for (int i = 0; i < 3000; i++) numbers[i] = next();
  qsort(numbers, 3000, sizeof *numbers, by_number);
  printf("numbers %u %u\n", (unsigned)numbers[0], (unsigned)numbers[2999]);

  uint8_t code[256];
  for (size_t i = 0; i < sizeof code; i++) code[i] = (uint8_t)next();
  printf("machine %ld\n", machine(code, sizeof code));

  double a[8][8], b[8][8], c[8][8];
  for (int i = 0; i < 8; i++) for (int j = 0; j < 8; j++) a[i][j] = i + j, b[i][j] = i - j;
  matrix(c, a, b);
  matrix(a, c, b);
  printf("matrix %.1f %.1f\n", a[0][7], a[7][0]);
  return 0;
}
