/** DMA controllers: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { I82374 } from './i82374.js';
import { I8257 } from './i8257.js';

export const dmaDevices: readonly TypedClass[] = [I82374, I8257];
