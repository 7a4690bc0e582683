/**
 * The helpers of the PowerPC target: AssemblyScript functions `helper_<name>(env, ...)` of assembly/target/ppc. This table fixes their numbers and what the
 * optimiser may assume of them.
 */
import { FPSCR_XX } from '../../../assembly/target/ppc/shared/ppc.js';
import type { EnvTest, FloatOp, InlineFloat } from '../../tcg/inline-float.js';
import { helperDef, type HelperDef } from '../../tcg/opcodes.js';
import { PPC_FPSCR } from '../../../assembly/target/ppc/shared/env.js';

type Traits = Pick<HelperDef, 'noReadGlobals' | 'noWriteGlobals' | 'changesFlags' | 'pure' | 'mayFault'>;

const define =
  (result: boolean, traits: Traits) =>
  (name: string, args: number, inline?: InlineFloat): HelperDef =>
    helperDef({ name, args, result, ...traits, inline });

/** A function of its arguments. */
const PURE: Traits = { pure: true, noReadGlobals: true, noWriteGlobals: true };
/** Touches env, but no TCG global. */
const EFFECT: Traits = { noReadGlobals: true, noWriteGlobals: true };
const FAULT: Traits = { ...EFFECT, mayFault: true };

/** Other memory may be seen after it, and an interrupt be pending. */
const change = define(false, { ...EFFECT, changesFlags: true });

const pure = define(true, PURE);
const fault = define(false, FAULT);
/** Reads and writes globals. */
const any = define(false, {});
const anyResult = define(true, {});
const anyFault = define(false, { mayFault: true });
const anyFaultResult = define(true, { mayFault: true });

/** Inexact results need the flag to be set already. That FPSCR rounds to nearest and traps nothing is in the TB flags. */
const INEXACT: EnvTest = { offset: PPC_FPSCR, mask: BigInt(FPSCR_XX), value: BigInt(FPSCR_XX) };
/** Whatever the last argument is: there is none. */
const inexact = (op: FloatOp, more: Partial<InlineFloat> = {}): InlineFloat => ({ op, bits: 64, env: INEXACT, ...more });

const fp = define(true, EFFECT);
const exact = (op: FloatOp): InlineFloat => ({ op, bits: 64 });
/** Of which it is not said whether it is inexact. */
const estimate = (op: FloatOp, more: Partial<InlineFloat> = {}): InlineFloat => ({ op, bits: 64, ...more });
const single: Partial<InlineFloat> = { rounded: 32 };
const negative: Partial<InlineFloat> = { negated: true };

// prettier-ignore
export const H = {
  raiseException: fault('raise_exception', 2),   // EXC_*, SRR1's bits
  alignment:      fault('alignment', 1),         // address
  wordAligned:    fault('word_aligned', 1),      // address
  altivec:        fault('altivec', 0),
  sc:             any('sc', 0),
  trace:          any('trace', 0),
  tw:             fault('tw', 3),                // a, b, conditions
  mfcr:           anyResult('mfcr', 0),
  mfxer:          anyResult('mfxer', 0),
  mtxer:          any('mtxer', 1),
  // memory
  external: fault('external', 2),                // address, whether it is ecowx
  icbi:  fault('icbi', 1),
  dcbz:  fault('dcbz', 1),
  lsw:   anyFault('lsw', 3),                     // address, bytes, first register
  lswx:  anyFault('lswx', 4),                    // address, first register, rA, rB
  stsw:  anyFault('stsw', 3),
  stswx: anyFault('stswx', 2),                   // address, first register
  // supervisor
  mtmsr: any('mtmsr', 1),
  rfi:   any('rfi', 0),
  mfspr: define(true, EFFECT)('mfspr', 1),       // number
  mtspr: change('mtspr', 2),                     // number, value
  mfpmc: anyResult('mfpmc', 1),                  // number; globals, so that the count of instructions is in env
  mtpmu: define(false, { changesFlags: true })('mtpmu', 2), // number, value
  noSpr: define(false, EFFECT)('no_spr', 2),     // number, whether it is written
  mfsr:  define(true, EFFECT)('mfsr', 1),        // number
  mtsr:  define(false, EFFECT)('mtsr', 2),       // number, value
  tlbie: define(false, EFFECT)('tlbie', 1),      // effective address
  tlbia: define(false, EFFECT)('tlbia', 0),
  tlbld: change('tlbld', 1),                     // effective address
  tlbli: change('tlbli', 1),
  synchronize: change('synchronize', 0),
  // floating point
  fadd:    fp('fadd', 2, inexact('add')),
  fsub:    fp('fsub', 2, inexact('sub')),
  fmul:    fp('fmul', 2, inexact('mul')),
  fdiv:    fp('fdiv', 2, inexact('div')),
  fmadd:   fp('fmadd', 3, inexact('mulAdd')),    // a, c, b: a c + b
  fmsub:   fp('fmsub', 3, inexact('mulSub')),
  fnmadd:  fp('fnmadd', 3, inexact('mulAdd', negative)),
  fnmsub:  fp('fnmsub', 3, inexact('mulSub', negative)),
  fadds:   fp('fadds', 2, inexact('add', single)),
  fsubs:   fp('fsubs', 2, inexact('sub', single)),
  fmuls:   fp('fmuls', 2, inexact('mul', single)),
  fdivs:   fp('fdivs', 2, inexact('div', single)),
  fmadds:  fp('fmadds', 3, inexact('mulAdd', single)),
  fmsubs:  fp('fmsubs', 3, inexact('mulSub', single)),
  fnmadds: fp('fnmadds', 3, inexact('mulAdd', { ...single, ...negative })),
  fnmsubs: fp('fnmsubs', 3, inexact('mulSub', { ...single, ...negative })),
  frsp:    fp('frsp', 1, inexact('single')),
  fres:    fp('fres', 1, estimate('reciprocal', single)),
  frsqrte: fp('frsqrte', 1, estimate('reciprocalSqrt')),
  fctiw:   fp('fctiw', 1),
  fctiwz:  fp('fctiwz', 1, inexact('toInt32')),
  fcmpuLt: fp('fcmpu_lt', 2, exact('lt')),
  fcmpuEq: fp('fcmpu_eq', 2, exact('eq')),
  fcmpoLt: fp('fcmpo_lt', 2, exact('lt')),
  fcmpoEq: fp('fcmpo_eq', 2, exact('eq')),
  fcmpStrict: anyFaultResult('fcmp_strict', 3),  // a, b, whether ordered -> less, greater, equal, unordered
  fpStrict:   anyFault('fp_strict', 5),          // FPOP_*, frD's number, a, b, c
  mffs:    anyResult('mffs', 0),
  mtfsf:   anyFault('mtfsf', 2),                 // value, mask
  mtfsb1:  anyFault('mtfsb1', 1),                // mask of the bit
  mcrfs:   anyFaultResult('mcrfs', 1),
  lfs:     pure('lfs', 1, exact('widen')),
  stfs:    pure('stfs', 1, exact('toSingle')),
} as const;

/** Every helper; a helper's number is its index. */
export const HELPERS: readonly HelperDef[] = Object.values(H);
