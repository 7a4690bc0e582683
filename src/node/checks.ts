import type { Checks } from '../accel/tcg/checking.js';
import { loadModule } from './modules.js';

/** What `check=on` needs, in a file of its own: nobody else pays for it. */
export async function loadChecks(): Promise<Checks> {
  const module = await loadModule('../accel/tcg/check/checks', import.meta.url);
  return (module as typeof import('../accel/tcg/check/checks.js')).checks;
}
