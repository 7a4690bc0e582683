/** Chips that have a board's small devices: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { I82378 } from './i82378.js';
import { Pc87312 } from './pc87312.js';

export const southbridgeDevices: readonly TypedClass[] = [I82378, Pc87312];
