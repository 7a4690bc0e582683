/** What a machine knows of an object that its memory belongs to. */
import type { QObject } from '../../qom/object.js';

/** One whose memory is not all zeros at first. */
export interface FilledMemory {
  /** @throws OptionError if it cannot be had */
  fill(memory: Uint8Array): void;
}

export const fillsMemory = (object: QObject): object is QObject & FilledMemory => 'fill' in object && typeof object.fill === 'function';
