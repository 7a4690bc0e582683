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
#define FINISHER 0x100000

static int is_over;
static uint64_t insns, blocks, loads, stores, bytes, sum;

static void block(unsigned cpu, void *p) { blocks += !is_over; }
static void insn(unsigned cpu, void *p) { insns += !is_over; }
static void mem(unsigned cpu, uint32_t info, uint64_t addr, void *p) {
  if (is_over) return;
  if (addr == FINISHER) is_over = 1;
  if (qemu_plugin_mem_is_store(info) & 1) stores++;
  else loads++;
  bytes += 1 << qemu_plugin_mem_size_shift(info);
  sum = sum * 31 + addr;
}
static void trans(plugin_id id, struct qemu_plugin_tb *tb) {
  qemu_plugin_register_vcpu_tb_exec_cb(tb, block, 0, 0);
  size_t n = qemu_plugin_tb_n_insns(tb);
  for (size_t i = 0; i < n; i++) {
    struct qemu_plugin_insn *each = qemu_plugin_tb_get_insn(tb, i);
    qemu_plugin_register_vcpu_insn_exec_cb(each, insn, 0, 0);
    qemu_plugin_register_vcpu_mem_cb(each, mem, 0, 3, 0);
  }
}
static void done(plugin_id id, void *p) {
  char text[200];
  snprintf(text, sizeof text, "insns %" PRIu64 " loads %" PRIu64 " stores %" PRIu64 " bytes %" PRIu64 " sum %" PRIx64 "\n", insns, loads, stores, bytes, sum);
  qemu_plugin_outs(text);
}
__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
  qemu_plugin_register_vcpu_tb_trans_cb(id, trans);
  qemu_plugin_register_atexit_cb(id, done, 0);
  return 0;
}
