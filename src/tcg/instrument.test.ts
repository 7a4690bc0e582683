import { describe, expect, it } from 'vitest';
import { MEMOPIDX_SHIFT, MO_32, MO_64 } from '../../assembly/shared/layout.js';
import { TcgContext } from './context.js';
import { ACCESS_LOAD, ACCESS_STORE, instrument, memOpOf, PLUGIN_HELPERS, type Injection } from './instrument.js';
import { AtomicKind, Cond, Op, OP_WORDS } from './opcodes.js';
import { formatIr } from './text.js';

const GLOBALS = ['pc', 'x1', 'x2'].map((name, i) => ({ name, offset: 0x100 + 8 * i }));
const [PC, X1, X2] = [0, 1, 2];

function block(): TcgContext {
  const ctx = new TcgContext(GLOBALS, PLUGIN_HELPERS);
  ctx.insnStart(0);
  ctx.addi(X1, X2, 1);
  ctx.insnStart(4);
  ctx.qemuLd(X1, X1, MO_64, 0);
  ctx.insnStart(8);
  ctx.qemuSt(X1, X2, MO_32, 0);
  ctx.addi(PC, PC, 12);
  ctx.gotoTb(0);
  return ctx;
}
const call = (id: number, registers: 'none' | 'read' | 'write' = 'none') => ({ kind: 'call', id, registers }) as const;
const text = (injections: readonly Injection[], ctx = block()): string[] => {
  instrument(ctx, injections);
  return formatIr(ctx).trim().split('\n').map((line) => line.trim()); // prettier-ignore
};

describe('instrument', () => {
  it('leaves the ops as they are, in their order', () => {
    const plain = formatIr(block()).trim().split('\n').map((line) => line.trim()); // prettier-ignore
    const added = text([
      { insn: 0, access: 0, action: { kind: 'add', cell: 3, value: 1n } },
      { insn: 2, access: ACCESS_STORE, action: call(7) },
    ]);
    expect(added.filter((line) => !line.includes('plugin_'))).toEqual(plain);
  });
  it('comes before instructions, behind their insn_start, in the order asked for', () => {
    const lines = text([
      { insn: 1, access: 0, action: { kind: 'store', cell: 2, value: 5n } },
      { insn: 1, access: 0, action: { kind: 'cond', id: 4, registers: 'none', cell: 2, cond: Cond.GEU, value: 9n } },
      { insn: 1, access: 0, action: call(6, 'read') },
    ]);
    const at = lines.findIndex((line) => line.startsWith('insn_start $0x4'));
    expect(lines.slice(at + 1, at + 4).map((line) => /plugin_\w+/.exec(line)?.[0])).toEqual([
      'plugin_store',
      'plugin_cond',
      'plugin_call_r',
    ]);
    expect(lines[at + 4]).toContain('qemu_ld');
  });
  it('keeps the address of a load that overwrites it', () => {
    const lines = text([{ insn: 1, access: ACCESS_LOAD, action: call(1) }]);
    const at = lines.findIndex((line) => line.includes('qemu_ld'));
    expect(lines[at - 1]).toMatch(/^mov_i64 tmp\d+, x1/);
    const kept = /tmp\d+/.exec(lines[at - 1])![0];
    expect(lines[at + 1]).toMatch(new RegExp(`plugin_mem.*${kept}, x1`));
  });
  it('looks at the kind of the access', () => {
    expect(text([{ insn: 1, access: ACCESS_STORE, action: call(1) }]).join()).not.toContain('plugin_mem');
    expect(text([{ insn: 2, access: ACCESS_LOAD, action: call(1) }]).join()).not.toContain('plugin_mem');
    expect(text([{ insn: 2, access: ACCESS_STORE | ACCESS_LOAD, action: call(1) }]).join()).toContain('plugin_mem');
  });
  it('tells of an atomic access as a load and a store', () => {
    const ctx = new TcgContext(GLOBALS, PLUGIN_HELPERS);
    ctx.insnStart(0);
    ctx.atomicFetch(AtomicKind.add, X1, X2, X1, MO_32, 1);
    ctx.exitTb(0);
    instrument(ctx, [{ insn: 0, access: ACCESS_LOAD | ACCESS_STORE, action: call(5) }]);
    const calls = Array.from({ length: ctx.opCount }, (_, k) => k * OP_WORDS).filter((p) => ctx.ops[p] === Op.call);
    expect(calls.map((p) => PLUGIN_HELPERS[ctx.ops[p + 2]].name)).toEqual(['plugin_mem', 'plugin_rmw']);
    for (const p of calls) {
      const word = ctx.constValue(ctx.ops[p + 3]);
      expect(Number(word & 0xffffn)).toBe(5);
      expect(memOpOf(Number((word >> 32n) & 0xffffn))).toBe(MO_32);
      expect(Number((word >> 32n) & ((1n << BigInt(MEMOPIDX_SHIFT)) - 1n))).toBe(1);
      // not what the access has written over it
      if (ctx.ops[p + 6] >= 0) expect(ctx.ops[p + 6]).not.toBe(X1);
    }
  });
});
