/** Flash that files keep: `-pflash`, and drives that the board has a part for. */
import { FlashFile } from '../node/flash-file.js';
import type { DriveChoices } from '../system/drive-options.js';
import type { DriveOptions } from '../block/drive.js';
import { OptionError } from '../util/errors.js';

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

function openKept({ id = '', file = '', format = 'auto', readonly = false, snapshot }: DriveOptions): Opened['flash'][number] {
  const option = `-drive id=${id}`;
  if (format !== 'auto' && format !== 'raw') throw new OptionError(`format '${format}' does not fit flash`, option, "'raw'");
  return { id, file: new FlashFile(file, { readOnly: readonly, discard: snapshot, option }) };
}
