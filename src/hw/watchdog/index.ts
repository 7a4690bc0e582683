/** Watchdogs: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { I6300Esb } from './i6300esb.js';

export const watchdogDevices: readonly TypedClass[] = [I6300Esb];
