/** In the bundle, what we use of fflate (scripts/bundle.js): its tables take 14 ms to make, and few runs unpack anything. */
import { createRequire } from 'node:module';
import type { InflateOptions } from 'fflate';

type Fflate = typeof import('fflate');
const fflate = (): Fflate => createRequire(import.meta.url)('fflate') as Fflate;

export const deflateSync: Fflate['deflateSync'] = (bytes, options) => fflate().deflateSync(bytes, options);
export const inflateSync = (bytes: Uint8Array, options?: InflateOptions<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  fflate().inflateSync(bytes, options);
/** Called with `new`, which gives what a constructor returns. */
export const Inflate = function (onData: (part: Uint8Array, final: boolean) => void) {
  const { Inflate } = fflate();
  return new Inflate(onData);
} as unknown as Fflate['Inflate'];
