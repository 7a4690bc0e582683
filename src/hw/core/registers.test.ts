import { describe, expect, it } from 'vitest';
import { Log } from '../../util/log.js';
import { registerMap, Registers, ro, rw, rw64, wo, type RegisterRow } from './registers.js';

class Holder {
  control = 0;
  mode = 7;
  on = false;
  ticks = [1n, 2n];
  banked = false;
  readonly calls: string[] = [];
}

const rows: readonly RegisterRow<Holder>[] = [
  ro(0x00, 'ID', { read: () => 0x1234_5678 }),
  rw(0x04, 'CONTROL', {
    field: 'control',
    reset: 2,
    fields: { ENABLE: 1, MODE: 6, TOP: 0x8000_0000 },
    written: (s, old) => s.calls.push(`control ${old} ${s.control}`),
  }),
  wo(0x08, 'START', { write: (s, value) => s.calls.push(`start ${value}`) }),
  rw(0x0c, 'ON', { field: 'on' }),
  rw(0x10, 'MODE', { when: (s) => s.banked, field: 'mode', reset: 7 }),
  ro(0x10, 'STATUS', { when: (s) => !s.banked, read: () => 5 }),
  wo(0x10, 'COMMAND', { when: (s) => !s.banked, write: (s, value) => s.calls.push(`command ${value}`) }),
  rw64(0x20, 'TICKS', {
    array: () => [[2, 8]],
    read: (s, n) => s.ticks[n],
    write: (s, value, n) => void (s.ticks[n] = value),
  }),
  ro(0x100, 'GRID', {
    array: () => [
      [2, 0x40],
      [3, 4],
    ],
    read: (_, n) => 10 + n,
  }),
];

function rig(items: ConstructorParameters<typeof Log>[1] = []) {
  const holder = new Holder();
  const complaints: string[] = [];
  const logged: string[] = [];
  const log = new Log((text) => logged.push(text), items);
  return { holder, complaints, logged, regs: new Registers(registerMap('rig', rows), holder, log, (text) => complaints.push(text)) };
}

describe('a register map', () => {
  it('is shown whole, and nothing happens by it', () => {
    const { holder, regs, complaints, logged } = rig([]);
    holder.control = 0x8000_0005;
    const shown = regs.view().map(({ name, offset, value, fields }) => [name, offset, value, ...fields.map((f) => `${f.name}=${f.value}`)]);
    expect(shown).toEqual([
      ['ID', 0, 0x1234_5678n],
      ['CONTROL', 4, 0x8000_0005n, 'ENABLE=1', 'MODE=2', 'TOP=1'],
      ['START', 8, undefined],
      ['ON', 0xc, 0n],
      ['STATUS', 0x10, 5n],
      ['COMMAND', 0x10, undefined],
      ['TICKS[0]', 0x20, 1n],
      ['TICKS[1]', 0x28, 2n],
      ...[0, 4, 8, 0x40, 0x44, 0x48].map((at, n) => [`GRID[${n}]`, 0x100 + at, BigInt(10 + n)]),
    ]);
    expect([holder.calls, complaints, logged]).toEqual([[], [], []]);
  });

  it('shows no register whose reading does something, but the field behind it', () => {
    const holder = { kept: 6, reads: 0 };
    const pop = (s: typeof holder): number => ++s.reads;
    const map = registerMap<typeof holder>('fifo', [
      ro(0, 'DATA', { read: pop, readEffects: true }),
      ro(4, 'STATUS', { field: 'kept', fields: { TWO: 2, FOUR: 4 }, read: pop, readEffects: true }),
    ]);
    const regs = new Registers(map, holder, new Log(() => {}, []), () => {});
    expect(regs.view().map(({ value, fields }) => [value, fields.length])).toEqual([
      [undefined, 0],
      [6n, 2],
    ]);
    expect(holder.reads).toBe(0);
  });

  it('reads and writes fields, through the masks of their parts', () => {
    const { holder, regs } = rig();
    regs.write(0x04, 0xffff_ffff, 4);
    expect([regs.read(0x04, 4), holder.control]).toEqual([0x8000_0007, 0x8000_0007]);
    regs.write(0x0c, 2, 4);
    expect([regs.read(0x0c, 4), holder.on]).toEqual([1, true]);
    regs.write(0x08, 9, 4);
    expect(holder.calls).toEqual([`control 0 ${0x8000_0007}`, 'start 9']);
  });

  it('gives them their values after a reset', () => {
    const { holder, regs } = rig();
    Object.assign(holder, { control: 9, mode: 1, on: true });
    regs.reset();
    expect([holder.control, holder.mode, holder.on]).toEqual([2, 7, false]);
  });

  it('complains about what is not there, or not to be read or written, and says 0', () => {
    const { complaints, regs } = rig();
    expect([regs.read(0x08, 4), regs.read(0x02, 2), regs.read(0x10c, 4)]).toEqual([0, 0, 0]);
    regs.write(0x00, 5, 4);
    regs.write(0x30, 6, 4);
    expect(complaints).toEqual([
      'read at 0x8: START is write-only',
      'read at 0x2: no register',
      'read at 0x10c: no register',
      'write of 0x5 at 0x0: ID is read-only',
      'write of 0x6 at 0x30: no register',
    ]);
  });

  it('has registers that share an offset', () => {
    const { holder, complaints, regs } = rig();
    expect(regs.read(0x10, 4)).toBe(5);
    regs.write(0x10, 3, 4);
    holder.banked = true;
    expect(regs.read(0x10, 4)).toBe(7);
    regs.write(0x10, 4, 4);
    expect([holder.mode, holder.calls, complaints]).toEqual([4, ['command 3'], []]);
  });

  it('has arrays, of more than one dimension too', () => {
    const { regs } = rig();
    expect([0x100, 0x108, 0x140, 0x148].map((at) => regs.read(at, 4))).toEqual([10, 12, 13, 15]);
  });

  it('has registers of 64 bits, whole and in halves', () => {
    const { holder, complaints, regs } = rig();
    const { read64, write64 } = regs.ops();
    write64!(0x28, 0x1_0000_0002n);
    expect([regs.read(0x28, 4), regs.read(0x2c, 4), read64!(0x28)]).toEqual([2, 1, 0x1_0000_0002n]);
    regs.write(0x2c, 0xffff_ffff, 4);
    regs.write(0x20, 0x8000_0000, 4);
    expect(holder.ticks).toEqual([0x8000_0000n, 0xffff_ffff_0000_0002n]);
    expect(read64!(0x00)).toBe(0x1234_5678n); // CONTROL follows
    expect([read64!(0x24), complaints]).toEqual([0n, ['read at 0x24: no register']]);
  });

  it('cannot have two registers at one place', () => {
    const twins = [ro<Holder>(0, 'A', { read: () => 0 }), rw<Holder>(0, 'B', { field: 'mode' })];
    expect(() => new Registers(registerMap('twins', twins), new Holder(), new Log(), () => {})).toThrow('twins: B is where A is, at 0x0');
    const covered = [ro(0, 'ALL', { array: () => [[4, 4]], read: () => 0 }), rw(8, 'ONE', { read: () => 0, write: () => {} })];
    expect(() => new Registers(registerMap('row', covered), new Holder(), new Log(), () => {})).toThrow('row: ONE is where ALL is, at 0x8');
  });

  it('has no register that nothing stands behind', () => {
    expect(() => registerMap<Holder>('empty', [ro(0, 'A', {})])).toThrow("empty: A has neither a field nor 'read'");
    expect(() => registerMap<Holder>('empty', [rw64(0, 'B', { read: () => 0n })])).toThrow("empty: B has neither a field nor 'write'");
  });

  it('is traced as far as was asked for', () => {
    const { logged, regs } = rig(['trace:rig_w*']);
    regs.read(0x04, 4);
    regs.write(0x04, 0x8000_0005, 4);
    regs.ops().write64!(0x20, 7n);
    expect(logged).toEqual(['rig_write 0x4 CONTROL = 0x80000005, size 4 ENABLE=1 MODE=2 TOP=1\n', 'rig_write 0x20 TICKS = 0x7, size 8\n']);
  });

  it('knows its device', () => {
    registerMap<Holder>('typed', [
      // @ts-expect-error no such field
      rw(0, 'A', { field: 'contrl' }),
      // @ts-expect-error no number
      rw(4, 'B', { field: 'ticks' }),
    ]);
  });
});
