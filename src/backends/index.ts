/** The objects that `-object` can make. */
import { MemoryBackendRam } from './hostmem.js';
import { RngBuiltin, RngRandom } from './rng.js';

export const BACKENDS = [MemoryBackendRam, RngBuiltin, RngRandom];
