/**
 * What there is of a TB's pc that persistent code must have to be the same: with CF_PCREL where it is in its page, else all of it. A word at a time, and no object: it is
 * asked for every TB that is translated.
 */
import { CF_PCREL } from '../../../../assembly/shared/layout.js';

export const placeLow = (pcLo: number, cflags: number, pageSize: number): number =>
  (cflags & CF_PCREL) === 0 ? pcLo : pcLo & (pageSize - 1);
export const placeHigh = (pcHi: number, cflags: number): number => ((cflags & CF_PCREL) === 0 ? pcHi : 0);
