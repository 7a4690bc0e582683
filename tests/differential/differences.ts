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

export const ALLOWED: readonly Allowed[] = [];

export const allowedDifference = (program: Program, difference: Difference, oracleVersion: number): boolean =>
  ALLOWED.some(({ versions, matches }) => versions(oracleVersion) && matches(difference, program));
