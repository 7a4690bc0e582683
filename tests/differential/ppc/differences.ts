/** What QEMU does otherwise than the manual, by the field of a slot that shows it. */
import type { Difference } from './session.js';

/** FR: QEMU never sets it (PEM, section 2.1.4: the last operation's fraction was incremented when it was rounded). */
const FR = 0x0004_0000;

/** Whether only that differs which is known to. */
export function isAllowed({ what, ours, theirs }: Omit<Difference, 'slot'>, _version: number): boolean {
  if (what === 'fpscr') return ((ours ^ theirs) & ~FR) === 0;
  return false;
}
