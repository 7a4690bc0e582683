/**
 * Inline floating point that leaves: where its tests fail, tci does the instruction (TB_EXIT_INSIDE), as with accesses that miss the TLB
 * (lower-memory.ts). A call of the helper would cost a loop its registers even if it is never made: V8's calls of wasm save none.
 */
import type { EnvTest } from '../inline-float.js';
import { TempKind } from '../ir-buffer.js';
import { Op, OP_FLAGS, OP_WORDS, OpFlag, type HelperDef, OUTPUT_WORDS } from '../opcodes.js';
import type { Region, TbIr } from './region.js';

/** What env must be like for the call at word p to be carried out inline; undefined if it is to be a call. */
export function envTestOf(ir: TbIr, p: number, helpers: readonly HelperDef[]): EnvTest | 'always' | undefined {
  const { ops } = ir;
  if (ops[p] !== Op.call || ops[p + 1] < 0) return undefined;
  const { inline } = helpers[ops[p + 2]];
  if (inline === undefined) return undefined;
  if (inline.rounding === undefined) return inline.env ?? 'always';
  const mode = ops[p + 3 + inline.rounding.arg];
  return ir.tempKind[mode] === TempKind.Const ? inline.rounding.when.get(ir.constLo[mode]) : undefined;
}

export interface InlineExits {
  /** Whether op k of a TB is done inline and may leave. */
  has(tb: number, k: number): boolean;
  /** What env must be like for some of them. */
  readonly envTests: readonly EnvTest[];
}

export function findInlineExits(
  region: Region,
  helpers: readonly HelperDef[],
  globalCount: number,
  /** Globals that do not matter. */
  notes: ReadonlySet<number> = new Set(),
): InlineExits {
  const envTests = new Map<string, EnvTest>();
  const found = region.tbs.map((ir) => {
    const leaves = new Uint8Array(ir.opCount);
    if (!ir.sideExitOnMiss) return leaves;
    for (let k = 0; k < ir.opCount; k++) {
      const test = envTestOf(ir, k * OP_WORDS, helpers);
      if (test === undefined || !isFirstEffect(ir, k, helpers, (temp) => temp >= 0 && temp < globalCount && !notes.has(temp))) continue;
      leaves[k] = 1;
      if (test !== 'always') envTests.set(envTestKey(test), test);
    }
    return leaves;
  });
  return { has: (tb, k) => found[tb][k] !== 0, envTests: [...envTests.values()] };
}

export const envTestKey = ({ offset, mask, value }: EnvTest): string => `${offset} ${mask} ${value}`;

/** Whether the instruction of op k has done nothing yet that doing it all again would do twice. */
function isFirstEffect({ ops }: TbIr, k: number, helpers: readonly HelperDef[], isState: (temp: number) => boolean): boolean {
  for (let p = (k - 1) * OP_WORDS; p >= 0; p -= OP_WORDS) {
    const op = ops[p];
    if (op === Op.insn_start) return true;
    // A load that has not left was of RAM.
    const isHarmless = op === Op.qemu_ld_i64 || (op === Op.call && helpers[ops[p + 2]].pure);
    if ((OP_FLAGS[op] & OpFlag.SIDE_EFFECTS) !== 0 && !isHarmless) return false;
    if (OUTPUT_WORDS[op].some((at) => isState(ops[p + at]))) return false;
  }
  return false;
}
