/** Zfa. Source: unprivileged ISA manual, "Zfa". */
import type { Temp } from '../../tcg/context.js';
import { HALF, SINGLE, ffRm, fff, reads, writes, xfFlags, xff, type Narrow } from './fp.js';
import { FP, H } from './helpers.js';
import { FLI, FR, F_COMPARE, F_TO_X, F_TO_X_ALWAYS_RM, F_UNARY_RM, XX_TO_F } from './operands.js';
import { D, F, RV32, Zfa, Zfh, all, insn, type Emit, type Insn, type Needs } from './table.js';

/** What FLI loads, by its rs1 field; the smallest normal number (1) depends on the format. */
// prettier-ignore
const FLI_VALUES = [
  -1, NaN, 2 ** -16, 2 ** -15, 2 ** -8, 2 ** -7, 2 ** -4, 2 ** -3, 0.25, 0.3125, 0.375, 0.4375, 0.5, 0.625, 0.75, 0.875,
  1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 8, 16, 2 ** 7, 2 ** 8, 2 ** 15, 2 ** 16, Infinity, NaN,
];
const FLI_MINIMUM = 1;
const FLI_INFINITY = 30;
const FLI_NAN = 31;

interface Binary {
  readonly exponentBits: number;
  readonly fractionBits: number;
}
const BINARY: Record<'h' | 's' | 'd', Binary> = {
  h: { exponentBits: 5, fractionBits: 10 },
  s: { exponentBits: 8, fractionBits: 23 },
  d: { exponentBits: 11, fractionBits: 52 },
};

/** The bits of constant `index` in a format. All of them are exact or, in half precision only, subnormal or infinite. */
export function fliBits(t: 'h' | 's' | 'd', index: number): bigint {
  const { exponentBits, fractionBits } = BINARY[t];
  const fraction = BigInt(fractionBits);
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << fraction;
  if (index === FLI_MINIMUM) return 1n << fraction;
  if (index === FLI_INFINITY) return infinity;
  if (index === FLI_NAN) return infinity | (1n << (fraction - 1n));
  const value = FLI_VALUES[index];
  const bias = 2 ** (exponentBits - 1) - 1;
  const magnitude = Math.abs(value);
  const exponent = Math.floor(Math.log2(magnitude));
  const sign = value < 0 ? 1n << (BigInt(exponentBits) + fraction) : 0n;
  if (exponent > bias) return infinity;
  if (exponent < 1 - bias) return BigInt(magnitude * 2 ** (bias - 1 + fractionBits));
  return sign | (BigInt(exponent + bias) << fraction) | BigInt((magnitude / 2 ** exponent - 1) * 2 ** fractionBits);
}

const fli = (t: 'h' | 's' | 'd', box: bigint): Emit => {
  const constants = FLI_VALUES.map((_, index) => fliBits(t, index) | box);
  return writes((c, a) => c.tcg.mov(c.f(a.rd), c.tcg.constI64(constants[a.rs1])));
};

// prettier-ignore
function formatRows(t: 'h' | 's' | 'd', fmt: string, needs: Needs, narrow: Narrow | undefined): Insn[] {
  const h = FP[t];
  return [
    insn(`fli.${t}`,     `11110 ${fmt} 00001 index:5 000 rd:5 1010011`, FLI, needs, fli(t, narrow?.box ?? 0n)),
    insn(`fminm.${t}`,   `00101 ${fmt} rs2:5 rs1:5 010 rd:5 1010011`, FR, needs, fff(h.minm)),
    insn(`fmaxm.${t}`,   `00101 ${fmt} rs2:5 rs1:5 011 rd:5 1010011`, FR, needs, fff(h.maxm)),
    insn(`fround.${t}`,  `01000 ${fmt} 00100 rs1:5 rm:3 rd:5 1010011`, F_UNARY_RM, needs, ffRm(h.round)),
    insn(`froundnx.${t}`, `01000 ${fmt} 00101 rs1:5 rm:3 rd:5 1010011`, F_UNARY_RM, needs, ffRm(h.roundnx)),
    insn(`fleq.${t}`,    `10100 ${fmt} rs2:5 rs1:5 100 rd:5 1010011`, F_COMPARE, needs, xff(h.leq)),
    insn(`fltq.${t}`,    `10100 ${fmt} rs2:5 rs1:5 101 rd:5 1010011`, F_COMPARE, needs, xff(h.ltq)),
  ];
}

/** The high half of an f register, on RV32. */
const fmvhXD: Emit = reads((c, a) => c.tcg.sextract(c.dest(a.rd), c.f(a.rs1), 32, 32));
const fmvpDX: Emit = writes((c, a) => {
  const high: Temp = c.x(a.rs2);
  c.tcg.deposit(c.f(a.rd), c.x(a.rs1), high, 32, 32);
});

// prettier-ignore
export const RVZFA: readonly Insn[] = [
  ...formatRows('s', '00', all(Zfa, F), SINGLE),
  ...formatRows('d', '01', all(Zfa, D), undefined),
  ...formatRows('h', '10', all(Zfa, Zfh), HALF),
  insn('fcvtmod.w.d', '11000 01 01000 rs1:5 001 rd:5 1010011', F_TO_X_ALWAYS_RM, all(Zfa, D), xfFlags(H.fcvtmodWD)),
  insn('fmvh.x.d',    '11100 01 00001 rs1:5 000 rd:5 1010011', F_TO_X, all(Zfa, D, RV32), fmvhXD),
  insn('fmvp.d.x',    '10110 01 rs2:5 rs1:5 000 rd:5 1010011', XX_TO_F, all(Zfa, D, RV32), fmvpDX),
];
