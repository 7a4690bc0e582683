/** The ISA bus: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { IsaDevice } from './isa-bus.js';

export const isaDevices: readonly TypedClass[] = [IsaDevice];
