/** Host bridges: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { GpexHost, GpexRoot } from './gpex.js';
import { Raven, RavenHost } from './raven.js';

export const pciHostDevices: readonly TypedClass[] = [GpexHost, GpexRoot, Raven, RavenHost];
