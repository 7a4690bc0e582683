/** Flash that files keep: `-pflash`, and drives that the board has a part for. */
import { FlashFile } from '../node/flash-file.js';
import type { DriveChoices } from '../system/drive-options.js';
import type { DriveOptions } from '../block/drive.js';
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';

interface Opened {
  readonly drives: readonly DriveOptions[];
  /** By the ids of their backends. */
  readonly flash: readonly { readonly id: string; readonly file: FlashFile }[];
}

/** `kept`: ids of drives without an interface that are the board's flash. @throws OptionError */
export function openFlash({ drives, flash }: DriveChoices, kept: readonly string[] = []): Opened {
  const isKept = (drive: DriveOptions): boolean => drive.interface === 'none' && drive.id !== undefined && kept.includes(drive.id);
  return {
    drives: drives.filter((drive) => !isKept(drive)),
    flash: [
      ...flash.map(({ unit, file, readOnly, snapshot }) => ({
        id: String(unit),
        file: new FlashFile(file, { readOnly, discard: snapshot }),
      })),
      ...drives.filter(isKept).map(openKept),
    ],
  };
}

/**
 * Drives without an interface that look as if they were meant to be the board's flash, and are nobody's: QEMU says nothing of such drives, which may get
 * a device later, but on its boards flash has an interface. `devices`: texts of `-device`.
 */
export function strayFlash({ drives }: DriveChoices, kept: readonly string[] = [], devices: readonly string[] = []): string[] {
  const family = new Set(kept.map((id) => id.split('-')[0]));
  const isWanted = (id: string): boolean => devices.some((text) => text.includes(id));
  return drives.flatMap(({ interface: kind, id }) => {
    if (kind !== 'none' || id === undefined || kept.includes(id) || isWanted(id)) return [];
    const meant = didYouMean(id, kept);
    if (meant === '' && !family.has(id.split('-')[0])) return [];
    return [`-drive id=${id}: no part of this board has such a drive${meant || ` (it has ${kept.join(', ')})`}`];
  });
}

function openKept({ id = '', file = '', format = 'auto', readonly = false, snapshot }: DriveOptions): Opened['flash'][number] {
  const option = `-drive id=${id}`;
  if (format !== 'auto' && format !== 'raw') throw new OptionError(`format '${format}' does not fit flash`, option, "'raw'");
  return { id, file: new FlashFile(file, { readOnly: readonly, discard: snapshot, option }) };
}
