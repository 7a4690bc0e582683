/** Before any test: a runtime that is older than its sources would make all of them tell of code that is no more. */
import { RUNTIMES, staleTargets } from '../../scripts/build-asm.js';

export default function setup(): void {
  const stale = RUNTIMES.flatMap(staleTargets);
  if (stale.length > 0) throw new Error(`build/*.wasm (${stale.join(', ')}) is older than assembly/: npm run build:asm`);
}
