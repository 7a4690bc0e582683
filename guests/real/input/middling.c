/* For a compiler to work on: a tree, a parser, a sort, a product of matrices; what it prints depends on TURN alone. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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

static int by_number(const void *a, const void *b) { uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b; return (x > y) - (x < y); }

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

  static uint32_t numbers[3000];
  for (int i = 0; i < 3000; i++) numbers[i] = next();
  qsort(numbers, 3000, sizeof *numbers, by_number);
  printf("numbers %u %u\n", (unsigned)numbers[0], (unsigned)numbers[2999]);

  double a[8][8], b[8][8], c[8][8];
  for (int i = 0; i < 8; i++) for (int j = 0; j < 8; j++) a[i][j] = i + j, b[i][j] = i - j;
  matrix(c, a, b);
  matrix(a, c, b);
  printf("matrix %.1f %.1f\n", a[0][7], a[7][0]);
  return 0;
}
