/**
 * The helpers of the RISC-V target: AssemblyScript functions `helper_<name>(env, ...)` of assembly/target/riscv. This table fixes
 * their numbers and what the optimiser may assume of them.
 */
import { RV_FRM } from '../../../assembly/target/riscv/shared/env.js';
import type { EnvTest, FloatOp, InlineFloat } from '../../tcg/inline-float.js';
import { helperDef, type HelperDef } from '../../tcg/opcodes.js';

type Traits = Pick<HelperDef, 'noReadGlobals' | 'noWriteGlobals' | 'changesFlags' | 'pure' | 'mayFault'>;

/** A function of its arguments. */
const PURE: Traits = { pure: true, noReadGlobals: true, noWriteGlobals: true };
/** Touches env, but no TCG global. */
const EFFECT: Traits = { noReadGlobals: true, noWriteGlobals: true };
/** Touches env, but no TCG global, and may raise: the fault exit writes the globals back, so the helper needs none. */
const FAULT: Traits = { ...EFFECT, mayFault: true };
/** May raise, and may change anything. */
const ANYTHING: Traits = { mayFault: true };

const define =
  (result: boolean, traits: Traits) =>
  (name: string, args: number, inline?: InlineFloat): HelperDef =>
    helperDef({ name, args, result, ...traits, inline });

const pure = define(true, PURE);

// frm and fflags are neighbours: one test of 64 bits.
const FRM_MASK = 0xffff_ffffn;
const NX = 1n << 32n;
/** Inexact results need the flag to be set already. */
const INEXACT: EnvTest = { offset: RV_FRM, mask: NX, value: NX };
/** The same, and frm is 0: round to nearest, ties to even. */
const INEXACT_NEAREST: EnvTest = { offset: RV_FRM, mask: NX | FRM_MASK, value: NX };
const [RNE, RTZ, DYNAMIC] = [0, 1, 7];

const nearest = (op: FloatOp, bits: 32 | 64, arg: number): InlineFloat => ({
  op,
  bits,
  rounding: {
    arg,
    when: new Map([
      [RNE, INEXACT],
      [DYNAMIC, INEXACT_NEAREST],
    ]),
  },
});
const truncating = (op: FloatOp, bits: 32 | 64): InlineFloat => ({ op, bits, rounding: { arg: 1, when: new Map([[RTZ, INEXACT]]) } });
/** Exact whatever the rounding mode, which is an argument all the same. */
const exactRm = (op: FloatOp, bits: 32 | 64): InlineFloat => ({ op, bits, ignoredArgs: 1 });

/** FP arithmetic: raw f registers in and out, flags accrue in RV_FFLAGS. */
const fp = define(true, EFFECT);
const fault = define(false, FAULT);
const faultResult = define(true, FAULT);
const status = define(true, { ...EFFECT, changesFlags: true });
const anything = define(false, ANYTHING);
const anythingResult = define(true, ANYTHING);

/** FP helpers of one format; the suffix is the helper name's, as in `fadd_s`. */
export interface FpHelpers {
  readonly add: HelperDef;
  readonly sub: HelperDef;
  readonly mul: HelperDef;
  readonly div: HelperDef;
  readonly sqrt: HelperDef;
  readonly madd: HelperDef;
  readonly msub: HelperDef;
  readonly nmsub: HelperDef;
  readonly nmadd: HelperDef;
  readonly min: HelperDef;
  readonly max: HelperDef;
  readonly minm: HelperDef;
  readonly maxm: HelperDef;
  readonly eq: HelperDef;
  readonly lt: HelperDef;
  readonly le: HelperDef;
  readonly ltq: HelperDef;
  readonly leq: HelperDef;
  readonly round: HelperDef;
  readonly roundnx: HelperDef;
  readonly classify: HelperDef;
  readonly toW: HelperDef;
  readonly toWu: HelperDef;
  readonly toL: HelperDef;
  readonly toLu: HelperDef;
  readonly fromW: HelperDef;
  readonly fromWu: HelperDef;
  readonly fromL: HelperDef;
  readonly fromLu: HelperDef;
}

function fpHelpers(t: 'h' | 's' | 'd'): FpHelpers {
  const bits = ({ h: undefined, s: 32, d: 64 } as const)[t];
  const rounded = (op: FloatOp, rmArg: number) => bits && nearest(op, bits, rmArg);
  const exact = (op: FloatOp): InlineFloat | undefined => bits && { op, bits };
  const fromInt32 = (op: FloatOp) => (t === 'd' ? exactRm(op, 64) : rounded(op, 1));
  return {
    add: fp(`fadd_${t}`, 3, rounded('add', 2)),
    sub: fp(`fsub_${t}`, 3, rounded('sub', 2)),
    mul: fp(`fmul_${t}`, 3, rounded('mul', 2)),
    div: fp(`fdiv_${t}`, 3, rounded('div', 2)),
    sqrt: fp(`fsqrt_${t}`, 2, rounded('sqrt', 1)),
    madd: fp(`fmadd_${t}`, 4, rounded('mulAdd', 3)),
    msub: fp(`fmsub_${t}`, 4, rounded('mulSub', 3)),
    nmsub: fp(`fnmsub_${t}`, 4, rounded('negMulSub', 3)),
    nmadd: fp(`fnmadd_${t}`, 4, rounded('negMulAdd', 3)),
    min: fp(`fmin_${t}`, 2, exact('min')),
    max: fp(`fmax_${t}`, 2, exact('max')),
    minm: fp(`fminm_${t}`, 2),
    maxm: fp(`fmaxm_${t}`, 2),
    eq: fp(`feq_${t}`, 2, exact('eq')),
    lt: fp(`flt_${t}`, 2, exact('lt')),
    le: fp(`fle_${t}`, 2, exact('le')),
    ltq: fp(`fltq_${t}`, 2),
    leq: fp(`fleq_${t}`, 2),
    round: fp(`fround_${t}`, 2),
    roundnx: fp(`froundnx_${t}`, 2),
    classify: pure(`fclass_${t}`, 1),
    toW: fp(`fcvt_w_${t}`, 2, bits && truncating('toInt32', bits)),
    toWu: fp(`fcvt_wu_${t}`, 2),
    toL: fp(`fcvt_l_${t}`, 2, bits && truncating('toInt64', bits)),
    toLu: fp(`fcvt_lu_${t}`, 2),
    fromW: fp(`fcvt_${t}_w`, 2, fromInt32('fromInt32')),
    fromWu: fp(`fcvt_${t}_wu`, 2, fromInt32('fromUint32')),
    fromL: fp(`fcvt_${t}_l`, 2, rounded('fromInt64', 1)),
    fromLu: fp(`fcvt_${t}_lu`, 2, rounded('fromUint64', 1)),
  };
}

/** By format. */
export const FP = { h: fpHelpers('h'), s: fpHelpers('s'), d: fpHelpers('d') } as const;

// prettier-ignore
export const H = {
  // exceptions
  raiseException: fault('raise_exception', 1),   // cause
  illegalInsn:    fault('illegal_insn', 1),      // instruction word
  ebreak:         fault('ebreak', 1),            // pc
  // CSRs and privileged instructions
  csrr:      faultResult('csrr', 1),             // csr -> value
  csrw:      anything('csrw', 2),                // csr, value
  csrrw:     anythingResult('csrrw', 3),         // csr, value, mask -> old value
  sstatus:   status('sstatus', 2),               // value, mask -> old value
  sret:      anything('sret', 0),
  mret:      anything('mret', 0),
  mnret:     anything('mnret', 0),
  wfi:       anything('wfi', 0),
  wrs:       anything('wrs', 1),                 // 1: with the implementation's short time-out (wrs.sto)
  pause:     define(false, EFFECT)('pause', 0),
  sfenceVma: anything('sfence_vma', 3),          // address, asid, has address | has asid << 1
  fenceI:    define(false, EFFECT)('fence_i', 0),
  // atomics
  scProbeWrite: fault('sc_probe_write', 2),      // address, bytes
  amocasQ:      anything('amocas_q', 3),         // address, rd, rs2: numbers of pairs
  // shadow stack
  sspush:    fault('sspush', 1),                 // value
  sspopchk:  fault('sspopchk', 1),               // value
  ssamoswap: faultResult('ssamoswap', 3),        // address, value, bytes -> old value
  // table jumps
  cmJalt: faultResult('cm_jalt', 1),             // index -> target
  // cache blocks
  cboZero:  fault('cbo_zero', 1),
  cboClean: fault('cbo_clean', 1),
  cboFlush: fault('cbo_flush', 1),
  cboInval: fault('cbo_inval', 1),
  // bit manipulation
  clmul:  pure('clmul', 2), clmulh: pure('clmulh', 2), clmulr: pure('clmulr', 2),
  orcB:   pure('orc_b', 1), brev8:  pure('brev8', 1),  zip: pure('zip', 1), unzip: pure('unzip', 1),
  xperm4: pure('xperm4', 2), xperm8: pure('xperm8', 2),
  // cryptography
  aes64Es: pure('aes64es', 2), aes64Esm: pure('aes64esm', 2), aes64Ds: pure('aes64ds', 2), aes64Dsm: pure('aes64dsm', 2),
  aes64Im: pure('aes64im', 1), aes64Ks1i: pure('aes64ks1i', 2), // value, rnum
  aes32Es: pure('aes32es', 1), aes32Esm: pure('aes32esm', 1), aes32Ds: pure('aes32ds', 1), aes32Dsm: pure('aes32dsm', 1),
  sm4Ed:   pure('sm4ed', 1),   sm4Ks:    pure('sm4ks', 1),
  // FP across formats
  fcvtSD: fp('fcvt_s_d', 2, nearest('narrow', 64, 1)), fcvtDS: fp('fcvt_d_s', 2, exactRm('widen', 64)),
  fcvtSH: fp('fcvt_s_h', 2), fcvtHS: fp('fcvt_h_s', 2),
  fcvtDH: fp('fcvt_d_h', 2), fcvtHD: fp('fcvt_h_d', 2),
  fcvtmodWD: fp('fcvtmod_w_d', 1),
  fcvtBf16S: fp('fcvt_bf16_s', 2), fcvtSBf16: fp('fcvt_s_bf16', 2),
} as const;

/** Every helper; a helper's number is its index. */
export const HELPERS: readonly HelperDef[] = [
  ...Object.values(H),
  ...Object.values(FP).flatMap((format) => Object.values(format) as HelperDef[]),
];
