/** Firmware by name, as QEMU finds it: in the folders of `-L`, then where it comes from. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineHost } from '../system/facade.js';
import { debianFirmware } from './guest/debian.js';
import { readImage } from './image-file.js';
import { packageFolder } from './modules.js';

/** Behind the user's folders: our own, which comes with the package; the cache; the package installed on this machine. */
export function findFirmware(name: string, folders: readonly string[] = []): Uint8Array | undefined {
  const places = [...folders, join(packageFolder(), 'guests')].map((folder) => join(folder, name));
  for (const path of [...places, ...debianFirmware(name), `/usr/share/qemu/${name}`]) {
    try {
      return readFileSync(path);
    } catch {
      // not there: the next place
    }
  }
  return undefined;
}

/** A file, or else a name. @throws OptionError if it is neither */
export const readFirmware = (option: string, path: string, { firmware }: Pick<MachineHost, 'firmware'>): Uint8Array =>
  (existsSync(path) ? undefined : firmware?.(path)) ?? readImage(option, path);
