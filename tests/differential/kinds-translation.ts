/** Address translation through random page tables, and physical memory protection with random entries. */
import { CSR_NUMBERS } from '../../src/target/riscv/csr-names.js';
import { INSNS } from '../../src/target/riscv/insns.js';
import { hasInsn, type Insn } from '../../src/target/riscv/table.js';
import type { Rng } from '../support/riscv-random.js';
import { encode } from './assembler.js';
import { codes, layOut, randomUnit, type Code, type Unit } from './block.js';
import { FAILING_SC, MISSING_TABLES, STALE_RIGHTS } from './differences.js';
import { BLOCK_LENGTH, isAtomic, isMemory, kind, type CodeContext, type Kind } from './kind.js';
import type { SlotWriter } from './program.js';
import { MEMORY, SLOT } from './slot.js';

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng() % list.length];
const random64 = (rng: Rng): bigint => (BigInt(rng()) << 32n) | BigInt(rng());
const oneIn = (rng: Rng, n: number): boolean => rng() % n === 0;
const numberOf = (name: string): number => CSR_NUMBERS.get(name)!;

const PAGE = 4096;
/** Pages of data, and one of ecalls: code to be fetched by lower modes, out of the reach of stores. */
const DATA_PAGES = [0, 1, 2, 3, 0x18].map((i) => MEMORY.tables + 0x10_0000 + i * PAGE);
const CODE_PAGE = MEMORY.tables + 0x10_8000;
/** What Svnapot takes from the address: 64 KiB. (The code page and the last data page are where such a leaf may point, by their number's last bits.) */
const NAPOT_MASK = 0xffffn;
/** Physical memory where nothing is. */
const HOLE = 0x0180_0000;

const codePage = new Uint8Array(PAGE);
for (let i = 0; i < PAGE; i += 4) codePage[i] = encode.ecall;

// Registers: addresses for loads and stores, targets of fetches, values for mstatus.
const DATA = [8, 9, 10, 11, 12];
const FETCH = [13, 14];
const STATUS = [24, 25, 26, 27];
/** Without MPRV, which mret must clear on its way down: QEMU before 8.0 does not. */
const FETCH_STATUS = [22, 23];
const RETURN = 1;
const SFENCE_VMA = 0x1200_0073;

/** An access by a lower mode, as mstatus.MPRV makes it. */
function accessUnit(rng: Rng, rows: readonly Insn[], alignment: number, fence: readonly Code[]): Unit | undefined {
  const access = randomUnit(rng, pick(rng, rows), { bases: DATA, alignment, reserved: [RETURN, ...FETCH, ...STATUS, ...FETCH_STATUS] });
  return access && { code: [...codes(encode.csrrw(0, numberOf('mstatus'), pick(rng, STATUS))), ...fence, ...access.code] };
}

/** A jump to one instruction in a lower mode; the trap handler comes back to x1, in M-mode. */
function fetchUnit(rng: Rng): Unit {
  const status = pick(rng, FETCH_STATUS);
  const target = pick(rng, FETCH);
  const size = 20;
  return {
    code: codes(
      encode.auipc(RETURN),
      encode.addi(RETURN, RETURN, size),
      encode.csrrw(0, numberOf('mstatus'), status),
      encode.csrrw(0, numberOf('mepc'), target),
      encode.mret,
    ),
  };
}

function accesses(context: CodeContext, alignment: number): Unit[] {
  const { rng, config, leftOut } = context;
  const has = (row: Insn): boolean => hasInsn(row, config.xlen, config.extensions);
  const mayTry = (row: Insn): boolean => !(row.name.startsWith('sc.') && leftOut.has(FAILING_SC));
  const rows = INSNS.filter((row) => row.size === 4 && has(row) && isMemory(row) && mayTry(row) && (!isAtomic(row) || oneIn(rng, 2)));
  const fence = leftOut.has(STALE_RIGHTS) ? codes(SFENCE_VMA) : [];
  const units: Unit[] = [];
  let length = 0;
  while (length < BLOCK_LENGTH) {
    const unit = oneIn(rng, 4) ? fetchUnit(rng) : accessUnit(rng, rows, alignment, fence);
    if (unit === undefined) continue;
    units.push(unit);
    length += unit.code.length;
  }
  return units;
}

const MPRV = 1n << 17n;
const SUM = 1n << 18n;
const MXR = 1n << 19n;
// menvcfg
const ADUE = 1n << 61n;
const PBMTE = 1n << 62n;
/** 1 is reserved. */
const pmm = (rng: Rng): bigint => pick(rng, [0n, 2n, 3n, 3n]) << 32n;
const FS = 0x6000n;

function fillStatus({ rng, x }: SlotWriter): void {
  for (const register of [...STATUS, ...FETCH_STATUS])
    x(register, (STATUS.includes(register) ? MPRV : 0n) | FS | (pick(rng, [0n, 1n, 1n]) << 11n) | (random64(rng) & (SUM | MXR)));
}

const common = (alignment: number, code = codePage): Pick<Kind, 'traps' | 'afterFetch' | 'code' | 'segments'> => ({
  traps: 64,
  afterFetch: 'x1',
  code: (context) => layOut(accesses(context, alignment), context.rng),
  segments: [{ address: CODE_PAGE, bytes: code }],
});

// ---- paging ----------------------------------------------------------------------------------------------------------------

interface Mode {
  readonly satpMode: bigint;
  readonly levels: number;
  readonly indexBits: number;
  readonly pteBytes: number;
}
const SV32: Mode = { satpMode: 1n << 31n, levels: 2, indexBits: 10, pteBytes: 4 };
const RV64_MODES = [8, 9, 10].map((mode, i): Mode => ({ satpMode: BigInt(mode) << 60n, levels: 3 + i, indexBits: 9, pteBytes: 8 }));

const PTE_V = 1;
const [PTE_R, PTE_W, PTE_X, PTE_U, PTE_G, PTE_A, PTE_D] = [2, 4, 8, 16, 32, 64, 128];

/** Mostly a leaf that allows something, now and then what the manual reserves. */
function leafFlags(rng: Rng, code: boolean): number {
  let flags = (rng() & (PTE_R | PTE_W | PTE_X | PTE_U | PTE_G)) | (oneIn(rng, 3) ? 0 : PTE_A) | (oneIn(rng, 3) ? 0 : PTE_D);
  if (!oneIn(rng, 16)) flags |= PTE_V;
  if (!oneIn(rng, 4)) flags |= code ? PTE_X : PTE_R;
  // What can be written is never executed.
  return code ? flags & ~PTE_W : flags & ~PTE_X;
}

const upperBits = (rng: Rng, { pteBytes }: Mode): bigint => (pteBytes === 8 && oneIn(rng, 24) ? 1n << BigInt(54 + (rng() % 10)) : 0n);

/** Builds one path through the tables to a page; returns a virtual address that leads there. `used`: the root's entries that others have. */
function mapOne(
  slot: SlotWriter,
  mode: Mode,
  newTable: () => number,
  root: number,
  code: boolean,
  used: Set<bigint>,
  change: (flags: number) => number,
): bigint {
  const { rng, poke, leftOut } = slot;
  const page = code ? CODE_PAGE : pick(rng, DATA_PAGES);
  const leafLevel = oneIn(rng, 4) ? rng() % Math.min(mode.levels, 3) : 0;
  const shiftOf = (level: number): bigint => BigInt(12 + mode.indexBits * level);
  const bits = shiftOf(mode.levels);
  const low = (1n << shiftOf(leafLevel)) - 1n;
  // Should the leaf be one of Svnapot's, the address says which of its pages: this one, so that nothing is executed that was stored.
  const fixed = low | NAPOT_MASK;
  // Another path's superpage in the way would lead to anywhere, so each has an entry of its own in the root.
  let address: bigint;
  do address = BigInt.asUintN(Number(bits), (random64(rng) & ~fixed) | (BigInt(page) & fixed));
  while (used.has(address >> shiftOf(mode.levels - 1)));
  used.add(address >> shiftOf(mode.levels - 1));
  if (mode.pteBytes === 8) address = BigInt.asUintN(64, BigInt.asIntN(Number(bits), address));
  let table = root;
  for (let level = mode.levels - 1; level >= leafLevel; level--) {
    const index = Number((address >> shiftOf(level)) & ((1n << BigInt(mode.indexBits)) - 1n));
    const at = table + index * mode.pteBytes;
    const isLeaf = level === leafLevel;
    let target = isLeaf ? Number(BigInt(page) & ~low) : newTable();
    table = target;
    // A superpage that is not aligned, and code that is not there. (A misaligned access to a missing page has other trap values in QEMU.)
    if (isLeaf && leafLevel > 0 && oneIn(rng, 8)) target += PAGE;
    if (isLeaf && code && oneIn(rng, 16)) target = HOLE;
    let flags = isLeaf ? change(leafFlags(rng, code)) : PTE_V | (oneIn(rng, 24) ? rng() & (PTE_U | PTE_A | PTE_D | PTE_G) : 0);
    // Without rights it is no leaf, but a table: what lies there must not be taken for one, or stores go anywhere, into what the next blocks begin with too.
    const isTable = !isLeaf || (level > 0 && (flags & (PTE_R | PTE_W | PTE_X)) === 0);
    if (isTable && (isLeaf || oneIn(rng, 24))) {
      if (!leftOut.has(MISSING_TABLES)) target = HOLE;
      else if (isLeaf) flags |= code ? PTE_X : PTE_R;
    }
    poke(at, (BigInt(target) >> 2n) | BigInt(flags) | upperBits(rng, mode));
  }
  // Not canonical.
  if (mode.pteBytes === 8 && oneIn(rng, 16)) address ^= 1n << (bits + BigInt(rng() % (64 - Number(bits))));
  return address;
}

/** `change`: what becomes of the flags of a page of data. */
function fillPaging(slot: SlotWriter, modes: readonly Mode[], change = (flags: number): number => flags): readonly bigint[] {
  const { rng, csr, x } = slot;
  const mode = pick(rng, modes);
  const root = MEMORY.tables;
  let tables = 0;
  const newTable = (): number => root + PAGE * ++tables;
  csr(0, mode.satpMode | BigInt(root / PAGE));
  fillStatus(slot);
  const used = new Set<bigint>();
  const data = [0, 1, 2].map(() => mapOne(slot, mode, newTable, root, false, used, change));
  const code = FETCH.map(() => mapOne(slot, mode, newTable, root, true, used, (flags) => flags));
  for (const register of DATA)
    x(register, pick(rng, data) + BigInt(pick(rng, [128, 1024, PAGE - 128, PAGE - 64, PAGE - 8, PAGE - 3, rng() % PAGE])));
  FETCH.forEach((register, i) => x(register, code[i] + BigInt((rng() % 0x400) * 4)));
  return data;
}

export const paging = (xlen: 32 | 64): Kind =>
  kind('paging', xlen, {
    ...common(1),
    pokes: true,
    csrs: [numberOf('satp')],
    extensions: ['svnapot', 'svpbmt'],
    fill: (slot) => void fillPaging(slot, xlen === 32 ? [SV32] : RV64_MODES),
  });

// ---- shadow stack ------------------------------------------------------------------------------------------------------------

/** What lower modes execute: a word, and the ecall behind it. (No other AMO: QEMU 10.0 has a page fault for one where the manual wants an access fault.) */
const SHADOW_CODE: readonly number[] = [
  0xce104073, // sspush ra
  0xce504073, // sspush t0
  0xcdc0c073, // sspopchk ra
  0xcdc2c073, // sspopchk t0
  0xcdc043f3, // ssrdp t2
  0x48f4282f, // ssamoswap.w a6, a5, (s0)
  0x48f4b82f, // ssamoswap.d a6, a5, (s1)
  0x00f42023, // sw a5, (s0)
  0x0004c803, // lbu a6, (s1)
];
const shadowPage = new Uint8Array(PAGE);
new DataView(shadowPage.buffer).setUint32(0, encode.ecall, true);
for (let at = 0; at < PAGE; at += 8) {
  new DataView(shadowPage.buffer).setUint32(at, SHADOW_CODE[(at / 8) % SHADOW_CODE.length], true);
  new DataView(shadowPage.buffer).setUint32(at + 4, encode.ecall, true);
}
const SSE = 8n;
const WORD = 8;

function fillShadowStack(slot: SlotWriter, xlen: 32 | 64): void {
  const { rng, csr, x } = slot;
  // QEMU 10.0 pushes to any page that can be written: there is none
  const data = fillPaging(slot, xlen === 32 ? [SV32] : RV64_MODES, (flags) => (oneIn(rng, 2) ? (flags & ~PTE_R) | PTE_W : flags & ~PTE_W));
  // QEMU 10.0 keeps senvcfg's where menvcfg's goes
  csr(1, SSE | (xlen === 64 ? ADUE : 0n));
  // and makes what such a page is depend on the mode of now
  csr(2, SSE);
  csr(3, pick(rng, data) + BigInt((rng() % (PAGE / WORD)) * WORD));
  // what the last push may have left
  if (oneIn(rng, 2)) x(5, 0n);
}

export const shadowStack = (xlen: 32 | 64): Kind =>
  kind('shadow stack', xlen, {
    ...common(1, shadowPage),
    // by lower modes themselves: QEMU 10.0 takes MPRV for M-mode, which has no shadow stack
    code: ({ rng }) =>
      layOut(
        Array.from({ length: BLOCK_LENGTH / 4 }, () => fetchUnit(rng)),
        rng,
      ),
    pokes: true,
    csrs: ['satp', 'menvcfg', 'senvcfg', 'ssp'].map(numberOf),
    extensions: ['zicfiss', 'zimop', 'zcmop'],
    about: ['zicfiss'],
    fill: (slot) => fillShadowStack(slot, xlen),
  });

/** The same with pointers whose upper bits are anything, which menvcfg and senvcfg have ignored or not. */
export const maskedPaging = (): Kind => {
  const plain = paging(64);
  return {
    ...plain,
    name: 'masked paging, RV64',
    extensions: [...plain.extensions, 'smnpm', 'ssnpm'],
    about: ['smnpm', 'ssnpm'],
    csrs: [...plain.csrs, numberOf('menvcfg'), numberOf('senvcfg')],
    fill: (slot) => {
      const { rng, csr, x, view, base } = slot;
      fillPaging(slot, RV64_MODES);
      csr(1, pmm(rng) | ADUE | PBMTE);
      csr(2, pmm(rng));
      for (const register of DATA) {
        const at = base + SLOT.x + 8 * register;
        if (!oneIn(rng, 3)) x(register, view.getBigUint64(at, true) ^ (random64(rng) << pick(rng, [48n, 57n])));
      }
    },
  };
};

// ---- physical memory protection --------------------------------------------------------------------------------------------

const ENTRIES = 8;
/** Whether a misaligned access is one access or several is the implementation's business, and so which of its bytes an entry must match. */
const ALIGNMENT = 8;
const PMP_L = 0x80;
/** OFF, TOR, NA4, NAPOT in bits 4:3. */
const randomConfig = (rng: Rng): number => {
  const config = rng() & 0xff & ~PMP_L & ~0x60;
  // W without R is reserved.
  return (config & 3) === 2 ? config & ~2 : config;
};

function fillPmp(slot: SlotWriter, xlen: number): void {
  const { rng, csr, x } = slot;
  const near = (): number => pick(rng, DATA_PAGES) + pick(rng, [0, 64, PAGE - 64, PAGE / 2]) + (rng() % 64);
  const configs: number[] = [];
  for (let i = 0; i < ENTRIES; i++) {
    const config = oneIn(rng, 3) ? 0 : randomConfig(rng);
    configs.push(config);
    const base = oneIn(rng, 4) ? CODE_PAGE + (rng() % PAGE) : near();
    const ones = (1 << (rng() % 12)) - 1; // NAPOT: 8 bytes to 16 KiB
    csr(i, BigInt(Math.floor(base / 4)) | ((config & 0x18) === 0x18 ? BigInt(ones >> 1) : 0n));
  }
  const word = (from: number, count: number): bigint =>
    configs.slice(from, from + count).reduceRight((sum, config) => (sum << 8n) | BigInt(config), 0n);
  if (xlen === 64) csr(ENTRIES, word(0, 8));
  else for (const i of [0, 1]) csr(ENTRIES + i, word(4 * i, 4));
  fillStatus(slot);
  // (`&` would make them negative, and RV64's then lie where nothing is.)
  for (const register of DATA) x(register, BigInt((near() & -ALIGNMENT) >>> 0));
  for (const register of FETCH) x(register, BigInt(CODE_PAGE + (rng() % 0x400) * 4));
}

export const pmp = (xlen: 32 | 64): Kind =>
  kind('pmp', xlen, {
    ...common(ALIGNMENT),
    csrs: [
      ...Array.from({ length: ENTRIES }, (_, i) => numberOf(`pmpaddr${i}`)),
      ...(xlen === 64 ? ['pmpcfg0'] : ['pmpcfg0', 'pmpcfg1']).map(numberOf),
    ],
    fill: (slot) => fillPmp(slot, xlen),
  });
