/*
 * System workloads of the laboratory: a static Linux program without a C library.
 *
 *   lab syscall N                read a byte of /dev/zero, N times
 *   lab pipe N                   a word to another process and back, N times
 *   lab fork N PROGRAM [ARG...]  fork, exec, wait, N times
 *   lab pages N                  map 4 MiB, touch each page, unmap, N times
 *   lab kernel NAME KERNEL N     a compute kernel of the embedded guest, N tenths of its usual work
 *   lab run NAME PROGRAM [ARG...] a program, once, and what it writes
 *
 * Each prints `lab: NAME CHECKSUM NANOSECONDS`, time by CLOCK_MONOTONIC; a program that ends with a status `lab: NAME failed: status N`. System calls: Linux include/uapi/asm-generic/unistd.h.
 */
#include <stddef.h>
#include <stdint.h>
#include "../embedded/guest.h"

enum {
  SYS_dup3 = 24, SYS_openat = 56, SYS_close = 57, SYS_pipe2 = 59, SYS_read = 63, SYS_write = 64, SYS_exit_group = 94,
  SYS_clock_gettime = 113, SYS_munmap = 215, SYS_clone = 220, SYS_execve = 221, SYS_mmap = 222, SYS_wait4 = 260,
};
enum { AT_FDCWD = -100, O_RDONLY = 0, SIGCHLD = 17, CLOCK_MONOTONIC = 1 };
enum { PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 32 };

static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f, a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
  return a0;
}
static long read_fd(int fd, void *to, size_t size) { return call(SYS_read, fd, (long)to, (long)size, 0, 0, 0); }
static long write_fd(int fd, const void *from, size_t size) { return call(SYS_write, fd, (long)from, (long)size, 0, 0, 0); }
static void close_fd(int fd) { call(SYS_close, fd, 0, 0, 0, 0, 0); }
static long fork_process(void) { return call(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0); }
static void leave(int status) { for (;;) call(SYS_exit_group, status, 0, 0, 0, 0, 0); }

static size_t length(const char *s) { size_t n = 0; while (s[n]) n++; return n; }
static int same(const char *a, const char *b) { while (*a && *a == *b) a++, b++; return *a == *b; }

static void fail(const char *what) {
  write_fd(2, "lab: cannot ", 12);
  write_fd(2, what, length(what));
  write_fd(2, "\n", 1);
  leave(1);
}
static long check(long result, const char *what) {
  if (result < 0) fail(what);
  return result;
}

static uint64_t now(void) {
  struct { int64_t seconds, nanoseconds; } time;
  check(call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0, 0, 0, 0), "read the clock");
  return (uint64_t)time.seconds * 1000000000u + (uint64_t)time.nanoseconds;
}

static uint64_t mix(uint64_t hash, uint64_t value) { return (hash ^ value) * 0x100000001b3u; }  /* FNV-1a, by words */
static const uint64_t SEED = 0xcbf29ce484222325u;

static void make_pipe(int ends[2]) { check(call(SYS_pipe2, (long)ends, 0, 0, 0, 0, 0), "make a pipe"); }

static int wait_for(long pid) {
  int status = 0;
  check(call(SYS_wait4, pid, (long)&status, 0, 0, 0, 0), "wait");
  return status;
}

static char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
static void execute(char **argv) {
  call(SYS_execve, (long)argv[0], (long)argv, (long)environment, 0, 0, 0);
  leave(127);
}

static uint64_t syscalls(uint64_t n) {
  int zero = (int)check(call(SYS_openat, AT_FDCWD, (long)"/dev/zero", O_RDONLY, 0, 0, 0), "open /dev/zero");
  uint64_t hash = SEED;
  for (uint64_t i = 0; i < n; i++) {
    uint8_t byte = 0xff;
    long got = read_fd(zero, &byte, 1);
    hash = mix(hash, (uint64_t)got << 8 | byte);
  }
  return hash;
}

static uint64_t pipes(uint64_t n) {
  int there[2], back[2];
  make_pipe(there);
  make_pipe(back);
  long pid = check(fork_process(), "fork");
  uint64_t word = 1, hash = SEED;
  if (pid == 0) {
    close_fd(there[1]);
    while (read_fd(there[0], &word, sizeof word) == sizeof word) {
      word = word * 3 + 1;
      write_fd(back[1], &word, sizeof word);
    }
    leave(0);
  }
  close_fd(there[0]);
  for (uint64_t i = 0; i < n; i++) {
    if (write_fd(there[1], &word, sizeof word) != sizeof word || read_fd(back[0], &word, sizeof word) != sizeof word) fail("talk to the child");
    hash = mix(hash, word);
  }
  close_fd(there[1]);
  return mix(hash, (uint64_t)wait_for(pid));
}

static uint64_t forks(uint64_t n, char **argv) {
  uint64_t hash = SEED;
  for (uint64_t i = 0; i < n; i++) {
    long pid = check(fork_process(), "fork");
    if (pid == 0) execute(argv);
    hash = mix(hash, (uint64_t)wait_for(pid));
  }
  return hash;
}

static uint64_t pages(uint64_t n) {
  enum { SIZE = 4 << 20, PAGE = 4096 };
  uint64_t hash = SEED;
  for (uint64_t i = 0; i < n; i++) {
    long at = check(call(SYS_mmap, 0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "map memory");
    volatile uint64_t *words = (uint64_t *)at;
    for (size_t k = 0; k < SIZE / sizeof *words; k += PAGE / sizeof *words) {
      hash = mix(hash, words[k]);
      words[k] = hash;
    }
    check(call(SYS_munmap, at, SIZE, 0, 0, 0, 0), "unmap memory");
  }
  return hash;
}

static char *number(char *end, uint64_t value, unsigned base, int width) {
  *--end = 0;
  do *--end = "0123456789abcdef"[value % base]; while (--width, value /= base);
  while (width-- > 0) *--end = '0';
  return end;
}

static void print_line(const char *const *parts) {
  char line[128];
  size_t n = 0;
  for (; *parts; parts++)
    for (const char *part = *parts; *part && n < sizeof line; part++) line[n++] = *part;
  write_fd(1, line, n);
}

static void report(const char *name, uint64_t checksum, uint64_t nanoseconds) {
  char sum[24], time[24];
  print_line((const char *[]){ "lab: ", name, " ", number(sum + sizeof sum, checksum, 16, 16), " ", number(time + sizeof time, nanoseconds, 10, 1), "\n", NULL });
}

/* As wait(2) tells it: the exit status, or 128 and the signal, as a shell does. */
static void report_failure(const char *name, int status) {
  char code[24];
  unsigned value = status & 0x7f ? 128u + (status & 0x7f) : (unsigned)status >> 8 & 0xff;
  print_line((const char *[]){ "lab: ", name, " failed: status ", number(code + sizeof code, value, 10, 1), "\n", NULL });
  leave(1);
}

static uint64_t program(const char *name, char **argv) {
  int out[2];
  make_pipe(out);
  long pid = check(fork_process(), "fork");
  if (pid == 0) {
    call(SYS_dup3, out[1], 1, 0, 0, 0, 0);
    close_fd(out[0]);
    close_fd(out[1]);
    execute(argv);
  }
  close_fd(out[1]);
  uint64_t hash = SEED;
  uint8_t block[512];
  for (long got; (got = read_fd(out[0], block, sizeof block)) > 0;)
    for (long i = 0; i < got; i++) hash = mix(hash, block[i]);
  int status = wait_for(pid);
  if (status) report_failure(name, status);
  return mix(hash, (uint64_t)status);
}

static uint64_t compute(const char *name, uint64_t n) {
  for (unsigned i = 0; i < kernel_count; i++)
    if (same(name, kernels[i].name)) {
      uint64_t rounds = kernels[i].rounds * n / 10;
      return kernels[i].run(rounds ? (unsigned)rounds : 1);
    }
  fail("find that kernel");
  return 0;
}

static uint64_t parse(const char *text) {
  uint64_t n = 0;
  if (!*text) fail("read the number");
  for (; *text; text++) {
    if (*text < '0' || *text > '9') fail("read the number");
    n = n * 10 + (uint64_t)(*text - '0');
  }
  return n;
}

__attribute__((used)) void start(long *stack) {
  long argc = stack[0];
  char **argv = (char **)(stack + 1);
  if (argc < 3) fail("run: lab syscall|pipe|pages N, lab fork N PROGRAM..., lab kernel NAME KERNEL N, lab run NAME PROGRAM...");
  const char *what = argv[1], *name = what;
  uint64_t from = now(), checksum = 0;
  if (same(what, "syscall")) checksum = syscalls(parse(argv[2]));
  else if (same(what, "pipe")) checksum = pipes(parse(argv[2]));
  else if (same(what, "pages")) checksum = pages(parse(argv[2]));
  else if (same(what, "kernel") && argc > 4) name = argv[2], checksum = compute(argv[3], parse(argv[4]));
  else if (same(what, "fork") && argc > 3) checksum = forks(parse(argv[2]), argv + 3);
  else if (same(what, "run") && argc > 3) name = argv[2], checksum = program(name, argv + 3);
  else fail("understand the arguments");
  report(name, checksum, now() - from);
  leave(0);
}

__asm__(".globl _start\n_start:\n.option push\n.option norelax\nlla gp, __global_pointer$\n.option pop\nmv a0, sp\nandi sp, sp, -16\ncall start\n");
