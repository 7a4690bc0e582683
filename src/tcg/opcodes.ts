/**
 * The ops of the IR, one row an op. Names and meaning are QEMU's (docs/devel/tcg-ops.rst) unless a comment says otherwise.
 *
 * An op is eight 32-bit words: opcode, then up to seven operands. Operand kinds of a signature, in order:
 *   o  output temp        i  input temp        c  immediate: condition (Cond)     n  immediate number
 *   m  immediate: MemOpIdx (memop << 4 | mmuIdx)    l  label number    h  helper id    r  output temp or -1    x  input temp or -1 (absent)
 * Type: the type of the temps: 'i32', 'i64', or for mixed ops a letter a temp operand in order ('I' = i64, 'i' = i32).
 */

export const OP_WORDS = 8;

export type IrType = 'i32' | 'i64';

export enum Cond { EQ, NE, LT, GE, LE, GT, LTU, GEU, LEU, GTU }

export const OpFlag = {
  /** Ends a basic block. */ END: 1,
  /** Has effects beyond its outputs: never dead. */ SIDE_EFFECTS: 2,
  /** May raise: state must be exact here. */ MAY_FAULT: 4,
  /** Reads or writes guest memory. */ MEMORY: 8,
} as const;

export interface OpDef {
  readonly name: string;
  readonly signature: string;
  readonly types: string;
  readonly flags: number;
}

const END = 1, EFFECT = 2, FAULT = 4, MEM = 8;

type Row = readonly [name: string, signature: string, types: string, flags?: number];

function both(name: string, signature: string, flags = 0): Row[] {
  const temps = [...signature].filter((k) => 'oirx'.includes(k)).length;
  return [[`${name}_i32`, signature, 'i'.repeat(temps), flags], [`${name}_i64`, signature, 'I'.repeat(temps), flags]];
}

// prettier-ignore
const ROWS: readonly Row[] = [
  ['nop',         '',      ''],
  ['discard',     'o',     '*'],
  ['insn_start',  'nn',    '',  EFFECT],            // pc of the guest instruction as (offset from the TB's pc, target word)
  ['set_label',   'l',     '',  EFFECT],
  ['br',          'l',     '',  END | EFFECT],
  ...both('brcond', 'iicl', END | EFFECT),
  ...both('mov', 'oi'),
  ...both('setcond', 'oiic'),
  ...both('movcond', 'oiiiic'),                     // d = (a cond b) ? t : f; operands d, a, b, t, f, cond
  ...both('add', 'oii'), ...both('sub', 'oii'), ...both('mul', 'oii'), ...both('neg', 'oi'),
  ...both('div', 'oii'), ...both('divu', 'oii'), ...both('rem', 'oii'), ...both('remu', 'oii'),
  ...both('and', 'oii'), ...both('or', 'oii'), ...both('xor', 'oii'), ...both('not', 'oi'),
  ...both('andc', 'oii'), ...both('orc', 'oii'), ...both('eqv', 'oii'), ...both('nand', 'oii'), ...both('nor', 'oii'),
  ...both('shl', 'oii'), ...both('shr', 'oii'), ...both('sar', 'oii'), ...both('rotl', 'oii'), ...both('rotr', 'oii'),
  ...both('ext8s', 'oi'), ...both('ext8u', 'oi'), ...both('ext16s', 'oi'), ...both('ext16u', 'oi'),
  ['ext32s_i64',  'oi',    'II'], ['ext32u_i64', 'oi', 'II'],
  ['ext_i32_i64', 'oi',    'Ii'], ['extu_i32_i64', 'oi', 'Ii'],
  ['extrl_i64_i32', 'oi',  'iI'], ['extrh_i64_i32', 'oi', 'iI'],
  ...both('deposit', 'oiinn'),                      // d = a with len bits of b at pos
  ...both('extract', 'oinn'), ...both('sextract', 'oinn'), // pos, len
  ...both('bswap16', 'oi'), ...both('bswap32', 'oi'),      // zero-extended results
  ['bswap64_i64', 'oi',    'II'],
  ...both('clz', 'oii'), ...both('ctz', 'oii'), ...both('ctpop', 'oi'),
  ...both('muluh', 'oii'), ...both('mulsh', 'oii'),
  ...both('mulu2', 'ooii'), ...both('muls2', 'ooii'),      // low, high
  ...both('add2', 'ooiiii'), ...both('sub2', 'ooiiii'),    // rl, rh, al, ah, bl, bh
  // env-relative host memory: d/v, offset from env
  ...both('ld8u', 'on'), ...both('ld8s', 'on'), ...both('ld16u', 'on'), ...both('ld16s', 'on'), ...both('ld', 'on'),
  ['ld32u_i64', 'on', 'I'], ['ld32s_i64', 'on', 'I'],
  ...both('st8', 'in', EFFECT), ...both('st16', 'in', EFFECT), ...both('st', 'in', EFFECT),
  ['st32_i64', 'in', 'I', EFFECT],
  // guest memory: value, address (i64), MemOpIdx
  ['qemu_ld_i64', 'oim',   'II',  EFFECT | FAULT | MEM],
  ['qemu_st_i64', 'iim',   'II',  EFFECT | FAULT | MEM],
  // atomics: old value (sign- or zero-extended by the MemOp), address, operand, MemOpIdx
  ['atomic_xchg_i64',       'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_fetch_add_i64',  'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_fetch_and_i64',  'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_fetch_or_i64',   'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_fetch_xor_i64',  'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_fetch_smin_i64', 'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_fetch_smax_i64', 'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_fetch_umin_i64', 'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_fetch_umax_i64', 'oiim', 'III', EFFECT | FAULT | MEM],
  ['atomic_cmpxchg_i64',    'oiiim', 'IIII', EFFECT | FAULT | MEM], // old, address, expected, new
  ['mb',          'n',     '',    EFFECT],
  ['call',        'rhxxxxx', 'IIIIII', EFFECT],     // result or -1, helper, up to five i64 arguments or -1
  ['goto_tb',     'n',     '',    END | EFFECT],
  ['goto_ptr',    '',      '',    END | EFFECT],
  ['exit_tb',     'n',     '',    END | EFFECT],    // 0: look up pc; 3: return to the dispatcher, nothing to link
];

export const OPS: readonly OpDef[] = ROWS.map(([name, signature, types, flags = 0]) => ({ name, signature, types, flags }));

type OpTable = Record<string, number>;
/** Opcode numbers by name: `Op.add_i64`. */
export const Op: OpTable = Object.fromEntries(OPS.map((op, number) => [op.name, number]));

/** How a helper treats globals, and whether it may raise (QEMU's TCG_CALL_*). Default: reads and writes globals. */
export interface HelperDef {
  /** AssemblyScript export is `helper_<name>`: (env: usize, ...i64 arguments) => i64 | void. */
  readonly name: string;
  readonly args: number;
  readonly result: boolean;
  /** Does not read globals from env (implies nothing about writes). */
  readonly noReadGlobals?: boolean;
  /** Does not write globals. */
  readonly noWriteGlobals?: boolean;
  /** No side effects: dead if the result is. */
  readonly pure?: boolean;
  /** May raise an exception: the caller tests ENV_FAULT. */
  readonly mayFault?: boolean;
}
