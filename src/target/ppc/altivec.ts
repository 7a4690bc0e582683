/**
 * Which words are AltiVec instructions. None is built; on models that have them they raise what they raise there while MSR[VEC] is clear, and data streams are hints.
 * Source: AltiVec Technology Programming Environments Manual, appendix A; MPC7400 user's manual, table 4-1.
 */
import { FEATURE_ALTIVEC } from '../../../assembly/target/ppc/shared/oea.js';
import type { DisasContext } from './context.js';
import { H } from './helpers.js';

const primary = (word: number): number => word >>> 26;
const extended = (word: number): number => (word >>> 1) & 0x3ff;

/** lvsl lvebx lvsr lvehx lvewx lvx stvebx stvehx stvewx stvx lvxl stvxl */
const ACCESSES: ReadonlySet<number> = new Set([6, 7, 38, 39, 71, 103, 135, 167, 199, 231, 359, 487]);
/** dst[t], dstst[t], dss[all] */
const STREAMS: ReadonlySet<number> = new Set([342, 374, 822]);

/** Emits a word that no row of the instruction table has. */
export function emitUnknown(c: DisasContext, word: number): void {
  const isIndexed = primary(word) === 31;
  if ((c.features & FEATURE_ALTIVEC) === 0) c.illegal();
  else if (primary(word) === 4 || (isIndexed && ACCESSES.has(extended(word)))) {
    c.tcg.call(H.altivec, -1);
    c.exit();
  } else if (!isIndexed || !STREAMS.has(extended(word))) c.illegal();
}
