// What only the debug build exports, beside all of index.ts: the checks of `-accel tcg,check=on`.
import { storing } from './core/journal';

export { checkTbs } from './check/tbs';
export { checkTlbs } from './check/tlbs';
export { lockstepStart } from './lockstep';

/** Generated code that is checked tells of each of its stores. */
export function noteStore(_env: usize, host: usize, size: u32): void {
  storing(host, size);
}
