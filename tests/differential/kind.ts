/** What a kind of random program is, and the parts that kinds are made of. */
import { INSNS } from '../../src/target/riscv/insns.js';
import type { CpuConfig } from '../../src/target/riscv/config.js';
import type { Decoder } from '../../src/target/riscv/decoder.js';
import { hasInsn, type Insn } from '../../src/target/riscv/table.js';
import type { Format } from '../support/float-ref.js';
import type { Rng } from '../support/riscv-random.js';
import { illegalUnit, layOut, randomUnit, type Code, type Rules, type Unit } from './block.js';
import type { Segment } from './elf.js';
import type { SlotWriter } from './program.js';
import type { ScaffoldOptions } from './scaffold.js';

export interface CodeContext {
  readonly rng: Rng;
  readonly config: CpuConfig;
  readonly decoder: Decoder;
  /** Instructions not to use. */
  readonly leftOut: ReadonlySet<string>;
}

export interface Kind extends Pick<ScaffoldOptions, 'traps' | 'window' | 'pokes' | 'csrs' | 'afterFetch' | 'supervisor'> {
  readonly name: string;
  readonly xlen: 32 | 64;
  /** Extensions beside BASE that it needs; those that the oracle lacks are left out. */
  readonly extensions: readonly string[];
  /** Those of BASE, and what they imply, that exclude some of `extensions`. */
  readonly without: readonly string[];
  /** Those of `extensions` without which there is nothing to test; default: none. */
  readonly about?: readonly string[];
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
export const BLOCK_LENGTH = 64;
/** One in so many instructions is one that the CPU does not have. */
export const ILLEGAL_EVERY = 100;

/** They move sp or go where a table says: kinds-zc.ts. */
const isPushOrTable = (row: Insn): boolean => /^cm\.(push|pop|j)/.test(row.name);

const PRIVILEGED = ['sret', 'mret', 'mnret', 'wfi', 'sfence.vma', 'sinval.vma', 'sfence.w.inval', 'sfence.inval.ir', 'wrs.nto', 'wrs.sto'];
const CALLS = ['ecall', 'ebreak', 'c.ebreak'];
export const isPlain = (row: Insn): boolean =>
  !row.format.syntax.includes('csr') && !isPushOrTable(row) && !PRIVILEGED.includes(row.name) && !CALLS.includes(row.name);
export const isMemory = (row: Insn): boolean => row.format.syntax.includes('(rs1)') && row.shownAs !== 'jalr';
export const isAtomic = (row: Insn): boolean => /^(amo|lr|sc)/.test(row.name);
export const isFloat = (row: Insn): boolean => /^(c\.)?f(?!ence)/.test(row.name);

/** Rows of a kind, found once for each configuration. */
export function chooser(choose: (row: Insn) => boolean): (context: CodeContext) => readonly Insn[] {
  let last: { config: CpuConfig; rows: readonly Insn[] } | undefined;
  return ({ config, leftOut }) => {
    const wanted = (row: Insn): boolean => hasInsn(row, config.xlen, config.extensions) && !leftOut.has(row.name) && choose(row);
    if (last?.config !== config) last = { config, rows: INSNS.filter(wanted) };
    return last.rows;
  };
}

interface Mix {
  readonly choose: (row: Insn) => boolean;
  readonly rules: Rules | ((context: CodeContext) => Rules);
  readonly illegal?: boolean;
}

/** A block of independent random instructions. */
export function randomCode({ choose, rules, illegal = false }: Mix): Kind['code'] {
  const rowsOf = chooser(choose);
  const plainRows = chooser(isPlain);
  return (context) => {
    const { rng, decoder } = context;
    const rows = rowsOf(context);
    const obeyed = typeof rules === 'function' ? rules(context) : rules;
    const units: Unit[] = [];
    let length = 0;
    while (length < BLOCK_LENGTH) {
      const strange = illegal && rng() % ILLEGAL_EVERY === 0;
      const unit = strange ? illegalUnit(rng, plainRows(context), decoder) : randomUnit(rng, rows[rng() % rows.length], obeyed);
      if (unit === undefined) continue;
      units.push(unit);
      length += unit.code.length;
    }
    return layOut(units, rng);
  };
}

export const kind = (name: string, xlen: 32 | 64, part: Partial<Kind> & Pick<Kind, 'code'>): Kind => ({
  name: `${name}, RV${xlen}`,
  xlen,
  traps: 8,
  window: false,
  pokes: false,
  csrs: [],
  afterFetch: 'end',
  supervisor: false,
  extensions: [],
  without: [],
  formats: [],
  weight: 1,
  segments: [],
  fill: () => undefined,
  ...part,
});

export const widths = (make: (xlen: 32 | 64) => Kind): Kind[] => [make(64), make(32)];
