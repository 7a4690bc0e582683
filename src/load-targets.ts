/** The targets of this build, each loaded when a board of it is asked for. targets.ts has them all at once. */
import { BOARDS, RUNTIME, RUNTIMES, type Runtime } from './runtimes.js';
import type { Target } from './target/target.js';

const LOADERS: Readonly<Record<Runtime, () => Promise<Target>>> = {
  wemu: async () => (await import('./hw/riscv/index.js')).riscvTarget,
  'wemu-ppc': async () => (await import('./hw/ppc/index.js')).ppcTarget,
};

/** The target of a board, or without one the default board's. A name that nobody knows wants all: what refuses it says which there are. */
export function loadTargets(board: string | undefined): Promise<readonly Target[]> {
  const known = board === undefined ? [RUNTIME] : RUNTIMES.filter((runtime) => BOARDS[runtime].includes(board));
  return known.length > 0 ? load(known) : loadAllTargets();
}

export const loadAllTargets = (): Promise<readonly Target[]> => load(RUNTIMES);

const load = (runtimes: readonly Runtime[]): Promise<readonly Target[]> => Promise.all(runtimes.map((runtime) => LOADERS[runtime]()));
