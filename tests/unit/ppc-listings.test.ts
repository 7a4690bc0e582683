/**
 * The two blocks of code by which "QEMU internals" shows translation (tcg_p1: five instructions at fff00100; tcg_p3: a store at fff0017c), as
 * `-d in_asm,op,op_opt,out_asm` shows them here.
 */
import { afterEach, expect, it } from 'vitest';
import * as w from '../differential/ppc-system/words.js';
import { createPpcHost } from '../ppc/machine.js';
import type { TcgHost } from '../../src/host.js';
import { Machine } from '../../src/system/facade.js';

let host: TcgHost | undefined;
afterEach(() => host?.close());

const STORE = w.stw(0, 4, 1);
const MSR_IP = 0x40;
const MSR_LE = 0x01;
const swap = (word: number): number => (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
const XOR = ((31 << 26) | (316 << 1)) >>> 0;

/** What is logged while the code at an offset of the ROM is run, from the reset on. */
async function logOf(at: number, code: readonly number[], before: readonly number[] = []): Promise<string> {
  const rom = new DataView(new ArrayBuffer(0x1000));
  const put = (offset: number, list: readonly number[]): void => list.forEach((word, n) => rom.setUint32(offset + 4 * n, word));
  put(0x100, before);
  put(at, [...code, w.b(0)]);
  let text = '';
  host = createPpcHost('tci');
  const log = { items: ['in_asm', 'op', 'op_opt', 'out_asm'] as const, sink: (more: string) => void (text += more) };
  const machine = Machine.create({ machine: '40p', memory: '64M', bios: new Uint8Array(rom.buffer), icount: { shift: 0 }, log }, host);
  const timer = machine.state.clocks.timer(1, () => machine.state.requestShutdown('guest-shutdown'));
  timer.modNs(1000n);
  await machine.run();
  return text;
}

/** Of a section of the first block's listing, its lines. */
const section = (log: string, from: string): string[] =>
  log
    .slice(log.indexOf(from) + from.length)
    .split('\n\n')[0]
    .trim()
    .split('\n');

it('a monitor lists instructions', () => {
  const rom = new DataView(new ArrayBuffer(0x1000));
  [w.lis(1, 1), w.b(0)].forEach((word, n) => rom.setUint32(0x100 + 4 * n, word));
  host = createPpcHost('tci');
  const machine = Machine.create({ machine: '40p', memory: '64M', bios: new Uint8Array(rom.buffer) }, host);
  const bytes = new Uint8Array(rom.buffer, 0x100, 8);
  const { cpus } = machine.state;
  expect([cpus[0].disassemble(bytes, 0xfff0_0100n), cpus[0].disassemble(bytes.subarray(0, 3), 0n)]).toEqual([
    { text: '0xfff00100:  3c200001  lis     r1,1', size: 4, flow: undefined },
    undefined,
  ]);
});

it('tcg_p1: constants, a store, a helper that ends the block', async () => {
  const log = await logOf(0x100, [w.lis(1, 1), w.ori(1, 1, 0x409c), XOR, STORE, w.mtmsr(0)]);
  expect(section(log, 'IN:')).toEqual([
    '0xfff00100:  3c200001  lis     r1,1',
    '0xfff00104:  6021409c  ori     r1,r1,16540',
    '0xfff00108:  7c000278  xor     r0,r0,r0',
    '0xfff0010c:  90010004  stw     r0,4(r1)',
    '0xfff00110:  7c000124  mtmsr   r0',
  ]);
  expect(section(log, 'OP:')).toEqual([
    ...['insn_start $0x0', 'mov_i64 r1, $0x10000'],
    ...['insn_start $0x4', 'or_i64 r1, r1, $0x409c'],
    ...['insn_start $0x8', 'xor_i64 r0, r0, r0'],
    ...['insn_start $0xc', 'add_i64 tmp0, r1, $0x4', 'ext32u_i64 tmp0, tmp0', 'qemu_st_i64 r0, tmp0, beul, 0'],
    ...['insn_start $0x10', 'call mtmsr, _, r0', 'mov_i64 pc, $0xfff00114', 'goto_ptr'],
  ]);
  expect(section(log, 'OP after optimization:')).toEqual([
    ...['insn_start $0x0', 'insn_start $0x4', 'mov_i64 r1, $0x1409c', 'insn_start $0x8', 'mov_i64 r0, $0x0'],
    ...['insn_start $0xc', 'qemu_st_i64 $0x0, $0x140a0, beul, 0'],
    ...['insn_start $0x10', 'call mtmsr, _, $0x0', 'mov_i64 pc, $0xfff00114', 'goto_ptr'],
  ]);
  const out = section(log, 'OUT: ');
  expect(out[0]).toMatch(/^\[tci, size=\d+\]$/);
  expect(out.filter((line) => /: (accv?_)?(qst32|call1v|goto_ptr) /.test(line))).toHaveLength(3);
});

it('tcg_p3: a store, through its layers', async () => {
  const log = await logOf(0x17c, [STORE], [w.lis(1, 1), w.b(0x17c - 0x104)]);
  const block = log.slice(log.indexOf('0xfff0017c:  90010004'));
  expect(section(block, 'OP:')).toEqual([
    ...['insn_start $0x0', 'add_i64 tmp0, r1, $0x4', 'ext32u_i64 tmp0, tmp0', 'qemu_st_i64 r0, tmp0, beul, 0'],
    ...['insn_start $0x4', 'mov_i64 pc, $0xfff00180', 'goto_tb $0x0'],
  ]);
  expect(block).toMatch(/OUT: \[tci, size=\d+\]\n {2}-- guest addr 0x0+fff0017c\n/);
});

it('code of the little-endian mode is listed as what it is', async () => {
  const li = (r: number, value: number): number => (14 << 26) | (r << 21) | value;
  const log = await logOf(0x108, [w.lis(4, 5), w.b(0)].map(swap), [li(3, MSR_IP | MSR_LE), w.mtmsr(3)]);
  expect(log).toContain('0xfff00100:  38600041  li      r3,65\n0xfff00104:  7c600124  mtmsr   r3\n');
  expect(log).toContain('0xfff00108:  3c800005  lis     r4,5\n');
});
