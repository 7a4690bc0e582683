/** Network adapters: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { PcNet } from './pcnet.js';

export const netDevices: readonly TypedClass[] = [PcNet];
