/** What fits nowhere else: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { Edu } from './edu.js';
import { GenericLoader } from './generic-loader.js';
import { PciTestdev } from './pci-testdev.js';
import { SifiveTest } from './sifive-test.js';
import { VmGenId } from './vmgenid.js';

export const miscDevices: readonly TypedClass[] = [Edu, GenericLoader, PciTestdev, SifiveTest, VmGenId];
