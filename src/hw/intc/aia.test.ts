/** APLIC and IMSIC, where random accesses against QEMU (tests/differential/aia.test.ts) do not reach, or where QEMU differs from the manual. */
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../util/bytes.js';
import { MemTxResult } from '../../memory/access.js';
import { GuestMemory } from '../core/guest-memory.js';
import { IrqLine } from '../core/irq.js';
import { TestMachine } from '../core/testing.js';
import { MsiRoutes } from './msi.js';
import { RiscvAplic } from './riscv-aplic.js';
import { RiscvImsic } from './riscv-imsic.js';

const [M, S] = [0, 0x8000];
const [IMSIC_M, IMSIC_S] = [0x10_0000, 0x20_0000];
const IE = 0x100;
const DELEGATED = 0x400;
const [DETACHED, EDGE1, EDGE0, LEVEL1, LEVEL0] = [1, 4, 5, 6, 7];
const HARTS = 2;

/** Two domains for two harts, with lines or with messages. */
function rig(msimode = false) {
  const m = new TestMachine();
  const msi = new MsiRoutes(new GuestMemory(m.addressSpace));
  const make = (mmode: boolean, at: number): RiscvAplic => {
    const aplic = m.addDevice(RiscvAplic, { 'num-harts': HARTS, 'iprio-mask': 7, 'num-irqs': 97, msimode, mmode });
    aplic.mmioMap(0, at);
    aplic.msi = msi;
    return aplic;
  };
  const [machine, supervisor] = [make(true, M), make(false, S)];
  machine.delegateTo(supervisor);
  const lines = { m: [0, 0], s: [0, 0] };
  for (let hart = 0; hart < HARTS; hart++) {
    machine.connectGpioOut(hart, new IrqLine((_, level) => (lines.m[hart] = level)));
    supervisor.connectGpioOut(hart, new IrqLine((_, level) => (lines.s[hart] = level)));
  }
  const files = [IMSIC_M, IMSIC_S].map((base, level) =>
    Array.from({ length: HARTS }, (_, hart) => {
      const file = m.addDevice(RiscvImsic, { mmode: level === 0, hartid: hart, 'num-irqs': 256 });
      file.mmioMap(0, base + hart * 0x1000);
      msi.add(base + hart * 0x1000, file);
      return file;
    }),
  );
  m.reset();
  const w = (at: number, value: number): void => void m.addressSpace.write(at, 4, value);
  const r = (at: number): number => m.addressSpace.read(at, 4);
  /** Source `n`: its mode, enabled, for hart 0 unless it is told. */
  const open = (domain: number, n: number, mode: number, target = 1): void => {
    if (domain === S) w(M + 4 * n, DELEGATED);
    w(domain + 4 * n, mode);
    w(domain + 0x3000 + 4 * n, target);
    w(domain + 0x1edc, n);
    w(domain, IE);
    for (let hart = 0; hart < HARTS; hart++) w(domain + 0x4000 + 32 * hart, 1);
  };
  return { m, machine, supervisor, lines, files, w, r, open };
}
const pendingOf = (r: (at: number) => number, domain: number, n: number): number => (r(domain + 0x1c00 + 4 * (n >>> 5)) >>> (n & 31)) & 1;

describe('aplic with lines', () => {
  it('follows level-sensitive wires: what is pending is the wire', () => {
    const { supervisor, lines, r, open } = rig();
    open(S, 10, LEVEL1);
    supervisor.gpioIn(10).raise();
    expect([lines.s[0], r(S + 0x4018), r(S + 0x401c), lines.s[0]]).toEqual([1, 0xa_0001, 0xa_0001, 1]);
    supervisor.gpioIn(10).lower();
    expect([lines.s[0], r(S + 0x4018), pendingOf(r, S, 10)]).toEqual([0, 0, 0]);
  });

  it.each([
    [EDGE1, 1, 0],
    [EDGE0, 0, 1],
  ])('remembers edges until they are claimed (mode %i)', (mode, active, rest) => {
    const { supervisor, lines, w, r, open } = rig();
    supervisor.gpioIn(33).set(rest);
    open(S, 33, mode);
    expect(lines.s[0]).toBe(0);
    supervisor.gpioIn(33).set(active);
    supervisor.gpioIn(33).set(rest);
    expect([lines.s[0], r(S + 0x401c), lines.s[0], r(S + 0x401c)]).toEqual([1, 0x21_0001, 0, 0]);
    supervisor.gpioIn(33).set(active);
    w(S + 0x1d04, 2);
    expect(lines.s[0]).toBe(0);
  });

  it('hears an inverted wire that is low as soon as it is told to', () => {
    const { lines, r, open } = rig();
    open(M, 5, LEVEL0);
    expect([lines.m[0], r(M + 0x1d00) & 0x20]).toEqual([1, 0x20]);
  });

  it('gives the lowest priority number first, the lowest source of a number, below the threshold, to the hart of the target', () => {
    const { lines, w, r, open } = rig();
    open(S, 3, DETACHED, 5);
    open(S, 4, DETACHED, 2);
    open(S, 2, DETACHED, 5);
    open(S, 7, DETACHED, (1 << 18) | 6);
    for (const n of [2, 3, 4, 7]) w(S + 0x1cdc, n);
    expect([lines.s, r(S + 0x4038)]).toEqual([[1, 1], 0x7_0006]);
    expect([1, 2, 3, 4].map(() => r(S + 0x401c))).toEqual([0x4_0002, 0x2_0005, 0x3_0005, 0]);
    w(S + 0x4028, 6);
    expect(lines.s).toEqual([0, 0]);
  });

  it('forces a spurious interrupt until zero is claimed', () => {
    const { lines, w, r } = rig();
    w(M, IE);
    w(M + 0x4000, 1);
    w(M + 0x4004, 1);
    expect([lines.m[0], r(M + 0x401c), lines.m[0], r(M + 0x4004)]).toEqual([1, 0, 0, 0]);
  });

  it('has no source in the lower domain that it was not given, and one that is taken back is forgotten', () => {
    const { supervisor, w, r, open } = rig();
    w(S + 4 * 9, EDGE1);
    expect(r(S + 4 * 9)).toBe(0);
    open(S, 9, EDGE1, 3);
    supervisor.gpioIn(9).pulse();
    expect([r(M + 4 * 9), r(S + 4 * 9), pendingOf(r, S, 9), pendingOf(r, M, 9)]).toEqual([DELEGATED, EDGE1, 1, 0]);
    w(M + 4 * 9, EDGE1);
    w(M + 4 * 9, DELEGATED);
    expect([r(S + 4 * 9), pendingOf(r, S, 9), r(S + 0x1e00), r(S + 0x3000 + 4 * 9)]).toEqual([0, 0, 0, 0]);
    w(S + 4 * 9, DELEGATED); // it has nobody to delegate to
    expect(r(S + 4 * 9)).toBe(0);
  });

  it('keeps the bits that there are', () => {
    const { w, r, open } = rig();
    open(M, 1, LEVEL1, 0xffff_fff8);
    expect(r(M + 0x3004)).toBe(0xfffc_0001); // priority 0 is 1
    const rows = [
      [M + 0x4, 0xffff_fbff, 7],
      [M + 0x8, 3, 0],
      [M, 0xffff_ffff, 0x8000_0100],
      [M + 0x4008, 0xffff_ffff, 7],
      [M + 0x1bc4, 0xffff_ffff, 0x9f77_ffff],
      [M + 0x1bc8, 0xffff_ffff, 0],
      [S + 0x1bc0, 0xffff_ffff, 0],
      [M + 0x3000, 0xffff_ffff, 0],
    ] as const;
    for (const [at, value, kept] of rows) {
      w(at, value);
      expect(r(at), at.toString(16)).toBe(kept);
    }
  });

  it.each([1, 2, 8])('has no registers of %i bytes', (size) => {
    const { m } = rig();
    for (const at of [M, IMSIC_M])
      expect([m.addressSpace.readTx(at, size), m.addressSpace.writeTx(at, size, 1)]).toEqual([MemTxResult.Error, MemTxResult.Error]);
  });
});

describe('aplic with messages', () => {
  const setup = () => {
    const made = rig(true);
    const { w } = made;
    // the index of a hart is at bit 0 of a page number
    w(M + 0x1bc0, IMSIC_M >>> 12);
    w(M + 0x1bc4, 1 << 12);
    w(M + 0x1bc8, IMSIC_S >>> 12);
    w(M + 0x1bcc, 0);
    return made;
  };

  it('sends an identity to the file of the target, once for each time that the wire goes up', () => {
    const { supervisor, files, w, r, open } = setup();
    open(S, 10, LEVEL1, (1 << 18) | 77);
    const [, [first, second]] = files;
    for (const file of [first, second]) file.write(0xc2, 1n << 13n, 64);
    supervisor.gpioIn(10).raise();
    expect([first.top(false), second.top(true), pendingOf(r, S, 10)]).toEqual([0, 77 * 0x1_0001, 0]);
    w(S + 0x2000, 10); // the wire is still up: again, as a driver asks before it is done
    expect(second.top(true)).toBe(77 * 0x1_0001);
    supervisor.gpioIn(10).lower();
    w(S + 0x2000, 10);
    expect(second.top(false)).toBe(0);
  });

  it('writes to memory where no file is, and to no device: not even to itself', () => {
    const { m, w } = setup();
    w(M + 0x1bc4, 0);
    for (const page of [M, S, 0x7fff_ffff]) {
      w(M + 0x1bc0, page >>> 12);
      w(M + 0x3000, 5);
    }
    w(M + 0x1bc4, 0x9f77_ffff); // locked, with the largest shifts
    w(M + 0x3000, 0xffff_ffff);
    w(M + 0x1bc0, 1);
    expect([m.addressSpace.read(M + 0x1bc0, 4), m.addressSpace.read(M + 0x1bc4, 4)]).toEqual([0x7_ffff, 0x9f77_ffff]);
  });
});

describe('imsic', () => {
  const setup = () => {
    const m = new TestMachine();
    const file = m.addDevice(RiscvImsic, { 'num-irqs': 64, 'num-pages': 3 });
    file.mmioMap(0, 0);
    let level = 0;
    file.connectGpioOut(0, new IrqLine((_, l) => (level = l)));
    m.reset();
    return { m, file, level: () => level };
  };

  it('tells its hart of what is pending, enabled and below the threshold, if it delivers', () => {
    const { m, file, level } = setup();
    file.write(0xc0, 0xffff_ffff_ffff_ffffn, 64);
    expect(file.read(0xc0, 64)).toBe(0xffff_ffff_ffff_fffen);
    m.addressSpace.write(0, 4, 40);
    expect([level(), file.top(false)]).toEqual([0, 40 * 0x1_0001]);
    file.write(0x70, 1n, 64);
    expect(level()).toBe(1);
    file.write(0x72, 40n, 64);
    expect([level(), file.top(true)]).toEqual([0, 0]);
    file.write(0x72, 41n, 64);
    expect([level(), file.top(true), level(), file.top(false)]).toEqual([1, 40 * 0x1_0001, 0, 0]);
  });

  it('ignores identities that there are not, and pages of guests', () => {
    const { m, file } = setup();
    for (const [at, value] of [
      [0, 0],
      [0, 64],
      [0, 0xffff_ffff],
      [4, 5],
      [8, 5],
      [0x1000, 5],
    ] as const)
      m.addressSpace.write(at, 4, value);
    expect([file.read(0x80, 64), file.read(0x82, 64), file.read(0x71, 64), m.addressSpace.read(0x1000, 4)]).toEqual([0n, 0n, 0n, 0]);
  });

  it('has halves for a 32-bit hart', () => {
    const { file } = setup();
    file.write(0xc1, 0xffff_ffffn, 32);
    expect([file.read(0xc0, 32), file.read(0xc1, 32), file.read(0xc0, 64)]).toEqual([0n, 0xffff_ffffn, 0xffff_ffff_0000_0000n]);
  });
});

it('snapshots carry domains and files', () => {
  const [a, b] = [rig(true), rig(true)];
  a.open(S, 10, EDGE1, (1 << 18) | 77);
  a.files[1][1].receive(99);
  a.files[1][1].write(0xc2, ~0n, 64);
  for (const [i, device] of a.m.realizedDevices.entries()) {
    const out = new ByteWriter();
    device.vmState!.save(device, out);
    const twin = b.m.realizedDevices[i];
    twin.vmState!.load(twin, new ByteReader(out.finish()), twin.vmState!.options.version);
  }
  expect([b.r(S + 4 * 10), b.r(S + 0x3000 + 4 * 10), b.files[1][1].top(false)]).toEqual([EDGE1, (1 << 18) | 77, 99 * 0x1_0001]);
});
