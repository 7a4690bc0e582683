/** SCSI controllers: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { Lsi53c810 } from './lsi53c810.js';

export const scsiDevices: readonly TypedClass[] = [Lsi53c810];
