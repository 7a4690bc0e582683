/** Before any test: a runtime that is older than its sources would make all of them tell of code that is no more. */
import { staleFiles } from '../../scripts/build-asm.js';

export default function setup(): void {
  const stale = staleFiles();
  if (stale.length > 0) throw new Error(`${stale.join(', ')}: older than assembly/: npm run build:asm`);
}
