/**
 * The ops of the IR, one row an op. Names and meaning are QEMU's (docs/devel/tcg-ops.rst) unless a comment says otherwise.
 *
 * An op is eight 32-bit words: opcode, then up to seven operands. Operand kinds of a signature, in order:
 *   o  output temp        i  input temp        c  immediate: condition (Cond)     n  immediate number
 *   m  immediate: MemOpIdx (memop << 4 | mmuIdx)    l  label number    h  helper id    r  output temp or -1    x  input temp or -1 (absent)
 * Type: the type of the temps: 'i32', 'i64', or for mixed ops a letter a temp operand in order ('I' = i64, 'i' = i32).
 */

import {
  ATOMIC_ADD,
  ATOMIC_AND,
  ATOMIC_OR,
  ATOMIC_SMAX,
  ATOMIC_SMIN,
  ATOMIC_UMAX,
  ATOMIC_UMIN,
  ATOMIC_XCHG,
  ATOMIC_XOR,
} from '../../assembly/shared/layout.js';
import type { InlineFloat } from './inline-float.js';

export const OP_WORDS = 8;

export type IrType = 'i32' | 'i64';

/** Conditions come in pairs: `cond ^ 1` is the opposite. */
export enum Cond {
  EQ,
  NE,
  LT,
  GE,
  LE,
  GT,
  LTU,
  GEU,
  LEU,
  GTU,
}

/** The read-modify-write operations, in the order of their ops: `Op.atomic_xchg_i64 + kind`. */
export enum AtomicKind {
  xchg = ATOMIC_XCHG,
  add = ATOMIC_ADD,
  and = ATOMIC_AND,
  or = ATOMIC_OR,
  xor = ATOMIC_XOR,
  smin = ATOMIC_SMIN,
  smax = ATOMIC_SMAX,
  umin = ATOMIC_UMIN,
  umax = ATOMIC_UMAX,
}

/**
 * Opcode numbers, in the order of the table below (checked when this module is loaded). Where an op has both widths, `_i64` is `_i32` + 1.
 * A plain enum: hot code compares with `Op.add_i64`, which V8 folds to a constant.
 */
// prettier-ignore
export enum Op {
  nop, discard, insn_start, set_label, br, brcond_i32, brcond_i64, mov_i32, mov_i64, setcond_i32, setcond_i64,
  movcond_i32, movcond_i64, add_i32, add_i64, sub_i32, sub_i64, mul_i32, mul_i64, neg_i32, neg_i64, div_i32, div_i64,
  divu_i32, divu_i64, rem_i32, rem_i64, remu_i32, remu_i64, and_i32, and_i64, or_i32, or_i64, xor_i32, xor_i64,
  not_i32, not_i64, andc_i32, andc_i64, orc_i32, orc_i64, eqv_i32, eqv_i64, nand_i32, nand_i64, nor_i32, nor_i64,
  shl_i32, shl_i64, shr_i32, shr_i64, sar_i32, sar_i64, rotl_i32, rotl_i64, rotr_i32, rotr_i64, ext8s_i32, ext8s_i64,
  ext8u_i32, ext8u_i64, ext16s_i32, ext16s_i64, ext16u_i32, ext16u_i64, ext32s_i64, ext32u_i64, ext_i32_i64,
  extu_i32_i64, extrl_i64_i32, extrh_i64_i32, deposit_i32, deposit_i64, extract_i32, extract_i64, sextract_i32,
  sextract_i64, bswap16_i32, bswap16_i64, bswap32_i32, bswap32_i64, bswap64_i64, clz_i32, clz_i64, ctz_i32, ctz_i64,
  ctpop_i32, ctpop_i64, muluh_i32, muluh_i64, mulsh_i32, mulsh_i64, mulu2_i32, mulu2_i64, muls2_i32, muls2_i64,
  add2_i32, add2_i64, sub2_i32, sub2_i64, ld8u_i32, ld8u_i64, ld8s_i32, ld8s_i64, ld16u_i32, ld16u_i64, ld16s_i32,
  ld16s_i64, ld_i32, ld_i64, ld32u_i64, ld32s_i64, st8_i32, st8_i64, st16_i32, st16_i64, st_i32, st_i64, st32_i64,
  qemu_ld_i64, qemu_st_i64, atomic_xchg_i64, atomic_fetch_add_i64, atomic_fetch_and_i64, atomic_fetch_or_i64,
  atomic_fetch_xor_i64, atomic_fetch_smin_i64, atomic_fetch_smax_i64, atomic_fetch_umin_i64, atomic_fetch_umax_i64,
  atomic_cmpxchg_i64, mb, call, goto_tb, goto_ptr, exit_tb,
}

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

const { END, SIDE_EFFECTS: EFFECT, MAY_FAULT: FAULT, MEMORY: MEM } = OpFlag;

type Row = readonly [name: string, signature: string, types: string, flags?: number];

function both(name: string, signature: string, flags = 0): Row[] {
  const temps = [...signature].filter((k) => 'oirx'.includes(k)).length;
  return [
    [`${name}_i32`, signature, 'i'.repeat(temps), flags],
    [`${name}_i64`, signature, 'I'.repeat(temps), flags],
  ];
}

// prettier-ignore
const ROWS: readonly Row[] = [
  ['nop',         '',      ''],
  ['discard',     'o',     '*'],
  ['insn_start',  'n',     '',  EFFECT],            // pc of the guest instruction: offset from the TB's pc
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

for (const [number, op] of OPS.entries()) {
  if (Op[number] !== op.name) throw new Error(`opcode table: row ${number} is ${op.name}, the enum says ${Op[number]}`);
}

const wordsOf = (kinds: string): readonly (readonly number[])[] =>
  OPS.map(({ signature }) => [...signature].flatMap((kind, i) => (kinds.includes(kind) ? [i + 1] : [])));

/** Which words of an op (1..7) name outputs and inputs. In `call` both may be -1. */
export const OUTPUT_WORDS = wordsOf('or');
export const INPUT_WORDS = wordsOf('ix');

/**
 * The same as numbers, for hot code. Outputs are words 1 .. OP_OUTPUTS; inputs are the OP_INPUTS words from OP_FIRST_INPUT on, which directly follows the
 * outputs except in `call`, where it is word 3.
 */
export const OP_OUTPUTS = Uint8Array.from(OUTPUT_WORDS, (words) => words.length);
export const OP_INPUTS = Uint8Array.from(INPUT_WORDS, (words) => words.length);
export const OP_FIRST_INPUT = Uint8Array.from(INPUT_WORDS, (words) => words[0] ?? 1);
/** The `_i32` sibling of an `_i64` op, else the op itself: lets one `case` serve both widths. */
export const OP_BASE = Uint8Array.from(OPS, (op, number) => {
  const sibling = Op[op.name.replace(/_i64$/, '_i32') as keyof typeof Op];
  return sibling === number - 1 ? sibling : number;
});
/** 1 where the op's first temp (its output, if it has one) is i64. */
export const OP_WIDE = Uint8Array.from(OPS, (op) => Number(op.types.startsWith('I')));
export const OP_FLAGS = Uint8Array.from(OPS, (op) => op.flags);

/** Guest loads, stores and atomics: may fault. */
export const isMemoryOp = (op: number): boolean => (OP_FLAGS[op] & OpFlag.MEMORY) !== 0;

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
  /**
   * May change ENV_TB_FLAGS, what is mapped, and ask for the dispatcher, although it writes no globals: the op after it must be goto_ptr or exit_tb, with
   * nothing but moves between. A helper that may write globals is taken to do all that.
   */
  readonly changesFlags?: boolean;
  /** No side effects: dead if the result is. */
  readonly pure?: boolean;
  /** May raise an exception: the caller tests ENV_FAULT. */
  readonly mayFault?: boolean;
  /**
   * Instead of the call, a backend may do what it does with a u64 cell of ENV_SCORES: adds to it or stores (cell, value), or calls plugin_call if it compares as it should
   * (id, cell, condition, value), or counts in the edge map that begins there (cell, location). These arguments are constants.
   */
  readonly score?: 'add' | 'store' | 'cond' | 'edge' | undefined;
  /** What a backend may do instead of the call; it may also leave before the instruction, so the guest state must be exact there. */
  readonly inline?: InlineFloat | undefined;
}

/** With all fields, in one order: passes read these objects all the time, and V8 has one hidden class for them. */
export const helperDef = (def: HelperDef): HelperDef => ({
  name: def.name,
  args: def.args,
  result: def.result,
  noReadGlobals: def.noReadGlobals ?? false,
  noWriteGlobals: def.noWriteGlobals ?? false,
  changesFlags: def.changesFlags ?? false,
  pure: def.pure ?? false,
  mayFault: def.mayFault ?? false,
  score: def.score,
  inline: def.inline,
});

/** Env must be up to date before the call, and is so after it. */
export const syncsGlobals = (helper: HelperDef): boolean => !helper.pure && !(helper.noReadGlobals && helper.noWriteGlobals);
/** What is held of globals elsewhere is stale after the call. */
export const clobbersGlobals = (helper: HelperDef): boolean => !helper.pure && !helper.noWriteGlobals;
