/** Configuration for firmware: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { FwCfg } from './fw-cfg.js';

export const nvramDevices: readonly TypedClass[] = [FwCfg];
