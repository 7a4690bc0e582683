/** A program that tries every atomic at every place of the table, and compares what comes of it with what should. */
import type { CpuConfig } from '../../src/target/riscv/config.js';
import { CSR_NUMBERS } from '../../src/target/riscv/csr-names.js';
import { INSNS } from '../../src/target/riscv/insns.js';
import { hasInsn, type Insn } from '../../src/target/riscv/table.js';
import { Assembler, encode, type Label } from './assembler.js';
import { CAUSES, HOLE, LAYOUT, PLACES, PTE, TABLES, type Cause, type Outcome, type Place, type Table } from './atomic-places.js';
import { elfImage, type Segment } from './elf.js';
import { isAtomic } from './kind.js';
import { DONE, MEMORY } from './slot.js';

/** One try: the program has the first fields from us, and writes the last three where they differ from what is wanted. */
const ROW = { address: 0, mstatus: 8, stub: 16, menvcfg: 24, cause: 32, tval: 40, rd: 48, got: 56, size: 80 } as const;
const FIELDS = ['cause', 'tval', 'rd'] as const;
const NO_CAUSE = -1n;
/** What rd holds before, and after a fault; an LR's or AMO's result is not looked at. */
const UNTOUCHED = 0x55;
const LOADED = 0;
const SC_FAILED = 1;

const PAGE = 4096;
const VIRTUAL = 0x4000_0000n;
/** In the page, at its beginning and at its end, where the next one is not mapped. */
const OFFSETS = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => [i, PAGE - 8 + i]);
/** Places are apart by a page that is not mapped. */
const STRIDE = 2 * PAGE;

const csr = (name: string): number => {
  const number = CSR_NUMBERS.get(name);
  if (number === undefined) throw new Error(`no CSR ${name}`);
  return number;
};

// Registers: address, operand and result of the atomics; the rest is the program's.
const [RA, ADDRESS, OPERAND, RESULT, LR_RESULT] = [1, 10, 11, 12, 13];
const [T0, STATUS, STUB, ROW_REG, ROWS_END, ROUNDS, CAUSE, TVAL, SCRATCH] = [5, 6, 7, 8, 9, 18, 19, 20, 21];

interface Stub {
  readonly name: string;
  readonly size: number;
  readonly does: keyof Outcome;
  readonly label: Label;
  readonly code: readonly number[];
}

const word = (row: Insn, rd: number): number =>
  (row.value | (rd << 7) | (ADDRESS << 15) | (row.name.startsWith('lr') ? 0 : OPERAND << 20)) >>> 0;

/** Every atomic instruction that the CPU has, and each SC behind its LR. */
function stubsOf({ xlen, extensions }: CpuConfig): Stub[] {
  const rows = INSNS.filter((row) => isAtomic(row) && hasInsn(row, xlen, extensions));
  const loaded = encode.addi(RESULT, 0, LOADED);
  return rows.flatMap((row): Stub[] => {
    const size = row.name.endsWith('.d') ? 8 : 4;
    const stub = (name: string, does: Stub['does'], ...code: number[]): Stub => ({ name, size, does, label: {}, code });
    if (row.name.startsWith('lr')) return [stub(row.name, 'lr', word(row, RESULT), loaded)];
    if (!row.name.startsWith('sc')) return [stub(row.name, 'amo', word(row, RESULT), loaded)];
    const lr = rows.find(({ name }) => name === row.name.replace('sc', 'lr'))!;
    return [stub(row.name, 'sc', word(row, RESULT)), stub(`${lr.name}, ${row.name}`, 'pair', word(lr, LR_RESULT), word(row, RESULT))];
  });
}

interface Try {
  readonly name: string;
  readonly address: bigint;
  readonly place: Place;
  readonly stub: Stub;
  readonly cause: Cause;
}

export interface AtomicProgram {
  readonly elf: Uint8Array;
  readonly tries: readonly Try[];
  /** Bytes from MEMORY.slots on that hold the tries. */
  readonly size: number;
}

const isBare = ({ mode }: Place): boolean => mode === 'M';
const pageOf = (n: number): number => LAYOUT.pages + n * STRIDE;

/** Reach of one leaf table. */
const tableReach = (xlen: number): bigint => (xlen === 64 ? 0x20_0000n : 0x40_0000n);
const virtualOf = (n: number, { table = 'open' }: Place, xlen: number): bigint =>
  VIRTUAL + BigInt(TABLES.indexOf(table)) * tableReach(xlen) + BigInt(n * STRIDE);

function expected({ outcome, wide, qemu }: Place, { does, size }: Stub, address: bigint, forQemu: boolean): Cause {
  if (address % BigInt(size) !== 0n) return does === 'lr' || does === 'pair' ? 'load misaligned' : 'store misaligned';
  return ((forQemu && qemu) || (size === 8 && wide) || outcome)[does];
}

function triesOf(places: readonly Place[], stubs: readonly Stub[], xlen: number, forQemu: boolean): Try[] {
  return places.flatMap((place, n) => {
    const base = isBare(place) ? (place.physical ?? BigInt(pageOf(n))) : virtualOf(n, place, xlen);
    // Beside a register, and beside a few bytes with other rights, are other things.
    const isSmall = (isBare(place) && place.physical !== undefined) || place.pmp?.some(({ bytes }) => bytes !== undefined);
    const offsets = OFFSETS.filter((offset) => !isSmall || offset < 4);
    return offsets.flatMap((offset) =>
      stubs.map((stub): Try => {
        const address = base + BigInt(offset);
        return { name: `${stub.name}, ${place.name}, + ${offset}`, address, place, stub, cause: expected(place, stub, address, forQemu) };
      }),
    );
  });
}

/** The page tables, as they lie from LAYOUT.root on. */
function tablesOf(places: readonly Place[], xlen: 32 | 64): Segment {
  const bytes = new Uint8Array(PAGE * (2 + TABLES.length));
  const view = new DataView(bytes.buffer);
  const pteSize = xlen / 8;
  const put = (table: number, index: number, target: bigint | number, flags: number): void => {
    const at = table - LAYOUT.root + index * pteSize;
    const pte = (BigInt(target) >> 2n) | BigInt(flags);
    if (xlen === 64) view.setBigUint64(at, pte, true);
    else view.setUint32(at, Number(pte), true);
  };
  const tableAt = (table: Table): number => (table === 'missing' ? HOLE : LAYOUT.leaves + TABLES.indexOf(table) * PAGE);
  const upper = xlen === 64 ? LAYOUT.middle : LAYOUT.root;
  const first = Number(VIRTUAL / tableReach(xlen)) % (PAGE / pteSize);
  if (xlen === 64) put(LAYOUT.root, Number(VIRTUAL >> 30n), LAYOUT.middle, PTE.V);
  TABLES.forEach((table, i) => put(upper, first + i, tableAt(table), PTE.V));
  places.forEach((place, n) => {
    if (place.pte === undefined || place.table === 'missing') return;
    put(tableAt(place.table ?? 'open'), n * (STRIDE / PAGE), place.physical ?? pageOf(n), place.pte);
  });
  return { address: LAYOUT.root, bytes };
}

/** pmpaddr and pmpcfg of `bytes` bytes: NA4 or NAPOT. */
const napot = (address: number, bytes: number, config: number): readonly [address: number, config: number] =>
  bytes === 4 ? [address / 4, config | 0x10] : [address / 4 + bytes / 8 - 1, config | 0x18];

function protections(places: readonly Place[]): (readonly [address: number, config: number])[] {
  const tables = [
    napot(LAYOUT.leaves + PAGE * TABLES.indexOf('read-only'), PAGE, 1),
    napot(LAYOUT.leaves + PAGE * TABLES.indexOf('closed'), PAGE, 0),
  ];
  const own = places.flatMap(({ pmp = [] }, n) => pmp.map(({ config, bytes = PAGE }) => napot(pageOf(n), bytes, config)));
  return [...tables, ...own];
}

const PMP_ENTRIES = 16;
const MPRV = 1n << 17n;
const ADUE = 1n << 61n;
const PRIVILEGE = { U: 0n, S: 1n, M: 3n };

/** `rounds`: how often all of it is tried. `forQemu`: what QEMU is wanted to do. */
export function atomicProgram(config: CpuConfig, rounds: number, forQemu = false): AtomicProgram {
  const { xlen } = config;
  const places = PLACES.filter((place) => place.xlen === undefined || place.xlen === xlen);
  const stubs = stubsOf(config);
  const tries = triesOf(places, stubs, xlen, forQemu);
  const a = new Assembler(MEMORY.code, xlen);
  const size = tries.length * ROW.size;
  emit(a, stubs, protections(places), rounds, size);
  const code = a.finish();
  const rows = new Uint8Array(size);
  const view = new DataView(rows.buffer);
  const mask = xlen === 32 ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn;
  tries.forEach(({ address, place, stub, cause }, i) => {
    const set = (field: number, value: bigint | number): void => view.setBigUint64(i * ROW.size + field, BigInt(value) & mask, true);
    set(ROW.address, address);
    set(ROW.mstatus, (isBare(place) ? 0n : MPRV) | (PRIVILEGE[place.mode] << 11n) | (place.status ?? 0n));
    set(ROW.stub, stub.label.at!);
    set(ROW.menvcfg, place.adue ? (xlen === 32 ? ADUE >> 32n : ADUE) : 0);
    const rd = cause !== 'ok' ? UNTOUCHED : stub.does === 'sc' ? SC_FAILED : LOADED;
    const wanted = { cause: cause === 'ok' ? NO_CAUSE : CAUSES[cause], tval: cause === 'ok' ? 0 : address, rd };
    FIELDS.forEach((field, n) => {
      set(ROW[field], wanted[field]);
      set(ROW.got + 8 * n, wanted[field]);
    });
  });
  const elf = elfImage(xlen, MEMORY.code, [
    { address: MEMORY.code, bytes: code },
    { address: MEMORY.slots, bytes: rows },
    tablesOf(places, xlen),
  ]);
  return { elf, tries, size };
}

function emit(a: Assembler, stubs: readonly Stub[], pmp: readonly (readonly [number, number])[], rounds: number, size: number): void {
  const [handler, round, next, done, mscratch]: Label[] = [{}, {}, {}, {}, {}];
  a.la(T0, handler);
  a.csrw(csr('mtvec'), T0);
  a.csrw(csr('mie'), 0);
  emitPmp(a, pmp);
  // satp: Sv39 or Sv32
  a.li(T0, LAYOUT.root / PAGE);
  a.li(STATUS, a.xlen === 64 ? 8 : 1);
  a.slli(STATUS, STATUS, a.xlen === 64 ? 60 : 31);
  a.add(T0, T0, STATUS);
  a.csrw(csr('satp'), T0);
  a.la(SCRATCH, mscratch);
  a.li(ROUNDS, rounds);
  a.place(round);
  a.beq(ROUNDS, 0, done);
  a.addi(ROUNDS, ROUNDS, -1);
  a.la(ROW_REG, { at: MEMORY.slots });
  a.la(ROWS_END, { at: MEMORY.slots + size });
  a.place(next);
  a.lx(T0, ROW.menvcfg, ROW_REG);
  a.csrw(csr(a.xlen === 64 ? 'menvcfg' : 'menvcfgh'), T0);
  a.sfenceVma();
  // once on an empty TLB, and once with what the first try left there
  emitTry(a);
  emitTry(a);
  a.addi(ROW_REG, ROW_REG, ROW.size);
  const again: Label = {};
  a.bne(ROW_REG, ROWS_END, again);
  a.j(round);
  a.place(again);
  a.j(next);
  a.place(done);
  a.la(T0, { at: MEMORY.done });
  a.li(STATUS, DONE);
  a.sw(STATUS, 0, T0);
  const forever = a.place({});
  a.wfi();
  a.j(forever);

  // A fault ends the stub.
  a.align(4);
  a.place(handler);
  a.csrr(CAUSE, csr('mcause'));
  a.csrr(TVAL, csr('mtval'));
  a.csrw(csr('mepc'), RA);
  a.mret();
  for (const { label, code } of stubs) {
    a.place(label);
    for (const each of code) a.emit(each);
    a.emit(RETURN);
  }
  a.align(8);
  a.place(mscratch);
  a.emit(0);
  a.emit(0);
}

const RETURN = 0x8067 | (RA << 15);
/** jalr ra, 0(STUB) */
const CALL_STUB = (STUB << 15) | (RA << 7) | 0x67;
/** sc.w x0, x0, (SCRATCH): whatever it does, no reservation is left. */
const END_RESERVATION = (0b00011 << 27) | (SCRATCH << 15) | (0b010 << 12) | 0x2f;

function emitTry(a: Assembler): void {
  a.emit(END_RESERVATION);
  a.lx(ADDRESS, ROW.address, ROW_REG);
  a.lx(STATUS, ROW.mstatus, ROW_REG);
  a.lx(STUB, ROW.stub, ROW_REG);
  a.li(OPERAND, 1);
  a.li(RESULT, UNTOUCHED);
  a.li(CAUSE, Number(NO_CAUSE));
  a.li(TVAL, 0);
  a.csrw(csr('mstatus'), STATUS);
  a.emit(CALL_STUB);
  a.csrw(csr('mstatus'), 0);
  for (const [n, register] of [CAUSE, TVAL, RESULT].entries()) {
    const right: Label = {};
    a.lx(T0, ROW[FIELDS[n]], ROW_REG);
    a.beq(T0, register, right);
    a.sx(register, ROW.got + 8 * n, ROW_REG);
    a.place(right);
  }
}

/** The entries, and behind them one that opens everything else to S- and U-mode. */
function emitPmp(a: Assembler, entries: readonly (readonly [address: number, config: number])[]): void {
  if (entries.length >= PMP_ENTRIES) throw new Error('too many PMP entries');
  const configs = Array<number>(PMP_ENTRIES).fill(0);
  entries.forEach(([address, config], i) => {
    a.li(T0, address);
    a.csrw(csr('pmpaddr0') + i, T0);
    configs[i] = config;
  });
  a.li(T0, -1);
  a.csrw(csr('pmpaddr15'), T0);
  configs[PMP_ENTRIES - 1] = 0x1f;
  const perRegister = a.xlen / 8;
  for (let first = 0; first < PMP_ENTRIES; first += perRegister) {
    a.li(T0, 0);
    for (let i = first + perRegister - 1; i >= first; i--) {
      a.slli(T0, T0, 8);
      a.addi(T0, T0, configs[i]);
    }
    a.csrw(csr('pmpcfg0') + first / 4, T0);
  }
}

/** What came out otherwise than the table says, a line each. */
export function verdict({ tries }: AtomicProgram, rows: Uint8Array): string[] {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const hex = (at: number): string => `0x${view.getBigUint64(at, true).toString(16)}`;
  return tries.flatMap(({ name, cause }, i) => {
    const at = i * ROW.size;
    const wrong = FIELDS.map((field, n) => [field, hex(at + ROW[field]), hex(at + ROW.got + 8 * n)]).filter(
      ([, wanted, got]) => wanted !== got,
    );
    return wrong.length === 0
      ? []
      : [`${name} (${cause}): ${wrong.map(([field, wanted, got]) => `${field} ${got}, wanted ${wanted}`).join('; ')}`];
  });
}
