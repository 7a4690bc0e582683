import { OptionError } from './errors.js';

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

const UNITS: Record<string, number> = { '': 1, b: 1, k: KiB, m: MiB, g: GiB, t: 1024 * GiB, p: 1024 * 1024 * GiB };

/** Parses `512`, `512M`, `1.5G`, `0x1000`. A bare number counts in `unit` bytes (`-m` uses MiB). */
export function parseSize(text: string, unit = 1): number {
  const match = /^(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?)(?:([bkmgtpBKMGTP])(?:i?B)?)?$/.exec(text);
  if (!match) throw new OptionError(`invalid size '${text}'`, undefined, 'a number with an optional suffix k, M, G or T');
  const bytes = Number(match[1]) * (match[2] === undefined ? unit : UNITS[match[2].toLowerCase()]);
  if (!Number.isSafeInteger(bytes)) throw new OptionError(`size '${text}' is not a whole number of bytes below 2^53`);
  return bytes;
}

/** `128 MiB`, for people. */
export function formatSize(bytes: number): string {
  for (const [name, unit] of [
    ['GiB', GiB],
    ['MiB', MiB],
    ['KiB', KiB],
  ] as const)
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit} ${name}`;
  return `${bytes} bytes`;
}

/** As QEMU's listings have sizes: three digits. `18.3 MiB`. */
export function roughSize(bytes: number): string {
  const power = bytes === 0 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${['', 'Ki', 'Mi', 'Gi', 'Ti'][power]}B`;
}
