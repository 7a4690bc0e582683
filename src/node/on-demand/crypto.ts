/** In the bundle, what we use of node:crypto (scripts/bundle.js): 10 ms to load, and few runs call any of it. */
import { createRequire } from 'node:module';

type Crypto = typeof import('node:crypto');
const crypto = (): Crypto => createRequire(import.meta.url)('node:crypto') as Crypto;

export const createHash: Crypto['createHash'] = (...args) => crypto().createHash(...args);
export const randomFillSync = <T extends NodeJS.ArrayBufferView>(into: T): T => crypto().randomFillSync(into);
