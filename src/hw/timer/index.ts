/** Timers: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { I8254 } from './i8254.js';

export const timerDevices: readonly TypedClass[] = [I8254];
