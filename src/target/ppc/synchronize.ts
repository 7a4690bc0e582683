/** Context synchronization (PEM, 2.3.17 and 4.1.5). */
import { Cond } from '../../tcg/opcodes.js';
import { H } from './helpers.js';
import type { Emit } from './table.js';
import { PPC_STALE } from '../../../assembly/target/ppc/shared/env.js';

/** isync and sync: what has become stale of translations goes, and what follows is looked up anew. */
export const synchronize: Emit = (c) => {
  const { tcg } = c;
  const stale = tcg.temp();
  const isStale = tcg.newLabel();
  tcg.ld32u(stale, PPC_STALE);
  tcg.brcondi(Cond.NE, stale, 0, isStale);
  c.goOnAfter();
  tcg.setLabel(isStale);
  tcg.call(H.synchronize, -1);
  c.lookupAfter();
};
