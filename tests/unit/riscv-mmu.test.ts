import { describe, expect, it } from 'vitest';
import { RV_BADADDR, RV_EXT } from '../../assembly/target/riscv/shared/env.js';
import { RVX_SVADU } from '../../assembly/target/riscv/shared/riscv.js';
import { Hart, RAM, RAM_SIZE } from '../support/riscv-hart.js';

const M = 3,
  S = 1,
  U = 0;
const V = 1n,
  R = 2n,
  W = 4n,
  X = 8n,
  USER = 16n,
  A = 64n,
  D = 128n,
  NAPOT = 1n << 63n;
const RWX = V | R | W | X | A | D;
const LOAD_PAGE = 13,
  STORE_PAGE = 15,
  FETCH_PAGE = 12,
  LOAD_ACCESS = 5,
  STORE_ACCESS = 7,
  FETCH_ACCESS = 1;
const ROOT = RAM + 0x1_0000;
const DATA = RAM + 0x10_0000;
const fault = (cause: number) => ({ cause });
const pte = (phys: number, flags: bigint) => (BigInt(phys) / 0x1000n) * 0x400n + flags;

/** All of memory open to S and U through one NAPOT entry. */
function open(hart: Hart): Hart {
  hart.write(0x3b0, (1n << 64n) - 1n);
  hart.write(0x3a0, 0x1fn);
  return hart;
}

/** A hart in S-mode with `levels` levels of tables on: `map` puts a leaf at a level (0: 4 KiB) for a virtual address. */
function paged(levels: number, options: ConstructorParameters<typeof Hart>[0] = {}) {
  const hart = open(new Hart(options));
  const rv32 = options.xlen === 32;
  const bits = rv32 ? 10n : 9n;
  let free = ROOT + 0x1000;
  const slots = new Map<string, number>();
  const put = (at: number, value: bigint) => (rv32 ? hart.setPhys32(at, Number(value)) : hart.setPhys64(at, value));
  const slot = (virt: bigint, level: number): number => {
    let table = ROOT;
    for (let l = levels - 1; ; l--) {
      const index = Number((virt >> (12n + bits * BigInt(l))) & ((1n << bits) - 1n));
      const at = table + index * (rv32 ? 4 : 8);
      if (l === level) return at;
      const key = `${at}`;
      if (!slots.has(key)) {
        slots.set(key, free);
        put(at, pte(free, V));
        free += 0x1000;
      }
      table = slots.get(key)!;
    }
  };
  const map = (virt: bigint, phys: number, flags: bigint, level = 0): number => {
    const at = slot(virt, level);
    put(at, pte(phys, flags));
    hart.call('riscvPostLoad'); // flushes the TLB in any mode
    return at;
  };
  const mode = BigInt(levels + 5);
  hart.write(0x180, (rv32 ? 1n << 31n : mode << 60n) | BigInt(ROOT / 0x1000));
  hart.setPhys64(DATA, 0x1122334455667788n);
  hart.enter(S);
  return { hart, map, put, slot };
}

describe('an unaligned access to a device', () => {
  const DEVICE = 0x1000_0000;
  const rig = (missing = -1) => {
    const hart = open(new Hart());
    const seen: string[] = [];
    hart.device = (address, size, value) => {
      const at = address - DEVICE;
      seen.push(`${size}@${at}${value === undefined ? '' : `=${value.toString(16)}`}`);
      if (at === missing) return undefined;
      return Array.from({ length: size }, (_, i) => BigInt(at + i) << BigInt(8 * i)).reduce((a, b) => a | b);
    };
    return { hart, seen };
  };

  // [offset, log2 of the size, pieces], as QEMU 10.0 makes them.
  it.each([
    [0, 3, '8@0'],
    [4, 3, '4@4 4@8'],
    [2, 3, '2@2 2@4 2@6 2@8'],
    [2, 2, '2@2 2@4'],
    [1, 2, '1@1 1@2 1@3 1@4'],
    [1, 1, '1@1 1@2'],
    [0xffe, 2, '2@4094 2@4096'],
    [0xffd, 2, '1@4093 2@4094 1@4096'],
  ])('at offset %i, size 2^%i, is made in pieces: %s', (offset, log2, pieces) => {
    const { hart, seen } = rig();
    const bytes = Array.from({ length: 1 << log2 }, (_, i) => BigInt((offset + i) & 0xff) << BigInt(8 * i));
    const value = bytes.reduce((a, b) => a | b);
    if (offset < 0x100) expect(hart.load(BigInt(DEVICE + offset), log2)).toBe(value);
    else hart.load(BigInt(DEVICE + offset), log2);
    expect(seen.join(' ')).toBe(pieces);
    seen.length = 0;
    expect(hart.store(BigInt(DEVICE + offset), value, log2)).toBeUndefined();
    const parts = pieces.split(' ').map((piece) => {
      const [size, at] = piece.split('@').map(Number);
      return `${piece}=${BigInt.asUintN(8 * size, value >> BigInt(8 * (at - offset))).toString(16)}`;
    });
    expect(seen).toEqual(parts);
  });

  it('faults at the piece that is not answered, after those before it', () => {
    const { hart, seen } = rig(4);
    expect(hart.load(BigInt(DEVICE + 2), 2)).toEqual(fault(LOAD_ACCESS));
    expect(hart.get(RV_BADADDR)).toBe(BigInt(DEVICE + 4));
    expect(hart.store(BigInt(DEVICE + 2), 0n, 2)).toEqual(fault(STORE_ACCESS));
    expect([hart.get(RV_BADADDR), seen.length]).toEqual([BigInt(DEVICE + 4), 4]);
  });
});

describe('an AMO that need not be aligned', () => {
  const END = BigInt(RAM + RAM_SIZE);

  it('adds within a page and across two', () => {
    const hart = open(new Hart());
    for (const at of [DATA + 1, DATA + 0xffc]) {
      hart.store(BigInt(at), 0x1122_3344_5566_7788n);
      expect(hart.add(BigInt(at), 1n)).toBe(0x1122_3344_5566_7788n);
      expect(hart.load(BigInt(at))).toBe(0x1122_3344_5566_7789n);
    }
  });

  it("has a store's fault where nothing answers, and stores nothing", () => {
    const hart = open(new Hart());
    hart.store(END - 8n, 0x0102_0304_0506_0708n);
    expect(hart.add(END - 4n, 1n)).toEqual(fault(STORE_ACCESS));
    expect(hart.add(END + 1n, 1n)).toEqual(fault(STORE_ACCESS));
    expect(hart.add(BigInt(RAM) - 3n, 1n, 2)).toEqual(fault(STORE_ACCESS));
    expect(hart.load(END - 8n)).toBe(0x0102_0304_0506_0708n);
  });

  it("has a store's fault where a device does not answer a load", () => {
    const hart = open(new Hart());
    hart.device = (address, _size, value) => (value === undefined && address >= 0x1000_0004 ? undefined : 0n);
    expect(hart.add(0x1000_0002n, 1n)).toEqual(fault(STORE_ACCESS));
    expect(hart.get(RV_BADADDR)).toBe(0x1000_0004n);
  });

  it("has a store's page fault for either page", () => {
    const { hart, map } = paged(3);
    map(0x1000n, DATA, V | R | A);
    map(0x2000n, DATA + 0x1000, RWX);
    expect(hart.add(0x1ffcn, 1n)).toEqual(fault(STORE_PAGE));
    expect(hart.add(0x2ffcn, 1n)).toEqual(fault(STORE_PAGE));
    expect(hart.get(RV_BADADDR)).toBe(0x3000n);
  });
});

it('an access across the top of RV32 goes on at address 0', () => {
  const { hart, map } = paged(2, { xlen: 32 });
  map(0xffff_f000n, DATA, RWX);
  map(0n, DATA + 0x1000, RWX);
  hart.setPhys32(DATA + 0xffc, 0x1122_3344);
  hart.setPhys32(DATA + 0x1000, 0x5566_7788);
  expect(hart.load(0xffff_fffen, 2)).toBe(0x7788_1122n);
  expect(hart.store(0xffff_fffen, 0xabcd_ef01n, 2)).toBeUndefined();
  expect([hart.load(0xffff_fffcn, 2), hart.load(0n, 2)]).toEqual([0xef01_3344n, 0x5566_abcdn]);
});

describe.each([
  ['sv39', 3, 64, 0x7f_1234_5000n | (0x1ffffffn << 39n)],
  ['sv48', 4, 64, 0x7abc_1234_5000n],
  ['sv57', 5, 64, 0xab_cdef_1234_5000n],
  ['sv32', 2, 32, 0xf234_5000n],
] as const)('%s', (_name, levels, xlen, virt) => {
  it('maps 4 KiB pages', () => {
    const { hart, map } = paged(levels, { xlen });
    map(virt, DATA, RWX);
    expect(hart.load(virt)).toBe(0x1122334455667788n);
    expect(hart.call('riscvTranslateDebug', virt + 0x123n)).toBe(BigInt(DATA) + 0x123n);
    expect(hart.load(virt + 0x1000n)).toEqual(fault(LOAD_PAGE));
    expect(hart.get(RV_BADADDR)).toBe(virt + 0x1000n);
    expect(hart.store(virt + 0x1000n, 0n)).toEqual(fault(STORE_PAGE));
    expect(hart.fetch(virt + 0x1000n)).toBe(FETCH_PAGE);
  });

  it('maps superpages, and faults on misaligned ones', () => {
    const { hart, map } = paged(levels, { xlen });
    const size = xlen === 32 ? 0x40_0000n : 0x20_0000n;
    const base = virt & ~(size - 1n);
    map(base, RAM, RWX, 1);
    expect(hart.load(base + BigInt(DATA - RAM))).toBe(0x1122334455667788n);
    map(base, RAM + 0x1000, RWX, 1);
    expect(hart.load(base)).toEqual(fault(LOAD_PAGE));
  });

  it('sets A on a load and D on a store', () => {
    const { hart, map } = paged(levels, { xlen });
    const at = map(virt, DATA, V | R | W);
    const bits = () => (hart.phys64(at - (at % 8)) >> BigInt((at % 8) * 8)) & 0xffn;
    hart.load(virt);
    expect(bits()).toBe(V | R | W | A);
    hart.store(virt, 5n);
    expect(bits()).toBe(V | R | W | A | D);
    expect(hart.phys64(DATA)).toBe(5n);
  });
});

describe('rights', () => {
  const virt = 0x4000_0000n;

  it('user pages: U-mode, or S-mode loads with SUM; supervisor pages: S-mode', () => {
    const { hart, map } = paged(3);
    map(virt, DATA, RWX | USER);
    expect([hart.load(virt), hart.fetch(virt)]).toEqual([fault(LOAD_PAGE), FETCH_PAGE]);
    hart.write(0x100, 1n << 18n);
    expect([hart.load(virt), hart.fetch(virt)]).toEqual([0x1122334455667788n, FETCH_PAGE]);
    hart.enter(U);
    expect([hart.load(virt), hart.fetch(virt)]).toEqual([0x1122334455667788n, undefined]);
    map(virt, DATA, RWX);
    expect(hart.load(virt)).toEqual(fault(LOAD_PAGE));
  });

  it('MXR makes executable pages readable', () => {
    const { hart, map } = paged(3);
    map(virt, DATA, V | X | A);
    expect([hart.load(virt), hart.fetch(virt)]).toEqual([fault(LOAD_PAGE), undefined]);
    hart.write(0x100, 1n << 19n);
    expect(hart.load(virt)).toBe(0x1122334455667788n);
    hart.write(0x100, 0n);
    expect(hart.load(virt)).toEqual(fault(LOAD_PAGE));
  });

  it('MPRV lends M-mode the translation of MPP', () => {
    const { hart, map } = paged(3);
    map(virt, DATA, RWX);
    hart.enter(M);
    expect(hart.load(virt)).toEqual(fault(LOAD_ACCESS));
    hart.write(0x300, (1n << 17n) | (1n << 11n));
    expect(hart.load(virt)).toBe(0x1122334455667788n);
    hart.write(0x300, 1n << 17n);
    expect(hart.load(virt)).toEqual(fault(LOAD_PAGE));
  });

  it('without hardware A/D updates a clear A or D faults', () => {
    const { hart, map } = paged(3);
    hart.write(0x30a, 0n); // ADUE off
    const at = map(virt, DATA, V | R | W);
    expect(hart.load(virt)).toEqual(fault(LOAD_PAGE));
    map(virt, DATA, V | R | W | A);
    expect([hart.load(virt), hart.store(virt, 1n)]).toEqual([0x1122334455667788n, fault(STORE_PAGE)]);
    expect(hart.phys64(at)).toBe(pte(DATA, V | R | W | A));
    hart.set(RV_EXT, hart.get(RV_EXT) & ~(1n << BigInt(RVX_SVADU)));
    expect(hart.store(virt, 1n)).toEqual(fault(STORE_PAGE));
  });

  // prettier-ignore
  it.each([
    ['not valid',                   RWX & ~V],
    ['write without read',          V | W | A | D],
    ['a pointer at the last level', V],
    ['reserved bits',               RWX | (1n << 54n)],
    ['reserved memory type',        RWX | (3n << 61n)],
    ['napot of another size',       RWX | NAPOT],
  ])('%s faults', (_name, flags) => {
    const { hart, map } = paged(3);
    map(virt, DATA, flags);
    expect(hart.load(virt)).toEqual(fault(LOAD_PAGE));
  });

  it('memory types need menvcfg.PBMTE', () => {
    const { hart, map } = paged(3);
    map(virt, DATA, RWX | (1n << 61n));
    expect(hart.load(virt)).toBe(0x1122334455667788n);
    hart.write(0x30a, 1n << 61n);
    expect(hart.load(virt)).toEqual(fault(LOAD_PAGE));
  });

  it('napot: 64 KiB from any of its 16 entries', () => {
    const { hart, map } = paged(3);
    map(virt + 0x3000n, DATA + 0x8000, RWX | NAPOT);
    hart.setPhys64(DATA + 0x3008, 99n);
    expect(hart.load(virt + 0x3008n)).toBe(99n);
  });

  it('addresses must be canonical, physical ones must be there', () => {
    const { hart, map } = paged(3);
    map(virt, RAM + RAM_SIZE + 0x1000, RWX);
    expect(hart.load(virt | (1n << 60n))).toEqual(fault(LOAD_PAGE));
    map(0n, 0, RWX);
    expect(hart.load(1n << 39n)).toEqual(fault(LOAD_PAGE));
  });

  it('a table outside memory is an access fault', () => {
    const { hart, put, slot } = paged(3);
    put(slot(virt, 2), pte(0x7000_0000, V));
    expect([hart.load(virt), hart.store(virt, 0n), hart.fetch(virt)]).toEqual([fault(LOAD_ACCESS), fault(STORE_ACCESS), FETCH_ACCESS]);
  });
});

describe('physical memory protection', () => {
  /** Entries as [address register, cfg]. */
  function pmp(...entries: [bigint, number][]): Hart {
    const hart = new Hart();
    entries.forEach(([addr], n) => hart.write(0x3b0 + n, addr));
    hart.write(
      0x3a0,
      entries.reduce((cfg, [, bits], n) => cfg | (BigInt(bits) << BigInt(8 * n)), 0n),
    );
    return hart;
  }
  const OFF = 0x00,
    TOR = 0x08,
    NA4 = 0x10,
    NAPOT4 = 0x18,
    READ = 1,
    WRITE = 2,
    EXEC = 4,
    LOCK = 0x80;
  const reg = (addr: number) => BigInt(addr) >> 2n;
  const napot = (addr: number, size: number) => reg(addr) | (BigInt(size / 8) - 1n);

  it('without a match M-mode may everything, S and U nothing', () => {
    const hart = new Hart();
    expect(hart.load(BigInt(DATA))).toBe(0n);
    hart.enter(S);
    expect([hart.load(BigInt(DATA)), hart.fetch(BigInt(DATA))]).toEqual([fault(LOAD_ACCESS), FETCH_ACCESS]);
    const none = new Hart({ pmp: false });
    none.enter(U);
    expect(none.load(BigInt(DATA))).toBe(0n);
    expect(none.csrr(0x3a0)).toBe('illegal');
  });

  it('NAPOT, TOR and NA4 ranges', () => {
    const hart = pmp(
      [napot(DATA, 0x1000), NAPOT4 | READ | WRITE],
      [reg(DATA + 0x2000), OFF],
      [reg(DATA + 0x3008), TOR | READ],
      [reg(DATA + 0x4004), NA4 | READ],
    );
    hart.enter(S);
    const load = (offset: number, log2 = 3) => hart.load(BigInt(DATA + offset), log2);
    const FAULT = fault(LOAD_ACCESS);
    expect([load(0xff8), load(0x1000), hart.store(BigInt(DATA + 8), 1n), hart.fetch(BigInt(DATA))]).toEqual([
      0n,
      FAULT,
      undefined,
      FETCH_ACCESS,
    ]);
    expect([load(0x1ff8), load(0x2000), load(0x3000), load(0x3008), load(0x3004, 2)]).toEqual([FAULT, 0n, 0n, FAULT, 0n]);
    expect(hart.store(BigInt(DATA + 0x2000), 1n)).toEqual(fault(STORE_ACCESS));
    expect([load(0x4000, 2), load(0x4004, 2), load(0x4008, 2), load(0x4000)]).toEqual([FAULT, 0n, FAULT, FAULT]);
  });

  it('the lowest entry decides, and must match the whole access', () => {
    const hart = pmp([reg(DATA), NA4 | READ], [napot(DATA, 0x1000), NAPOT4], [napot(RAM, RAM_SIZE), NAPOT4 | READ | WRITE | EXEC]);
    hart.enter(U);
    const load = (offset: number, log2 = 2) => hart.load(BigInt(DATA + offset), log2);
    expect([load(0), load(4), load(0, 3), load(0x1000)]).toEqual([0n, fault(LOAD_ACCESS), fault(LOAD_ACCESS), 0n]);
  });

  it('a locked entry binds M-mode and its registers; so does a locked TOR its base', () => {
    const hart = pmp([reg(DATA), OFF], [reg(DATA + 0x1000), TOR | READ | LOCK]);
    expect([hart.load(BigInt(DATA)), hart.store(BigInt(DATA), 1n)]).toEqual([0n, fault(STORE_ACCESS)]);
    hart.write(0x3b0, 0n);
    hart.write(0x3b1, 0n);
    hart.write(0x3a0, 0n);
    expect([hart.read(0x3b0), hart.read(0x3b1), hart.read(0x3a0)]).toEqual([reg(DATA), reg(DATA + 0x1000), 0x8900n]);
  });

  it('also guards the page tables', () => {
    const { hart, map } = paged(3);
    map(0x4000_0000n, DATA, RWX);
    hart.write(0x3b0, napot(ROOT, 0x1000));
    hart.write(0x3b1, (1n << 64n) - 1n);
    hart.write(0x3a0, 0x1f00n | BigInt(NAPOT4));
    expect(hart.load(0x4000_0000n)).toEqual(fault(LOAD_ACCESS));
  });
});

describe('cache-block operations', () => {
  it('are gated by menvcfg and senvcfg', () => {
    const hart = open(new Hart());
    const addr = BigInt(DATA) + 5n;
    const causes = () => ['clean', 'flush', 'inval', 'zero'].map((name) => hart.cause(() => hart.call(`helper_cbo_${name}`, addr)));
    const [allowed, illegal] = [Array(4).fill(undefined), Array(4).fill(2)];
    expect(causes()).toEqual(allowed);
    hart.enter(S);
    expect(causes()).toEqual(illegal);
    hart.write(0x30a, 0xf0n);
    expect(causes()).toEqual(allowed);
    hart.enter(U);
    expect(causes()).toEqual(illegal);
    hart.write(0x10a, 0xf0n);
    expect(causes()).toEqual(allowed);
  });

  it('zero clears the 64 bytes around its address, and faults like a store', () => {
    const { hart, map } = paged(3);
    hart.write(0x30a, 0xf0n);
    map(0x4000_0000n, DATA, V | R | W | A | D);
    for (let n = 0; n < 32; n++) hart.setPhys64(DATA + n * 8, ~0n & 0xffffn);
    hart.call('helper_cbo_zero', 0x4000_0047n);
    expect([0x38, 0x40, 0x78, 0x80].map((n) => hart.phys64(DATA + n))).toEqual([0xffffn, 0n, 0n, 0xffffn]);
    map(0x4000_0000n, DATA, V | R | A);
    expect(hart.cause(() => hart.call('helper_cbo_zero', 0x4000_0040n))).toBe(STORE_PAGE);
    expect(hart.cause(() => hart.call('helper_cbo_clean', 0x4000_0040n))).toBe(undefined);
    expect(hart.cause(() => hart.call('helper_cbo_clean', 0x4000_1040n))).toBe(STORE_PAGE);
  });
});
