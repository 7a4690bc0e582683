// Work that the host does for a guest and that the budget does not see: traps, TLB misses and flushes, CSRs. A slice is measured out in instructions at
// the speed of late; a guest that makes each of them a hundred times slower, or retires none, must not keep the host waiting.
import { checkSlice } from './host';

/** Units of work, of some 50 ns, after which the host looks at its clock (which costs it 200 ns). */
const LOOK_AFTER = 1024;

export const WORK_LOOKUP = 1;
export const WORK_CSR = 1;
export const WORK_TRAP = 3;
export const WORK_TLB_FILL = 2;
/** All tables of all modes. */
export const WORK_FLUSH = 16;

let left: i32 = LOOK_AFTER;

/** The guest has had `units` of work done. */
@inline
export function worked(units: i32): void {
  left -= units;
  if (left <= 0) look();
}

function look(): void {
  left = LOOK_AFTER;
  checkSlice();
}
