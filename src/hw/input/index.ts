/** Keyboards and mice: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { I8042 } from './i8042.js';

export const inputDevices: readonly TypedClass[] = [I8042];
