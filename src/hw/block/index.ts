/** Parallel flash: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { PflashCfi01 } from './pflash-cfi01.js';

export const blockDevices: readonly TypedClass[] = [PflashCfi01];
