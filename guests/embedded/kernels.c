/* Compute kernels: small, known loads with a checksum each, so that a wrong result shows. */
#include "guest.h"

static uint64_t random_state;
static uint64_t random64(void) {                 /* xorshift64 */
  uint64_t x = random_state;
  x ^= x << 13; x ^= x >> 7; x ^= x << 17;
  return random_state = x;
}

/* gcc makes calls of these for copies and clears */
void *memcpy(void *to, const void *from, size_t n) {
  uint8_t *d = to; const uint8_t *s = from;
  for (; n >= 8; n -= 8, d += 8, s += 8) *(uint64_t *)d = *(const uint64_t *)s;
  while (n--) *d++ = *s++;
  return to;
}
void *memset(void *to, int c, size_t n) {
  uint8_t *d = to;
  while (n--) { *d++ = (uint8_t)c; __asm__ volatile(""); }
  return to;
}

#define ARENA (1 << 20)
static uint64_t arena[ARENA];                    /* 8 MiB that the kernels share */

static uint64_t integer_mix(unsigned rounds) {
  uint64_t h = 0x9e3779b97f4a7c15, x = 1;
  for (unsigned i = 0; i < rounds; i++) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    h ^= x >> 29; h *= 0xbf58476d1ce4e5b9; h += (x ^ i) & 0xffff;
    h = (h << 17 | h >> 47) - (uint32_t)x / ((i & 15) + 1);
  }
  return h;
}

static const uint32_t sha_k[64] = {              /* FIPS 180-4, 4.2.2 */
  0x428a2f98,0x71374491,0xb5c0fbcf,0xe9b5dba5,0x3956c25b,0x59f111f1,0x923f82a4,0xab1c5ed5,0xd807aa98,0x12835b01,0x243185be,0x550c7dc3,0x72be5d74,0x80deb1fe,0x9bdc06a7,0xc19bf174,
  0xe49b69c1,0xefbe4786,0x0fc19dc6,0x240ca1cc,0x2de92c6f,0x4a7484aa,0x5cb0a9dc,0x76f988da,0x983e5152,0xa831c66d,0xb00327c8,0xbf597fc7,0xc6e00bf3,0xd5a79147,0x06ca6351,0x14292967,
  0x27b70a85,0x2e1b2138,0x4d2c6dfc,0x53380d13,0x650a7354,0x766a0abb,0x81c2c92e,0x92722c85,0xa2bfe8a1,0xa81a664b,0xc24b8b70,0xc76c51a3,0xd192e819,0xd6990624,0xf40e3585,0x106aa070,
  0x19a4c116,0x1e376c08,0x2748774c,0x34b0bcb5,0x391c0cb3,0x4ed8aa4a,0x5b9cca4f,0x682e6ff3,0x748f82ee,0x78a5636f,0x84c87814,0x8cc70208,0x90befffa,0xa4506ceb,0xbef9a3f7,0xc67178f2 };
static uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha_block(uint32_t h[8], const uint32_t in[16]) {
  uint32_t w[64], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], s = h[7];
  for (int i = 0; i < 16; i++) w[i] = in[i];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + w[i - 7] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) + (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = s + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g)) + sha_k[i] + w[i];
    uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    s = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += s;
}
static uint64_t sha256(unsigned rounds) {
  uint32_t h[8] = { 0x6a09e667,0xbb67ae85,0x3c6ef372,0xa54ff53a,0x510e527f,0x9b05688c,0x1f83d9ab,0x5be0cd19 }, block[16];
  for (unsigned r = 0; r < rounds; r++) {
    for (int i = 0; i < 16; i++) block[i] = r * 16 + (unsigned)i;
    sha_block(h, block);
  }
  return (uint64_t)h[0] << 32 | h[7];
}

static uint64_t sieve(unsigned rounds) {
  uint8_t *flags = (uint8_t *)arena;
  const unsigned n = 1 << 20;
  uint64_t primes = 0;
  for (unsigned r = 0; r < rounds; r++) {
    for (unsigned i = 0; i < n / 8; i++) arena[i] = 0x0101010101010101;
    for (unsigned i = 2; i * i < n; i++)
      if (flags[i]) for (unsigned j = i * i; j < n; j += i) flags[j] = 0;
    for (unsigned i = 2; i < n; i++) primes += flags[i];
  }
  return primes;
}

static uint64_t hash_table(unsigned rounds) {
  enum { SLOTS = 1 << 14 };
  uint64_t found = 0;
  random_state = 88172645463325252u;
  for (unsigned i = 0; i < SLOTS * 2; i++) arena[i] = 0;
  for (unsigned r = 0; r < rounds; r++) {
    uint64_t key = (random64() & 0x1fff) + 1, slot = key * 0x9e3779b97f4a7c15 >> 50;
    while (arena[slot * 2] && arena[slot * 2] != key) slot = (slot + 1) & (SLOTS - 1);
    found += arena[slot * 2] == key;
    arena[slot * 2] = key;
    arena[slot * 2 + 1] += r;
  }
  return found;
}

static uint64_t chase(unsigned rounds, uint64_t count) {
  random_state = 42;
  for (uint64_t i = 0; i < count; i++) arena[i] = i;
  for (uint64_t i = count - 1; i; i--) {         /* Sattolo: one cycle through all */
    uint64_t j = random64() % i, t = arena[i];
    arena[i] = arena[j]; arena[j] = t;
  }
  uint64_t at = 0;
  while (rounds--) at = arena[at];
  return at;
}
static uint64_t chase_l2(unsigned rounds) { return chase(rounds, 1 << 14); }
static uint64_t chase_memory(unsigned rounds) { return chase(rounds, ARENA); }

static uint64_t copy(unsigned rounds) {
  uint8_t *a = (uint8_t *)arena, *b = a + sizeof arena / 2;
  for (unsigned i = 0; i < 4096; i++) arena[i] = i * 0x0101010101010101u;
  for (unsigned r = 0; r < rounds; r++) { memcpy(b, a, 32768); memcpy(a, b + (r & 7), 32760); }
  return arena[4094] ^ arena[1];
}

static uint64_t stream(unsigned rounds) {
  enum { N = 1 << 15 };
  uint64_t *a = arena, *b = arena + N, *c = arena + 2 * N, sum = 0;
  for (unsigned i = 0; i < N; i++) { a[i] = i; b[i] = 2 * i; }
  for (unsigned r = 0; r < rounds; r++)
    for (unsigned i = 0; i < N; i++) { c[i] = a[i] + 3 * b[i]; sum += c[i]; }
  return sum;
}

/* A machine of five instructions, run by a switch: the shape of an interpreter. */
static uint64_t bytecode(unsigned rounds) {
  static const uint8_t program[] = { 0, 1, 2, 3, 1, 4, 2, 0, 3, 4, 1, 5 };
  uint64_t acc = 1, x = 7;
  while (rounds--) {
    for (const uint8_t *pc = program; *pc != 5; pc++)
      switch (*pc) {
        case 0: acc += x; break;
        case 1: acc ^= acc << 7; break;
        case 2: x = acc >> 3; break;
        case 3: acc *= 31; break;
        case 4: x += acc & 255; break;
      }
  }
  return acc ^ x;
}

static __attribute__((noinline)) uint64_t fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static uint64_t recursion(unsigned rounds) { uint64_t sum = 0; while (rounds--) sum += fib(24); return sum; }

static void quicksort(int64_t *a, long lo, long hi) {
  while (lo < hi) {
    int64_t pivot = a[(lo + hi) / 2];
    long i = lo, j = hi;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) { int64_t t = a[i]; a[i++] = a[j]; a[j--] = t; }
    }
    if (j - lo < hi - i) { quicksort(a, lo, j); lo = i; } else { quicksort(a, i, hi); hi = j; }
  }
}
static uint64_t sort(unsigned rounds) {
  enum { N = 1 << 14 };
  int64_t *a = (int64_t *)arena;
  uint64_t sum = 0;
  random_state = 7;
  while (rounds--) {
    for (int i = 0; i < N; i++) a[i] = (int64_t)random64();
    quicksort(a, 0, N - 1);
    sum += (uint64_t)a[N / 2];
  }
  return sum;
}

static uint64_t bits(double d) { union { double d; uint64_t u; } u = { d }; return u.u; }

static inline double multiply_add(double a, double b, double c, int fused) { return fused ? __builtin_fma(a, b, c) : a * b + c; }

/* Two functions, so that `fused` is a constant in each. */
static inline __attribute__((always_inline)) uint64_t multiply_matrices(unsigned rounds, int fused) {
  enum { N = 64 };
  double (*a)[N] = (void *)arena, (*b)[N] = a + N, (*c)[N] = b + N;
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) { a[i][j] = i * 0.5 - j; b[i][j] = 1.0 / (1 + i + j); }
  while (rounds--)
    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) {
      double sum = 0;
      for (int k = 0; k < N; k++) sum = multiply_add(a[i][k], b[k][j], sum, fused);
      c[i][j] = sum;
    }
  const double *all = (void *)c;
  uint64_t sum = 0;
  for (int i = 0; i < N * N; i++) sum = (sum << 1 | sum >> 63) ^ bits(all[i]);
  return sum;
}
static uint64_t matmul(unsigned rounds) { return multiply_matrices(rounds, 0); }
static uint64_t matmul_fma(unsigned rounds) { return multiply_matrices(rounds, 1); }

#ifdef __powerpc__
/* Markstein's: the last step rounds the exact root, as those before have made h right to the last bits. */
static double square_root(double x) {
  double h, g;
  __asm__("frsqrte %0, %1" : "=f"(h) : "f"(x));
  g = x * h; h *= 0.5;
  for (int i = 0; i < 4; i++) { double r = __builtin_fma(-g, h, 0.5); g = __builtin_fma(g, r, g); h = __builtin_fma(h, r, h); }
  return __builtin_fma(__builtin_fma(-g, g, x), h, g);
}
#elif defined __SSE2_MATH__
static double square_root(double x) { __asm__("sqrtsd %0, %0" : "+x"(x)); return x; }
#else
static double square_root(double x) { __asm__("fsqrt.d %0, %0" : "+f"(x)); return x; }
#endif

static uint64_t nbody(unsigned rounds) {
  static double p[5][3], v[5][3];
  static const double mass[5] = { 39.47, 0.0377, 0.0113, 0.0017, 0.0020 };
  for (int i = 0; i < 5; i++) for (int k = 0; k < 3; k++) { p[i][k] = i * (k + 1) * 1.1 + k; v[i][k] = (i - k) * 0.1; }
  while (rounds--) {
    for (int i = 0; i < 5; i++) for (int j = i + 1; j < 5; j++) {
      double d[3], r2 = 0.01;
      for (int k = 0; k < 3; k++) { d[k] = p[i][k] - p[j][k]; r2 += d[k] * d[k]; }
      double f = 0.001 / (r2 * square_root(r2));
      for (int k = 0; k < 3; k++) { v[i][k] -= d[k] * mass[j] * f; v[j][k] += d[k] * mass[i] * f; }
    }
    for (int i = 0; i < 5; i++) for (int k = 0; k < 3; k++) p[i][k] += 0.001 * v[i][k];
  }
  return bits(p[0][0]) ^ bits(p[4][2]);
}

const struct kernel kernels[] = {
  { "int",      "integer mix",             integer_mix,  18000000 },
  { "sha256",   "SHA-256 blocks",          sha256,         180000 },
  { "sieve",    "primes below 2^20",       sieve,             30 },
  { "hash",     "hash table",              hash_table,   18000000 },
  { "chase",    "pointer chase, 128 KiB",  chase_l2,    20000000 },
  { "chasemem", "pointer chase, 8 MiB",    chase_memory, 1000000 },
  { "memcpy",   "copy, 32 KiB",            copy,            700 },
  { "stream",   "a + 3 b, 768 KiB",        stream,           120 },
  { "bytecode", "bytecode interpreter",    bytecode,     1500000 },
  { "fib",      "recursive calls",         recursion,        110 },
  { "sort",     "quicksort, 16 Ki keys",   sort,              90 },
  { "matmul",   "double matmul 64x64",     matmul,            60 },
  { "matmulfma", "the same, fused",       matmul_fma,           60 },
  { "nbody",    "double n-body",           nbody,         110000 },
};
const unsigned kernel_count = sizeof kernels / sizeof *kernels;
