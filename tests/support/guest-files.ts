/** Debian's guest files for tests: from the cache, or fetched once through the package client; a reason where they cannot be had. */
import { describe } from 'vitest';
import { GuestUnavailable } from '../../src/node/guest/apt.js';
import { fetchGuestFiles, type GuestFileName } from '../../src/node/guest/debian.js';

const SILENT = { start: () => {}, update: () => {}, stop: () => {} };

/** Paths of the files, or why there are none. */
export async function guestFiles<Name extends GuestFileName>(...names: Name[]): Promise<Record<Name, string> | GuestUnavailable> {
  try {
    return await fetchGuestFiles(names, SILENT);
  } catch (error) {
    if (error instanceof GuestUnavailable) return error;
    throw error;
  }
}

/** `describe` with the files, or skipped with the reason in its name. */
export async function describeGuest<Name extends GuestFileName>(
  name: string,
  names: Name[],
  body: (files: Record<Name, string>) => void,
): Promise<void> {
  const files = await guestFiles(...names);
  if (files instanceof GuestUnavailable) describe.skip(`${name} (skipped: ${files.message})`, () => body({} as Record<Name, string>));
  else describe(name, () => body(files));
}
