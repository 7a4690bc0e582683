/** What fits nowhere else: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { GenericLoader } from './generic-loader.js';
import { SifiveTest } from './sifive-test.js';
import { VmGenId } from './vmgenid.js';

export const miscDevices: readonly TypedClass[] = [GenericLoader, SifiveTest, VmGenId];
