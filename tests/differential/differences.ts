/** Where wemu and an oracle may differ, and why. Everything else is a bug in one of them. */
import type { Difference } from './compare.js';
import type { Program } from './program.js';

interface Allowed {
  /** Why the difference is right. */
  readonly reason: string;
  /** Oracles that it concerns, as major + minor / 100. */
  readonly versions: (version: number) => boolean;
  readonly matches: (difference: Difference, program: Program) => boolean;
}

/** QEMU 7.2 and its like. */
const old = (version: number): boolean => version < 8;

export const ALLOWED: readonly Allowed[] = [
  {
    reason: 'QEMU before 8.0 gives a misaligned AMO or SC the cause of a load (4); the manual wants 6 (store/AMO address misaligned)',
    versions: old,
    matches: ({ what, ours, theirs }) => /^trap \d+ cause$/.test(what) && ours === 6n && theirs === 4n,
  },
];

/** Instructions that an oracle gets wrong, so that it is not asked. */
export const ORACLE_BUGS: readonly { readonly reason: string; readonly versions: (version: number) => boolean; readonly rows: readonly string[] }[] = [
  { reason: 'QEMU 7.2: ctzw counts on into the upper half when the lower is zero', versions: old, rows: ['ctzw'] },
  { reason: 'QEMU 7.2 leaves xtval zero at ebreak, later ones put pc there; the manual allows both', versions: old, rows: ['ebreak'] },
];

export const misjudged = (oracleVersion: number): ReadonlySet<string> =>
  new Set(ORACLE_BUGS.filter(({ versions }) => versions(oracleVersion)).flatMap(({ rows }) => rows));

export const allowedDifference = (program: Program, difference: Difference, oracleVersion: number): boolean =>
  ALLOWED.some(({ versions, matches }) => versions(oracleVersion) && matches(difference, program));
