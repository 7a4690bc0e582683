/*
 * A plugin for QEMU that counts what wemu's plugins count in plugins.test.ts. It brings the declarations that it needs (docs/devel/tcg-plugins of QEMU 10.0), since
 * Debian has no qemu-plugin.h. Nothing counts from the store to the test finisher on: how far QEMU goes on after it is chance.
 */
#include <inttypes.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb; struct qemu_plugin_insn;
int qemu_plugin_version __attribute__((visibility("default"))) = 4;
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, void (*)(unsigned, uint32_t, uint64_t, void *), int, int, void *);
int qemu_plugin_mem_is_store(uint32_t);
unsigned qemu_plugin_mem_size_shift(uint32_t);
void qemu_plugin_outs(const char *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, void (*)(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));
#define FINISHER 0x100000

/* What was executed how often, by address; a block has a length, too. */
struct counted { uint64_t pc, length, count; };
struct table { struct counted rows[1000]; size_t used; };
static struct table each_block, each_insn;
static struct counted *find(struct table *table, uint64_t pc, uint64_t length) {
  for (size_t i = 0; i < table->used; i++)
    if (table->rows[i].pc == pc && table->rows[i].length == length) return &table->rows[i];
  struct counted *row = &table->rows[table->used++];
  row->pc = pc, row->length = length;
  return row;
}
static void tell(const char *what, const struct table *table) {
  char text[200];
  for (size_t i = 0; i < table->used; i++) {
    const struct counted *row = &table->rows[i];
    snprintf(text, sizeof text, "%s 0x%016" PRIx64 " %" PRIu64 " %" PRIu64 "\n", what, row->pc, row->length, row->count);
    if (row->count > 0) qemu_plugin_outs(text);
  }
}

static int is_over;
static uint64_t insns, blocks, loads, stores, bytes, sum;

static uint64_t syscalls;

static void block(unsigned cpu, void *row) { blocks += !is_over; ((struct counted *)row)->count += !is_over; }
static void insn(unsigned cpu, void *row) { insns += !is_over; ((struct counted *)row)->count += !is_over; }
static void syscall_(plugin_id id, unsigned cpu, int64_t n, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  syscalls++;
}
static void mem(unsigned cpu, uint32_t info, uint64_t addr, void *p) {
  if (is_over) return;
  if (addr == FINISHER) is_over = 1;
  if (qemu_plugin_mem_is_store(info) & 1) stores++;
  else loads++;
  bytes += 1 << qemu_plugin_mem_size_shift(info);
  sum = sum * 31 + addr;
}
static void trans(plugin_id id, struct qemu_plugin_tb *tb) {
  size_t n = qemu_plugin_tb_n_insns(tb);
  qemu_plugin_register_vcpu_tb_exec_cb(tb, block, 0, find(&each_block, qemu_plugin_tb_vaddr(tb), n));
  for (size_t i = 0; i < n; i++) {
    struct qemu_plugin_insn *each = qemu_plugin_tb_get_insn(tb, i);
    qemu_plugin_register_vcpu_insn_exec_cb(each, insn, 0, find(&each_insn, qemu_plugin_insn_vaddr(each), 1));
    qemu_plugin_register_vcpu_mem_cb(each, mem, 0, 3, 0);
  }
}
static void done(plugin_id id, void *p) {
  char text[200];
  snprintf(text, sizeof text, "insns %" PRIu64 " loads %" PRIu64 " stores %" PRIu64 " bytes %" PRIu64 " sum %" PRIx64 "\n", insns, loads, stores, bytes, sum);
  qemu_plugin_outs(text);
  tell("block", &each_block);
  tell("insn", &each_insn);
  snprintf(text, sizeof text, "syscalls %" PRIu64 "\n", syscalls);
  qemu_plugin_outs(text);
}
__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
  qemu_plugin_register_vcpu_tb_trans_cb(id, trans);
  qemu_plugin_register_vcpu_syscall_cb(id, syscall_);
  qemu_plugin_register_atexit_cb(id, done, 0);
  return 0;
}
