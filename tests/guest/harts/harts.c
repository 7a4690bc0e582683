// What several harts do to each other, bare-metal on QEMU's virt board: HARTS of them run every test ROUNDS times. A line a test on the serial port; the
// machine's status is the number of tests that failed. Runs on QEMU as well.
typedef unsigned int u32;
typedef unsigned long u64;

#ifndef HARTS
#define HARTS 4
#endif
#ifndef ROUNDS
#define ROUNDS 1000
#endif

#define CLINT 0x2000000ul
#define UART 0x10000000ul
#define FINISHER 0x100000ul
#define MIE_MSIE 8ul
#define STACK 4096

static char stacks[HARTS][STACK] __attribute__((aligned(16), used));

__asm__(".section .start, \"ax\"\n"
        ".globl _start\n"
        "_start: csrr a0, mhartid\n"
        "la sp, stacks\n"
        "addi t0, a0, 1\n"
        "slli t0, t0, 12\n"
        "add sp, sp, t0\n"
        "call hart\n"
        "1: wfi\n"
        "j 1b\n");

static inline void fence(void) { __asm__ volatile("fence rw, rw" ::: "memory"); }
static inline void pause_(void) { __asm__ volatile(".word 0x0100000f" ::: "memory"); }
static inline void wrs_nto(void) { __asm__ volatile(".word 0x00d00073" ::: "memory"); }
static inline void none(void) { __asm__ volatile("" ::: "memory"); }
static volatile u32 *msip(u64 hart) { return (volatile u32 *)(CLINT + 4 * hart); }

static void print(const char *text) {
  for (; *text; text++) *(volatile unsigned char *)UART = *text;
}
static void print_number(u64 n) {
  char digits[24], *at = digits + 23;
  *at = 0;
  do *--at = '0' + n % 10;
  while ((n /= 10) != 0);
  print(at);
}

// ---- What tests are made of ------------------------------------------------------------------------------------------

static volatile u64 arrived, departed;

/** Nobody goes on before all are here. */
static void barrier(void) {
  u64 round = departed;
  if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == HARTS) {
    arrived = 0;
    __atomic_store_n(&departed, round + 1, __ATOMIC_RELEASE);
  }
  while (__atomic_load_n(&departed, __ATOMIC_ACQUIRE) == round) pause_();
}

static volatile u64 counter, failures;

static u64 lr_sc_add(volatile u64 *cell, u64 n) {
  u64 old, failed;
  __asm__ volatile("1: lr.d.aq %0, (%2)\n"
                   "add %1, %0, %3\n"
                   "sc.d.rl %1, %1, (%2)\n"
                   "bnez %1, 1b"
                   : "=&r"(old), "=&r"(failed)
                   : "r"(cell), "r"(n)
                   : "memory");
  return old;
}

static volatile u32 word_lock;

/** The lock of teaching systems: nothing in the loop says that it waits. */
static void counted_by_swap(u64 hart) {
  for (u64 n = 0; n < ROUNDS; n++) {
    while (__atomic_exchange_n(&word_lock, 1, __ATOMIC_ACQUIRE) != 0) none();
    counter++;
    __atomic_store_n(&word_lock, 0, __ATOMIC_RELEASE);
  }
}

static volatile u64 next_ticket, now_serving;

/** First come, first served: whoever spins may only give way. */
static void counted_by_ticket(u64 hart) {
  for (u64 n = 0; n < ROUNDS; n++) {
    u64 ticket = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&now_serving, __ATOMIC_ACQUIRE) != ticket) pause_();
    counter++;
    __atomic_store_n(&now_serving, ticket + 1, __ATOMIC_RELEASE);
  }
}

static void counted_by_lr_sc(u64 hart) {
  for (u64 n = 0; n < ROUNDS; n++) lr_sc_add(&counter, 1);
}

static void counted_by_amo(u64 hart) {
  for (u64 n = 0; n < ROUNDS; n++) __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
}

/** Both ways at once on one word, and plain stores to its neighbour. */
static void counted_by_all(u64 hart) {
  static volatile u32 neighbours[2];
  for (u64 n = 0; n < ROUNDS; n++) {
    if (hart & 1) lr_sc_add(&counter, 1);
    else __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
    neighbours[hart & 1] = neighbours[hart & 1] + n;
  }
}

// ---- Messages --------------------------------------------------------------------------------------------------------

static volatile u64 mailbox[HARTS][8], payload[HARTS][64];

/** A token goes round; what its sender wrote before it must be there when it is. */
static void pass_messages(u64 hart, void (*spin)(void)) {
  u64 to = (hart + 1) % HARTS;
  for (u64 n = 1; n <= ROUNDS; n++) {
    if (hart == 0) {
      payload[to][n & 63] = n;
      __atomic_store_n(&mailbox[to][0], n, __ATOMIC_RELEASE);
    }
    while (__atomic_load_n(&mailbox[hart][0], __ATOMIC_ACQUIRE) != n) spin();
    if (payload[hart][n & 63] != n) __atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
    if (hart != 0) {
      payload[to][n & 63] = n;
      __atomic_store_n(&mailbox[to][0], n, __ATOMIC_RELEASE);
    }
    if (hart == 0) counter++;
  }
  barrier();
  mailbox[hart][0] = 0;
}

static void messages_spinning(u64 hart) { pass_messages(hart, none); }
static void messages_pausing(u64 hart) { pass_messages(hart, pause_); }

static void messages_reserving(u64 hart) {
  for (u64 n = 1; n <= ROUNDS; n++) {
    volatile u64 *mine = &mailbox[hart][0], *next = &mailbox[(hart + 1) % HARTS][0];
    if (hart == 0) __atomic_store_n(next, n, __ATOMIC_RELEASE);
    for (;;) {
      u64 seen;
      __asm__ volatile("lr.d.aq %0, (%1)" : "=r"(seen) : "r"(mine) : "memory");
      if (seen == n) break;
      wrs_nto();
    }
    if (hart != 0) __atomic_store_n(next, n, __ATOMIC_RELEASE);
    else counter++;
  }
  barrier();
  mailbox[hart][0] = 0;
}

/** Software interrupts there and back; who waits, waits in wfi. */
static void interrupts(u64 hart) {
  __asm__ volatile("csrw mie, %0" ::"r"(MIE_MSIE));
  u64 to = (hart + 1) % HARTS;
  if (hart == 0) *msip(to) = 1;
  for (u64 n = 0; n < ROUNDS; n++) {
    while ((*msip(hart) & 1) == 0) __asm__ volatile("wfi");
    *msip(hart) = 0;
    if (hart == 0) counter++;
    if (hart != 0 || n + 1 < ROUNDS) *msip(to) = 1;
  }
  __asm__ volatile("csrw mie, zero");
}

/** One asks all others at once, and spins for their answers: a remote fence. */
static void broadcast(u64 hart) {
  static volatile u64 answers, stop;
  __asm__ volatile("csrw mie, %0" ::"r"(MIE_MSIE)); // pending is enough: nobody takes it as a trap
  if (hart == 0) {
    stop = 0;
    barrier();
    for (u64 n = 1; n <= ROUNDS; n++) {
      for (u64 to = 1; to < HARTS; to++) *msip(to) = 1;
      while (__atomic_load_n(&answers, __ATOMIC_ACQUIRE) != n * (HARTS - 1)) none();
      counter++;
    }
    answers = 0;
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    return;
  }
  barrier();
  while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
    if ((*msip(hart) & 1) == 0) continue;
    *msip(hart) = 0;
    __atomic_fetch_add(&answers, 1, __ATOMIC_RELEASE);
  }
}

// ---- Reservations ----------------------------------------------------------------------------------------------------

static volatile u64 reserved_word, asked, answered;

/** Another hart stores what was there before: SC must fail all the same. With `sc`, it uses that itself. */
static void broken_by_equal_store(u64 hart) {
  for (u64 n = 1; n <= ROUNDS; n++) {
    if (hart == 0) {
      u64 seen, failed;
      __asm__ volatile("lr.d %0, (%1)" : "=r"(seen) : "r"(&reserved_word) : "memory");
      asked = n;
      while (answered != n) none();
      __asm__ volatile("sc.d %0, %1, (%2)" : "=r"(failed) : "r"(n), "r"(&reserved_word) : "memory");
      if (failed) counter++;
    } else if (hart == 1) {
      while (asked != n) none();
      if (n & 1) {
        reserved_word = 0;
      } else {
        lr_sc_add(&reserved_word, 1);
        lr_sc_add(&reserved_word, -1);
      }
      fence();
      answered = n;
    }
  }
  barrier();
  if (hart == 0) asked = answered = 0;
}

// ---- Code that another hart writes -----------------------------------------------------------------------------------

static u32 code[16] __attribute__((aligned(4096)));
static volatile u64 version, seen_by[HARTS];

#define LI_A0(n) (0x00000513u | (u32)(n) << 20)
#define RET 0x00008067u

/** All call a function that hart 0 changes; after fence.i they must run what it is now. */
static void patched_code(u64 hart) {
  for (u64 n = 1; n <= ROUNDS / 4 + 1; n++) {
    u64 value = n & 1023;
    if (hart == 0) {
      code[0] = LI_A0(value);
      code[1] = RET;
      fence();
      __asm__ volatile("fence.i" ::: "memory");
      __atomic_store_n(&version, n, __ATOMIC_RELEASE);
    } else {
      while (__atomic_load_n(&version, __ATOMIC_ACQUIRE) != n) pause_();
      __asm__ volatile("fence.i" ::: "memory");
    }
    for (u64 calls = 0; calls < 40; calls++) {
      if (((u64(*)(void))code)() != value) __atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
    }
    seen_by[hart] = n;
    fence();
    if (hart == 0) {
      for (u64 other = 1; other < HARTS; other++)
        while (seen_by[other] != n) pause_();
      counter++;
    }
  }
  barrier();
  if (hart == 0) version = 0;
  seen_by[hart] = 0;
}

/** Even where nothing of it says so, each has its turns: hart 0 counts as long as the others spin. */
static void shares(u64 hart) {
  static volatile u64 turns[HARTS], done;
  turns[hart] = 0;
  barrier();
  if (hart != 0) {
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) turns[hart]++;
  } else {
    for (;;) {
      u64 least = ~0ul;
      for (u64 other = 1; other < HARTS; other++)
        if (turns[other] < least) least = turns[other];
      if (least >= ROUNDS) break;
    }
    counter = ROUNDS;
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
  }
  barrier();
  if (hart == 0) done = 0;
}

// ---- All of them -----------------------------------------------------------------------------------------------------

static const struct {
  const char *name;
  void (*run)(u64 hart);
  u64 expected;
} TESTS[] = {
    {"swap lock", counted_by_swap, HARTS *ROUNDS},
    {"ticket lock", counted_by_ticket, HARTS *ROUNDS},
    {"lr and sc", counted_by_lr_sc, HARTS *ROUNDS},
    {"amo", counted_by_amo, HARTS *ROUNDS},
    {"amo with lr and sc", counted_by_all, HARTS *ROUNDS},
    {"messages, spinning", messages_spinning, ROUNDS},
    {"messages, pausing", messages_pausing, ROUNDS},
    {"messages, reserving", messages_reserving, ROUNDS},
    {"interrupts", interrupts, ROUNDS},
    {"broadcast", broadcast, ROUNDS},
    {"equal store", broken_by_equal_store, ROUNDS},
    {"patched code", patched_code, ROUNDS / 4 + 1},
    {"shares", shares, ROUNDS},
};

#ifndef FIRST
#define FIRST 0
#define LAST (sizeof TESTS / sizeof *TESTS)
#endif

void hart(u64 id) {
  u64 failed = 0;
  if (id >= HARTS) return;
  for (u64 n = FIRST; n < LAST; n++) {
    barrier();
    u64 start, end;
    __asm__ volatile("rdtime %0" : "=r"(start));
    TESTS[n].run(id);
    barrier();
    __asm__ volatile("rdtime %0" : "=r"(end));
    if (id == 0) {
      int good = counter == TESTS[n].expected && failures == 0;
      print(TESTS[n].name);
      print(good ? ": ok" : ": FAILED, ");
      if (!good) {
        print_number(counter);
        print(" of ");
        print_number(TESTS[n].expected);
        print(", wrong ");
        print_number(failures);
        failed++;
      }
#ifdef TIMES
      print(" us ");
      print_number((end - start) / 10);
#endif
      print("\n");
      counter = failures = 0;
    }
  }
  barrier();
  if (id == 0) *(volatile u32 *)FINISHER = failed ? failed << 16 | 0x3333 : 0x5555;
}
