/**
 * Intel 8259A, one of the pair of a PC: eight inputs with priorities, of which the slave's output is one of the master's. Sources: 8259A data sheet
 * (initialization and operation command words); 82378ZB data sheet, 5.6 (edge or level by input, ports 4D0 and 4D1). An edge is kept until it is served,
 * even if the input is low again by then, as in QEMU: the chip would find nothing to serve, and answer with its lowest input.
 */
import { bool as boolean, uint32, uint8 } from '../../qom/property.js';
import { defineDevice, type PropertyValues } from '../core/device.js';
import type { IrqLine } from '../core/irq.js';
import type { InterruptStatsProvider } from '../core/interrupt-stats.js';
import { registerMap, ro, rw, wo } from '../core/registers.js';
import { bool, u8, vmState } from '../core/vmstate.js';
import { IsaDevice, type IsaBus } from '../isa/isa-bus.js';
import { traceEvents } from '../../util/trace.js';

const TRACE = traceEvents({
  pic_set_irq: (master: boolean, line: number, level: number) => `master ${Number(master)} irq ${line} level ${level}`,
  pic_interrupt: (line: number, vector: number) => `irq ${line} intno ${vector}`,
});

const INPUTS = 8;
/** Where the slave is, at the master; and the line that is served if there is none to serve. */
const CASCADE = 2;
const LOWEST = 7;

// ICW1, and what tells command words apart
const ICW1 = 0x10;
const ICW1_LTIM = 0x08;
const ICW1_SNGL = 0x02;
const ICW1_IC4 = 0x01;
const ICW4_SFNM = 0x10;
const ICW4_AEOI = 0x02;
const OCW3 = 0x08;
const OCW3_POLL = 0x04;
const OCW3_RR = 0x02;
const OCW3_RIS = 0x01;
const OCW3_ESMM = 0x40;
const OCW3_SMM = 0x20;
const POLL_INTERRUPT = 0x80;

/** OCW2, bits 7 to 5. */
const enum Ocw2 {
  RotateOnAeoiOff = 0,
  Eoi = 1,
  SpecificEoi = 3,
  RotateOnAeoi = 4,
  RotateOnEoi = 5,
  SetPriority = 6,
  RotateOnSpecificEoi = 7,
}

/** The command word that a write of A0 = 1 is. */
const enum Expects {
  Mask = 0,
  Icw2 = 1,
  Icw3 = 2,
  Icw4 = 3,
}

export class I8259 extends IsaDevice implements InterruptStatsProvider {
  static override readonly type = defineDevice('isa-i8259', IsaDevice, I8259, {
    description: 'Intel 8259 interrupt controller',
    properties: [uint32('iobase'), uint32('elcr_addr'), uint8('elcr_mask'), boolean('master')],
  });
  static readonly vmState = vmState<I8259>('i8259', { version: 1 }, [
    ...[u8('lastIrr'), u8('irr'), u8('imr'), u8('isr'), u8('levels'), u8('elcr')],
    ...[u8('priorityAdd', { most: INPUTS - 1 }), u8('irqBase'), u8('expects', { most: Expects.Icw4 })],
    ...[bool('hasIcw4'), bool('singleMode'), bool('ltim'), bool('specialFullyNested'), bool('autoEoi'), bool('rotateOnAutoEoi')],
    ...[bool('readIsr'), bool('isPolled'), bool('specialMask')],
  ]);

  static readonly registers = registerMap<I8259>('pic_ioport', [
    rw(0, 'COMMAND', { read: (s) => s.readStatus(), readEffects: true, write: (s, value) => s.command(value) }),
    ro(1, 'MASK', { read: (s) => (s.isPolled ? s.poll() : s.imr), readEffects: true }),
    wo(1, 'DATA', { write: (s, value) => s.data(value) }),
  ]);
  static readonly elcrRegister = registerMap<I8259>('elcr_ioport', [
    rw(0, 'ELCR', { read: (s) => s.elcr, write: (s, value) => s.setElcr(value) }),
  ]);

  iobase = 0x20;
  elcrAddr = 0x4d0;
  /** Inputs that may be level-triggered. */
  elcrMask = 0xf8;
  master = true;
  /** The one at the master's input 2; set before anything is raised. */
  slave: I8259 | undefined;

  /** Levels seen last of what is edge-triggered; requests; those that are masked; those in service. */
  lastIrr = 0;
  irr = 0;
  imr = 0;
  isr = 0;
  /** Of the inputs, as they are. */
  levels = 0;
  elcr = 0;
  /** The input of highest priority: those behind it follow, and then the first. */
  priorityAdd = 0;
  /** Vector of input 0. */
  irqBase = 0;
  expects = Expects.Mask;
  hasIcw4 = false;
  singleMode = false;
  ltim = false;
  specialFullyNested = false;
  autoEoi = false;
  rotateOnAutoEoi = false;
  readIsr = false;
  isPolled = false;
  specialMask = false;
  /** Edges of each input since the machine was made: nothing that a guest sees, so snapshots do without. */
  private readonly edges = new Array<number>(INPUTS).fill(0);
  private output!: IrqLine;

  protected override realize(): void {
    this.initGpioIn(INPUTS, (line, level) => this.setInput(line, level));
    [this.output] = this.initGpioOut(1);
    this.mapRegisters('pic', this.iobase, [[0, 2]], I8259.registers);
    this.mapRegisters('elcr', this.elcrAddr, [[0, 1]], I8259.elcrRegister);
  }

  override reset(): void {
    this.elcr = 0;
    this.imr = this.irqBase = 0;
    this.expects = Expects.Mask;
    this.hasIcw4 = this.singleMode = this.ltim = false;
    this.initialize();
  }

  /** What ICW1 does of itself. */
  private initialize(): void {
    this.lastIrr = 0;
    this.irr &= this.levelTriggered;
    this.imr = this.isr = this.priorityAdd = 0;
    this.specialFullyNested = this.autoEoi = this.rotateOnAutoEoi = false;
    this.readIsr = this.isPolled = this.specialMask = false;
    this.update();
  }

  private get levelTriggered(): number {
    return this.ltim ? 0xff : this.elcr;
  }

  private setInput(line: number, level: number): void {
    this.trace(TRACE.pic_set_irq, this.master, line, level);
    const bit = 1 << line;
    const isLevel = (this.levelTriggered & bit) !== 0;
    if (level && !(this.levels & bit)) this.edges[line]++;
    this.levels = level ? this.levels | bit : this.levels & ~bit;
    if (isLevel) this.irr = level ? this.irr | bit : this.irr & ~bit;
    else if (level && !(this.lastIrr & bit)) this.irr |= bit;
    this.lastIrr = level ? this.lastIrr | bit : this.lastIrr & ~bit;
    this.update();
  }

  /** How many inputs come before the first of these; 8: there is none. */
  private priorityOf(inputs: number): number {
    for (let n = 0; n < INPUTS; n++) if (inputs & (1 << ((n + this.priorityAdd) % INPUTS))) return n;
    return INPUTS;
  }

  /** The input to serve; undefined: none that is more important than what is served. */
  private get pending(): number | undefined {
    const first = this.priorityOf(this.irr & ~this.imr);
    if (first === INPUTS) return undefined;
    let serving = this.isr;
    if (this.specialMask) serving &= ~this.imr;
    if (this.specialFullyNested && this.master) serving &= ~(1 << CASCADE);
    return first < this.priorityOf(serving) ? (first + this.priorityAdd) % INPUTS : undefined;
  }

  private update(): void {
    this.output.set(this.pending !== undefined);
  }

  /** The CPU takes what is asked for. */
  private take(line: number): void {
    const bit = 1 << line;
    if (this.autoEoi) {
      if (this.rotateOnAutoEoi) this.priorityAdd = (line + 1) % INPUTS;
    } else this.isr |= bit;
    if (!(this.levelTriggered & bit)) this.irr &= ~bit;
    this.update();
  }

  /** The answer to an acknowledge cycle: a vector; that of input 7 if nothing asks any more. Of the master. */
  acknowledge(): number {
    const line = this.pending;
    if (line === undefined) return this.irqBase + LOWEST;
    this.take(line);
    if (line === CASCADE && this.slave) return this.slave.acknowledge();
    this.trace(TRACE.pic_interrupt, line, this.irqBase + line);
    return this.irqBase + line;
  }

  private readStatus(): number {
    if (this.isPolled) return this.poll();
    return this.readIsr ? this.isr : this.irr;
  }
  private poll(): number {
    this.isPolled = false;
    const line = this.pending;
    if (line === undefined) return 0;
    this.take(line);
    return POLL_INTERRUPT | line;
  }

  private command(value: number): void {
    if (value & ICW1) {
      this.ltim = (value & ICW1_LTIM) !== 0;
      this.singleMode = (value & ICW1_SNGL) !== 0;
      this.hasIcw4 = (value & ICW1_IC4) !== 0;
      this.expects = Expects.Icw2;
      this.initialize();
    } else if (value & OCW3) {
      if (value & OCW3_POLL) this.isPolled = true;
      if (value & OCW3_RR) this.readIsr = (value & OCW3_RIS) !== 0;
      if (value & OCW3_ESMM) this.specialMask = (value & OCW3_SMM) !== 0;
      this.update();
    } else this.endOrRotate(value >> 5, value & 7);
  }

  private endOrRotate(command: Ocw2, line: number): void {
    switch (command) {
      case Ocw2.RotateOnAeoiOff:
      case Ocw2.RotateOnAeoi:
        this.rotateOnAutoEoi = command === Ocw2.RotateOnAeoi;
        break;
      case Ocw2.Eoi:
      case Ocw2.RotateOnEoi: {
        const first = this.priorityOf(this.specialMask ? this.isr & ~this.imr : this.isr);
        if (first === INPUTS) break;
        const served = (first + this.priorityAdd) % INPUTS;
        this.isr &= ~(1 << served);
        if (command === Ocw2.RotateOnEoi) this.priorityAdd = (served + 1) % INPUTS;
        break;
      }
      case Ocw2.SpecificEoi:
      case Ocw2.RotateOnSpecificEoi:
        this.isr &= ~(1 << line);
        if (command === Ocw2.RotateOnSpecificEoi) this.priorityAdd = (line + 1) % INPUTS;
        break;
      case Ocw2.SetPriority:
        this.priorityAdd = (line + 1) % INPUTS;
    }
    this.update();
  }

  private data(value: number): void {
    switch (this.expects) {
      case Expects.Mask:
        this.imr = value;
        return this.update();
      case Expects.Icw2:
        this.irqBase = value & 0xf8;
        this.expects = !this.singleMode ? Expects.Icw3 : this.hasIcw4 ? Expects.Icw4 : Expects.Mask;
        return;
      case Expects.Icw3: // who is where is wired
        this.expects = this.hasIcw4 ? Expects.Icw4 : Expects.Mask;
        return;
      case Expects.Icw4:
        this.specialFullyNested = (value & ICW4_SFNM) !== 0;
        this.autoEoi = (value & ICW4_AEOI) !== 0;
        this.expects = Expects.Mask;
    }
  }

  private setElcr(value: number): void {
    this.elcr = value & this.elcrMask;
    this.irr = (this.irr & ~this.elcr) | (this.levels & this.elcr);
    this.update();
  }

  /** The master tells of all sixteen. */
  get interruptCounts(): readonly number[] {
    return this.master ? [...this.edges, ...(this.slave?.edges ?? [])] : [];
  }

  get interruptText(): string {
    const byte = (value: number): string => value.toString(16).padStart(2, '0');
    const { irr, imr, isr, priorityAdd, irqBase, readIsr, elcr, specialFullyNested } = this;
    return (
      `pic${this.master ? 0 : 1}: irr=${byte(irr)} imr=${byte(imr)} isr=${byte(isr)} hprio=${priorityAdd} irq_base=${byte(irqBase)} ` +
      `rr_sel=${Number(readIsr)} elcr=${byte(elcr)} fnm=${Number(specialFullyNested)}\n`
    );
  }
}

/** Makes the pair of a PC on `bus`, whose lines these are; `output`: the CPU's pin. Gives back the master. */
export function createI8259Pair(bus: IsaBus, add: (properties: PropertyValues<typeof I8259>) => I8259, output: IrqLine): I8259 {
  const master = add({ iobase: 0x20, elcr_addr: 0x4d0, elcr_mask: 0xf8, master: true });
  const slave = add({ iobase: 0xa0, elcr_addr: 0x4d1, elcr_mask: 0xde, master: false });
  master.connectGpioOut(0, output);
  slave.connectGpioOut(0, master.gpioIn(CASCADE));
  master.slave = slave;
  bus.lines = [master, slave].flatMap((pic) => Array.from({ length: INPUTS }, (_, n) => pic.gpioIn(n)));
  return master;
}
