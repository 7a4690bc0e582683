/** The objects that `-object` can make. */
import { MemoryBackendFile, MemoryBackendRam } from './hostmem.js';
import { RngBuiltin, RngRandom } from './rng.js';
import { Secret } from './secret.js';

export const BACKENDS = [MemoryBackendFile, MemoryBackendRam, RngBuiltin, RngRandom, Secret];
