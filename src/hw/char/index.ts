/** Character devices that any board may have. */
import type { TypedClass } from '../../qom/object.js';
import { SerialMm } from './serial-mm.js';
import { SerialPci } from './serial-pci.js';

export const charDevices: readonly TypedClass[] = [SerialMm, SerialPci];
