/** Character devices: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { Htif } from './htif.js';
import { SerialIsa } from './serial-isa.js';
import { SerialMm } from './serial-mm.js';
import { SerialPci } from './serial-pci.js';

export const charDevices: readonly TypedClass[] = [Htif, SerialIsa, SerialMm, SerialPci];
