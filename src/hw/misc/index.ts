/** What fits nowhere else: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { SifiveTest } from './sifive-test.js';

export const miscDevices: readonly TypedClass[] = [SifiveTest];
