/** What makes noise: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { PcSpeaker } from './pcspk.js';

export const audioDevices: readonly TypedClass[] = [PcSpeaker];
