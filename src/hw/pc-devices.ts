/** A PC's devices, which stand behind an ISA bus, and the bridges to one: what boards that have them bring. */
import type { TypedClass } from '../qom/object.js';
import { PcSpeaker } from './audio/pcspk.js';
import { ParallelIsa } from './char/parallel.js';
import { SerialIsa } from './char/serial-isa.js';
import { I82374 } from './dma/i82374.js';
import { I8257 } from './dma/i8257.js';
import { I8042 } from './input/i8042.js';
import { I8259 } from './intc/i8259.js';
import { IsaDevice } from './isa/isa-bus.js';
import { IsaM48t59 } from './rtc/m48t59.js';
import { Mc146818Rtc } from './rtc/mc146818rtc.js';
import { I82378 } from './southbridge/i82378.js';
import { Pc87312 } from './southbridge/pc87312.js';
import { I8254 } from './timer/i8254.js';

export const PC_DEVICES: readonly TypedClass[] = [
  ...[I8042, I8254, I8257, I8259, I82374, I82378, IsaDevice, IsaM48t59, Mc146818Rtc],
  ...[ParallelIsa, Pc87312, PcSpeaker, SerialIsa],
];
