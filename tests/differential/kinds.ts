/** What is tested against the oracle: a row a kind. */
import { INSNS } from '../../src/target/riscv/insns.js';
import type { CpuConfig } from '../../src/target/riscv/config.js';
import type { Decoder } from '../../src/target/riscv/decoder.js';
import { hasInsn, type Insn } from '../../src/target/riscv/table.js';
import { DOUBLE, HALF, SINGLE, type Format } from '../support/float-ref.js';
import type { Rng } from '../support/riscv-random.js';
import { NO_RULES, illegalUnit, layOut, randomUnit, type Code, type Rules, type Unit } from './block.js';
import type { Segment } from './elf.js';
import type { SlotWriter } from './program.js';
import type { ScaffoldOptions } from './scaffold.js';
import { MEMORY } from './slot.js';

export interface CodeContext {
  readonly rng: Rng;
  readonly config: CpuConfig;
  readonly decoder: Decoder;
  /** Instructions not to use. */
  readonly leftOut: ReadonlySet<string>;
}

export interface Kind extends Pick<ScaffoldOptions, 'traps' | 'window' | 'pokes' | 'csrs' | 'fetchFault' | 'supervisor'> {
  readonly name: string;
  readonly xlen: 32 | 64;
  /** Extensions beside BASE that it needs; those that the oracle lacks are left out. */
  readonly extensions: readonly string[];
  /** What f registers hold; empty: they are left alone. */
  readonly formats: readonly Format[];
  /** Its share of all instructions. */
  readonly weight: number;
  readonly segments: readonly Segment[];
  code(context: CodeContext): Code[];
  fill(slot: SlotWriter): void;
}

/** What every CPU here has. */
export const BASE_EXTENSIONS = 'i m a f d c s u zicsr zifencei zicntr zihpm svadu'.split(' ');
const BLOCK_LENGTH = 64;
/** One in so many instructions is one that the CPU does not have. */
const ILLEGAL_EVERY = 100;

const PRIVILEGED = ['sret', 'mret', 'wfi', 'sfence.vma', 'sinval.vma', 'sfence.w.inval', 'sfence.inval.ir', 'wrs.nto', 'wrs.sto'];
const CALLS = ['ecall', 'ebreak', 'c.ebreak'];
const isPlain = (row: Insn): boolean => !row.format.syntax.includes('csr') && !PRIVILEGED.includes(row.name) && !CALLS.includes(row.name);
const isMemory = (row: Insn): boolean => row.format.syntax.includes('(rs1)') && row.shownAs !== 'jalr';
const isAtomic = (row: Insn): boolean => /^(amo|lr|sc)/.test(row.name);
const isFloat = (row: Insn): boolean => /^(c\.)?f(?!ence)/.test(row.name);

/** Rows of a kind, found once for each configuration. */
function chooser(choose: (row: Insn) => boolean): (context: CodeContext) => readonly Insn[] {
  let last: { config: CpuConfig; rows: readonly Insn[] } | undefined;
  return ({ config, leftOut }) => {
    const wanted = (row: Insn): boolean => hasInsn(row, config.xlen, config.extLo, config.extHi) && !leftOut.has(row.name) && choose(row);
    if (last?.config !== config) last = { config, rows: INSNS.filter(wanted) };
    return last.rows;
  };
}

interface Mix {
  readonly choose: (row: Insn) => boolean;
  readonly rules: Rules;
  readonly illegal?: boolean;
}

/** A block of independent random instructions. */
function randomCode({ choose, rules, illegal = false }: Mix): Kind['code'] {
  const rowsOf = chooser(choose);
  const plainRows = chooser(isPlain);
  return (context) => {
    const { rng, decoder } = context;
    const rows = rowsOf(context);
    const units: Unit[] = [];
    let length = 0;
    while (length < BLOCK_LENGTH) {
      const strange = illegal && rng() % ILLEGAL_EVERY === 0;
      const unit = strange ? illegalUnit(rng, plainRows(context), decoder) : randomUnit(rng, rows[rng() % rows.length], rules);
      if (unit === undefined) continue;
      units.push(unit);
      length += unit.code.length;
    }
    return layOut(units, rng);
  };
}

const kind = (name: string, xlen: 32 | 64, part: Partial<Kind> & Pick<Kind, 'code'>): Kind => ({
  name: `${name}, RV${xlen}`,
  xlen,
  traps: 8,
  window: false,
  pokes: false,
  csrs: [],
  fetchFault: 'end',
  supervisor: false,
  extensions: [],
  formats: [],
  weight: 1,
  segments: [],
  fill: () => undefined,
  ...part,
});

const widths = (make: (xlen: 32 | 64) => Kind): Kind[] => [make(64), make(32)];

// ---- integers: no memory, no floating point -----------------------------------------------------------------------------------

const integer = (xlen: 32 | 64): Kind =>
  kind('integer', xlen, {
    extensions: 'zba zbb zbc zbs zbkb zicond'.split(' '),
    weight: 4,
    code: randomCode({ choose: (row) => isPlain(row) && !isMemory(row) && !isFloat(row), rules: NO_RULES, illegal: true }),
  });

// ---- memory ------------------------------------------------------------------------------------------------------------------

const BASES = [2, 8, 9, 10, 11];
const ALIGNED_BASES = [2, 8];

/** Base registers about the page boundary in the middle of the window. */
function fillBases({ x, rng }: SlotWriter, alignment: readonly number[]): void {
  for (const register of BASES) {
    const align = ALIGNED_BASES.includes(register) ? 8 : alignment[rng() % alignment.length];
    const offset = ((rng() % 32) - 16) & -align;
    x(register, BigInt(MEMORY.windowMiddle + offset));
  }
}

const memory = (xlen: 32 | 64): Kind =>
  kind('memory', xlen, {
    extensions: 'zicboz zicbom zfhmin zfh'.split(' '),
    window: true,
    weight: 2,
    formats: [SINGLE, DOUBLE, HALF],
    code: randomCode({
      choose: (row) => isPlain(row) && !isAtomic(row) && (isMemory(row) || ['add', 'c.add', 'beq', 'bltu', 'c.bnez', 'fence', 'fence.i'].includes(row.name)),
      rules: { bases: BASES, reserved: [] },
    }),
    fill: (slot) => fillBases(slot, [1, 1, 2, 4, 8]),
  });

const atomics = (xlen: 32 | 64): Kind =>
  kind('atomics', xlen, {
    window: true,
    traps: 64,
    code: randomCode({
      choose: (row) => isPlain(row) && (isAtomic(row) || ['sw', 'lw', 'add', 'beq', 'c.addi'].includes(row.name)),
      rules: { bases: BASES, alignedBases: ALIGNED_BASES, reserved: [] },
    }),
    fill: (slot) => fillBases(slot, [8, 8, 4, 1]),
  });

// ---- floating point ------------------------------------------------------------------------------------------------------------

const float = (xlen: 32 | 64): Kind =>
  kind('float', xlen, {
    extensions: 'zfhmin zfh zfa'.split(' '),
    formats: [SINGLE, SINGLE, DOUBLE, DOUBLE, HALF],
    weight: 4,
    traps: 64,
    code: randomCode({ choose: (row) => isPlain(row) && isFloat(row) && !isMemory(row), rules: NO_RULES, illegal: true }),
  });

export const KINDS: readonly Kind[] = [...widths(integer), ...widths(memory), ...widths(atomics), ...widths(float)];
