/** Random actions: what a supervisor does, and what is done to it. Each kind says what of it an oracle sees otherwise, in differences.ts. */
import type { Random } from '../../support/float-operands.js';
import { SPRS, type Spr, type SprSet } from '../../../src/target/ppc/sprs.js';
import { FETCHED_PP, MSR_IGNORED, NOT_IN_QEMU, OPEN_BLOCK, PERFORMANCE_MONITOR, SPR_IGNORED, unlike } from './differences.js';
import { note, peek, poke, SPR, TABLE, TABLE_SIZE, WINDOW, WINDOW_PAGES, writeSpr, writeSr, type Action } from './program.js';
import * as w from './words.js';

export interface Model {
  readonly cpu: string;
  readonly sprs: SprSet;
  readonly softwareTlb: boolean;
  readonly msr: number;
}

const MSR = { POW: 0x40000, TGPR: 0x20000, ILE: 0x10000, EE: 0x8000, PR: 0x4000, FP: 0x2000, ME: 0x1000, FE0: 0x800, SE: 0x400, BE: 0x200, FE1: 0x100, IP: 0x40, IR: 0x20, DR: 0x10, RI: 2, LE: 1 } as const; // prettier-ignore

const word = (r: Random): number => Number(r.bits(32));
const registers = (r: Random): number[] => Array.from({ length: 6 }, () => word(r));
const hex = (value: number): string => (value >>> 0).toString(16);
const plain = { setup: [], after: [], msr: MSR.IP } as const;
/** MSR of an action that is no more than a mode. */
const mode = (r: Random): number => MSR.IP | (r.below(2) ? MSR.PR : 0) | (r.below(4) ? 0 : MSR.RI);

/** Registers that the program itself lives by, or that time changes. */
const OWN = [8, 9, 22, 268, 269, 284, 285];
/** Of which writing does more than an action can take back. */
const UNWRITTEN = [SPR.SDR1, 1017, ...NOT_IN_QEMU, ...PERFORMANCE_MONITOR];

/** Reads, writes and reads back. */
function sprAction(r: Random, model: Model): Action {
  const rows: readonly Spr[] = SPRS[model.sprs];
  const known = r.below(8) ? r.pick(rows.map((each) => each.number)) : r.below(1024);
  const number = OWN.includes(known) ? 272 : known;
  const row = rows.find((each) => each.number === number);
  const isBat = /BAT/.test(row?.name ?? '');
  const ignored = SPR_IGNORED[(row?.name ?? '').replace(/^[ID]BAT\dL$/, 'BATL')] ?? 0;
  const writes = !UNWRITTEN.includes(number) && r.below(3) > 0;
  const value = (word(r) & ~(isBat ? 0 : ignored)) >>> 0;
  return {
    ...plain,
    text: `spr ${number} ${row?.name ?? 'unknown'}${writes ? ` = ${hex(value)}` : ''}`,
    msr: mode(r),
    registers: [isBat ? legalBat(value, number) : value, 0x1234_5678, 0x8765_4321, 0, 0, 0],
    body: [...(writes ? [w.mtspr(number, 3)] : []), w.mfspr(4, number)],
    after: isBat || number === 1008 || number === 1010 || number === 1013 ? writeSpr(number, 0) : [],
    except: { r4: ignored },
  };
}

/** Bits that there are, of a block whose address is a multiple of its length. */
function legalBat(value: number, number: number): number {
  if (number % 2 === 1) return (value & 0xfffe_007b) >>> 0;
  const length = (1 << (value & 15 & 11)) - 1;
  return ((value & 0xfffe_0000 & ~(length << 17)) | (length << 2) | (value & 3)) >>> 0;
}

function msrAction(r: Random, model: Model): Action {
  const bits = (word(r) & model.msr & ~(MSR.POW | MSR.TGPR | MSR.IR | MSR.SE | MSR.BE | MSR_IGNORED)) >>> 0;
  return {
    ...plain,
    text: `mtmsr ${hex(bits)}`,
    msr: mode(r),
    registers: [bits, ...registers(r).slice(1)],
    body: [w.mtmsr(3), w.mfmsr(4), w.isync, w.mfmsr(5)],
    except: { r4: MSR_IGNORED, r5: MSR_IGNORED, srr1: MSR_IGNORED },
  };
}

function rfiAction(r: Random, model: Model): Action {
  const bits = (word(r) & (model.msr | 0x87c0_ffff) & ~(MSR.IR | MSR.SE | MSR.BE | MSR.LE | MSR.ILE)) >>> 0;
  return {
    ...plain,
    text: `rfi to ${hex(bits)}`,
    msr: bits,
    registers: registers(r),
    body: [w.nop, w.mfmsr(4)],
    except: { srr1: MSR_IGNORED, r4: MSR_IGNORED },
  };
}

/** Instructions that raise, or do not. */
function programAction(r: Random): Action {
  const f = r.below(32);
  const bodies: (() => [string, number[]])[] = [
    () => ['trap', [w.twi(r.below(32), 3 + r.below(6), word(r))]],
    () => ['sc', [w.sc]],
    () => ['floating point', [w.lfd(f, 0, 7), w.stfd(f, 8, 7)]],
    () => [
      'privileged',
      [r.pick([w.mfmsr(3), w.mfsr(3, r.below(15)), w.mfsrin(3, 4), w.tlbsync, w.tlbie(3), w.rfi & ~0])].filter((each) => each !== w.rfi),
    ],
    () => ['illegal', [r.pick([0, 0x0000_0004, 0x1800_0000, 0x7c00_01ff ^ 0x1ff, 0x7fff_ffff, 0x7c00_0774 | 0x8])]],
    () => ['segment', [w.mtsr(14, 3), w.mfsr(4, 14), w.mtsrin(5, 8), w.mfsrin(6, 8)]],
  ];
  const [text, body] = r.pick(bodies)();
  const values = registers(r);
  values[4] = WINDOW; // r7
  values[5] = 0xd000_0000 | (word(r) & 0x0fff_ffff); // r8: a segment that nobody needs
  return { ...plain, text, msr: mode(r) | (r.below(2) ? MSR.FP : 0), registers: values, body };
}

/** Single-step and branch trace. */
function traceAction(r: Random): Action {
  const bodies = [
    [w.nop],
    [w.addi(3, 3, 1)],
    [w.b(4)],
    [w.nop, w.b(8), w.nop],
    [w.cmpwi(1, 3, 0), w.beq(1, 8), w.nop],
    [w.twi(31, 3, 0)],
    [w.mfmsr(3)],
    [w.lwz(3, 0, 7)],
  ];
  const values = registers(r);
  values[0] = r.below(2) ? 0 : values[0];
  values[4] = WINDOW;
  return {
    ...plain,
    text: 'trace',
    msr: mode(r) | r.pick([MSR.SE, MSR.BE, MSR.SE | MSR.BE]),
    registers: values,
    body: r.pick(bodies),
  };
}

/** The decrementer's sign, set by software while interrupts are off. */
function decrementerAction(r: Random): Action {
  return {
    ...plain,
    text: 'decrementer',
    msr: MSR.IP,
    registers: [0x7000_0000 | (word(r) & 0xff_ffff), 0x8000_0000 | (word(r) & 0x7fff_ffff), MSR.IP | MSR.EE, 0, 0, 0],
    body: [w.mtspr(22, 3), ...(r.below(4) ? [w.mtspr(22, 4)] : []), w.mtmsr(5), w.addi(6, 0, 1)],
    // if it was not taken
    after: [...writeSpr(22, 0x7fff_ffff)],
  };
}

// ---- Memory --------------------------------------------------------------------------------------------------------------

interface Mapped {
  /** Of a page. */
  readonly pte1?: number;
  readonly text: string;
  readonly setup: readonly number[];
  readonly after: readonly number[];
}

const hash = (vsid: number, ea: number): number => ((vsid & 0x7ffff) ^ ((ea >>> 12) & 0xffff)) >>> 0;
const groupAt = (value: number): number => TABLE + (((value * 64) & (TABLE_SIZE - 1)) >>> 0);

/** A page for an effective address: a PTE, or none; nothing is as it was afterwards but for its R and C bits, which are noted. */
function mapPage(r: Random, ea: number, phys: number, sr: number, isCode: boolean): Mapped {
  const vsid = sr & 0xff_ffff;
  const secondary = r.below(3) === 0;
  const group = groupAt(secondary ? ~hash(vsid, ea) : hash(vsid, ea));
  const at = group + 8 * r.below(8);
  const pp = isCode ? r.pick(FETCHED_PP) : r.below(4);
  const used = r.below(4) << 7; // R and C
  const wimg = r.pick(isCode ? [0, 0x10, 0x20] : [0, 0x10, 0x8, 0x28]);
  const h = (secondary ? 0x40 : 0) ^ (r.below(12) ? 0 : 0x40);
  const v = r.below(8) ? 0x8000_0000 : 0;
  const pte0 = (v | (vsid << 7) | h | ((ea >>> 22) & 0x3f)) >>> 0;
  const pte1 = ((phys & 0xffff_f000) | used | wimg | pp) >>> 0;
  return {
    text: `page ${hex(pte0)} ${hex(pte1)} at ${hex(at)}${secondary ? ' (secondary)' : ''}, sr ${hex(sr)}`,
    setup: [...poke(at, pte0), ...poke(at + 4, pte1), ...w.li32(30, ea), w.tlbie(30), w.sync, w.tlbsync, w.sync],
    pte1,
    after: [...peek(at + 4), note(0), ...poke(at, 0), ...poke(at + 4, 0), ...w.li32(30, ea), w.tlbie(30), w.sync, w.isync],
  };
}

/** A block over an effective address. */
function mapBlock(r: Random, ea: number, phys: number, isCode: boolean, model: Model): Mapped {
  const n = 1 + r.below(3);
  const spr = (isCode ? SPR.IBAT0U : SPR.DBAT0U) + 2 * n;
  const bl = (1 << r.below(5)) - 1;
  const inside = (bl << 17) | 0x1_ffff;
  const upper = ((ea & ~inside) | (bl << 2) | r.below(4)) >>> 0;
  const lower = ((phys & ~inside) | (r.below(2) && !isCode ? 0x28 : 0) | (model.softwareTlb ? OPEN_BLOCK : r.below(4))) >>> 0;
  return {
    text: `block ${hex(upper)} ${hex(lower)}`,
    setup: [...writeSpr(spr + 1, lower), ...writeSpr(spr, upper)],
    after: writeSpr(spr, 0),
  };
}

/** What an address in a block of the window's size, or in a page, may be. */
function mapping(r: Random, isCode: boolean, model: Model): Mapped & { readonly ea: number } {
  // what is fetched is left alone by stores
  const phys = WINDOW + 4096 * (r.below(WINDOW_PAGES / 2) + (isCode ? 0 : WINDOW_PAGES / 2)) + 4 * r.below(1000);
  const segment = r.below(15);
  const ea = ((segment << 28) | (r.below(0x800) << 17) | (phys & 0x1_ffff)) >>> 0;
  const sr = (r.below(4) << 29) | (r.below(6) ? 0 : 0x1000_0000) | Number(r.bits(24));
  const direct = r.below(16) === 0 && unlike(model.cpu, isCode ? 'direct-store fetch' : 'direct-store access') === 0 ? 0x8000_0000 : 0;
  const parts = [
    ...(r.below(3) === 0 ? [mapBlock(r, ea, phys, isCode, model)] : []),
    ...(r.below(6) === 0 ? [] : [mapPage(r, ea, phys, sr, isCode)]),
  ];
  return {
    ea,
    text: `${hex(ea)} of ${hex(phys)}, sr ${hex(sr | direct)}: ${parts.map(({ text }) => text).join('; ')}`,
    setup: [...writeSr(segment, (sr | direct) >>> 0), ...parts.flatMap(({ setup }) => setup)],
    after: parts.flatMap(({ after }) => after),
    pte1: parts.find(({ pte1 }) => pte1 !== undefined)?.pte1,
  };
}

function accessAction(r: Random, model: Model): Action[] {
  const { ea, text, setup, after, pte1 } = mapping(r, false, model);
  const accesses: [string, number][] = [
    ['lwz', w.lwz(4, 0, 3)],
    ['lbz', w.lbz(4, 1, 3)],
    ['lhz', w.lhz(4, 2, 3)],
    ['stw', w.stw(5, 0, 3)],
    ['stb', w.stb(5, 3, 3)],
    ['sth', w.sth(5, 0, 3)],
    ['lwarx', w.lwarx(4, 0, 3)],
    ['dcbz', w.dcbz(0, 3)],
    ['dcbst', w.dcbst(0, 3)],
    ['dcbf', w.dcbf(0, 3)],
  ];
  const [name, access] = r.pick(accesses);
  const again = r.below(2) ? [w.lwz(6, 0, 3)] : [];
  return withSearch(r, model, false, ea, pte1, {
    text: `${name} at ${text}`,
    setup,
    after,
    msr: mode(r) | MSR.DR | (r.below(2) ? MSR.IR : 0),
    registers: [ea, 0x1111_1111, word(r), 0x2222_2222, 0x3333_3333, 0x4444_4444],
    body: [access, ...again],
    except: { srr1: model.softwareTlb ? SRR1_WAY : 0 },
  });
}
/** Which way is to be replaced is a processor's own choice. */
const SRR1_WAY = 0x2_0000;

/**
 * Where software loads the TLB, first an action that misses, which fills ICMP or DCMP; what its search loads, for the address that was missed, the next one finds.
 */
function withSearch(r: Random, model: Model, isCode: boolean, ea: number, pte1: number | undefined, action: Action): Action[] {
  if (!model.softwareTlb || pte1 === undefined || r.below(5) === 0) return [action];
  const loads = [
    ...writeSpr(982, pte1 | unlike(model.cpu, 'clean page in a TLB')),
    ...writeSpr(SPR.SRR1, r.below(2) ? SRR1_WAY : 0),
    ...w.li32(30, ea & ~0xfff),
    isCode ? w.tlbli(30) : w.tlbld(30),
  ];
  return [
    { ...action, text: `${action.text} (search)`, after: loads },
    { ...action, setup: [] },
  ];
}

function fetchAction(r: Random, model: Model): Action[] {
  const { ea, text, setup, after, pte1 } = mapping(r, true, model);
  return withSearch(r, model, true, ea, pte1, {
    text: `fetch at ${text}`,
    setup,
    after,
    msr: mode(r) | MSR.IR | (r.below(2) ? MSR.DR : 0),
    pc: ea & ~3,
    registers: registers(r),
    body: [],
    except: { srr1: model.softwareTlb ? SRR1_WAY : 0 },
  });
}

const KINDS: readonly [weight: number, kind: (r: Random, model: Model) => Action | Action[]][] = [
  [4, sprAction],
  [2, msrAction],
  [2, rfiAction],
  [3, programAction],
  [2, traceAction],
  [1, decrementerAction],
  [10, accessAction],
  [5, fetchAction],
];

/** One, or some that belong together. */
export function randomActions(r: Random, model: Model): Action[] {
  let at = r.below(KINDS.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, kind] of KINDS) {
    at -= weight;
    if (at < 0) return [kind(r, model)].flat();
  }
  throw new Error('no kind');
}
