/**
 * SiFive platform-level interrupt controller. Source: RISC-V Platform-Level Interrupt Controller Specification 1.0.0; the layout is SiFive's
 * (FU540 manual, section 10), every base a property.
 *
 * The gateways are QEMU's: a source becomes pending whenever its line is driven high, also while it is claimed, and stays so until the claim
 * although the line may have fallen. Completion does not look at the line: kernels (xv6) that complete before they serve the device rely on it.
 */
import { string, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { array, u32, vmState } from '../core/vmstate.js';

type Mode = 'U' | 'S' | 'M';
interface Context {
  readonly hart: number;
  readonly mode: Mode;
}

export class SifivePlic extends SysBusDevice {
  static override readonly type = defineDevice('riscv.sifive.plic', SysBusDevice, SifivePlic, {
    description: 'SiFive platform-level interrupt controller',
    properties: [
      string('hart-config'),
      uint32('hartid-base'),
      uint32('num-sources'),
      uint32('num-priorities'),
      uint32('priority-base'),
      uint32('pending-base'),
      uint32('enable-base'),
      uint32('enable-stride'),
      uint32('context-base'),
      uint32('context-stride'),
      uint32('aperture-size'),
    ],
  });

  static readonly vmState = vmState<SifivePlic>('riscv_sifive_plic', { version: 2 }, [
    array('sourcePriority', u32),
    array('targetPriority', u32),
    array('pending', u32),
    array('claimed', u32),
    array('enable', u32),
  ]);

  static readonly registers = registerMap<SifivePlic>('sifive_plic', [
    ro((s) => s.priorityBase, 'PRIORITY0', { read: () => 0 }), // source 0 does not exist
    rw((s) => s.priorityBase + 4, 'PRIORITY', {
      array: (s) => [[s.numSources - 1, 4]],
      read: (s, n) => s.sourcePriority[n + 1],
      write: (s, value, n) => s.setPriority(s.sourcePriority, n + 1, value),
    }),
    ro((s) => s.pendingBase, 'PENDING', { array: (s) => [[s.words, 4]], read: (s, word) => s.pending[word] }),
    rw((s) => s.enableBase, 'ENABLE', {
      array: (s) => [
        [s.contexts.length, s.enableStride],
        [s.words, 4],
      ],
      read: (s, word) => s.enable[word],
      write: (s, value, word) => s.setEnable(word, value),
    }),
    rw((s) => s.contextBase, 'THRESHOLD', {
      array: (s) => [[s.contexts.length, s.contextStride]],
      read: (s, context) => s.targetPriority[context],
      write: (s, value, context) => s.setPriority(s.targetPriority, context, value),
    }),
    rw((s) => s.contextBase + 4, 'CLAIM', {
      array: (s) => [[s.contexts.length, s.contextStride]],
      read: (s, context) => s.claim(context),
      readEffects: true,
      write: (s, value) => s.complete(value),
    }),
  ]);

  hartConfig = '';
  hartidBase = 0;
  /** Including source 0, which does not exist. */
  numSources = 1;
  numPriorities = 0;
  priorityBase = 0;
  pendingBase = 0;
  enableBase = 0;
  enableStride = 0;
  contextBase = 0;
  contextStride = 0;
  apertureSize = 0;

  private contexts: Context[] = [];
  /** Outputs 0..harts-1: supervisor external interrupt of each hart; then the machine external interrupts. */
  private supervisor: IrqLine[] = [];
  private machineMode: IrqLine[] = [];
  private words = 0;
  sourcePriority = new Uint32Array(0);
  targetPriority = new Uint32Array(0);
  pending = new Uint32Array(0);
  claimed = new Uint32Array(0);
  enable = new Uint32Array(0);

  protected override realize(): void {
    this.contexts = parseHartConfig(this.hartConfig);
    if (this.numSources < 1 || this.numSources > 1024)
      throw new OptionError(`invalid num-sources ${this.numSources}`, 'riscv.sifive.plic', '1 to 1024');
    this.words = (this.numSources + 31) >>> 5;
    this.sourcePriority = new Uint32Array(this.numSources);
    this.targetPriority = new Uint32Array(this.contexts.length);
    this.pending = new Uint32Array(this.words);
    this.claimed = new Uint32Array(this.words);
    this.enable = new Uint32Array(this.words * this.contexts.length);
    this.initMmio(this.registerRegion('riscv.sifive.plic', this.apertureSize, SifivePlic.registers));
    this.initGpioIn(this.numSources, (irq, level) => this.setLine(irq, level));
    this.supervisor = this.initGpioOut(this.numHarts);
    this.machineMode = this.initGpioOut(this.numHarts);
  }

  get numHarts(): number {
    return 1 + this.contexts.reduce((max, c) => Math.max(max, c.hart), -1);
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    return bus
      .device(this, 'plic', 'sifive,plic-1.0.0', 'riscv,plic0')
      .u32('#interrupt-cells', 1)
      .u32('#address-cells', 0)
      .flag('interrupt-controller')
      .u32('riscv,ndev', this.numSources - 1)
      .cells('interrupts-extended', ...bus.destinations(this.supervisor.flatMap((line, hart) => [this.machineMode[hart], line])));
  }

  override reset(): void {
    for (const state of [this.sourcePriority, this.targetPriority, this.pending, this.claimed, this.enable]) state.fill(0);
    this.update();
  }

  private setEnable(word: number, value: number): void {
    this.enable[word] = word % this.words === 0 ? value & ~1 : value; // source 0 does not exist
    this.update();
  }

  /** Priorities are WARL: when they fill whole bits the rest is dropped, else an illegal value is ignored. */
  private setPriority(table: Uint32Array, at: number, value: number): void {
    value >>>= 0;
    if (((this.numPriorities + 1) & this.numPriorities) === 0) value %= this.numPriorities + 1;
    else if (value > this.numPriorities) return;
    table[at] = value;
    this.update();
  }

  /** The threshold holds back the notification only (specification, "Interrupt Claim Process"). */
  private claim(context: number): number {
    const irq = this.best(context, 0);
    if (irq > 0) {
      setBit(this.pending, irq, false);
      setBit(this.claimed, irq, true);
    }
    this.update();
    return irq;
  }

  /** Any context may complete any source, enabled or not: Linux completes sources that it has masked meanwhile. */
  private complete(irq: number): void {
    irq >>>= 0;
    if (irq < 1 || irq >= this.numSources) return;
    setBit(this.claimed, irq, false);
    this.update();
  }

  private setLine(irq: number, level: number): void {
    if (irq === 0 || level === 0) return;
    setBit(this.pending, irq, true);
    this.update();
  }

  /** The context's pending enabled source of the highest priority above `priority`; the lowest number wins a tie; 0: none. */
  private best(context: number, priority: number): number {
    let best = 0;
    for (let word = 0; word < this.words; word++) {
      let bits = this.pending[word] & ~this.claimed[word] & this.enable[context * this.words + word];
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const irq = word * 32 + bit;
        if (irq < this.numSources && this.sourcePriority[irq] > priority) {
          best = irq;
          priority = this.sourcePriority[irq];
        }
      }
    }
    return best;
  }

  private update(): void {
    this.contexts.forEach(({ hart, mode }, context) => {
      const level = this.best(context, this.targetPriority[context]) > 0 ? 1 : 0;
      if (mode === 'S') this.supervisor[hart].set(level);
      else if (mode === 'M') this.machineMode[hart].set(level);
    });
  }
}

function setBit(bits: Uint32Array, at: number, value: boolean): void {
  if (value) bits[at >>> 5] |= 1 << (at & 31);
  else bits[at >>> 5] &= ~(1 << (at & 31));
}

/** "MS,MS": a comma between harts, a letter a context. */
function parseHartConfig(config: string): Context[] {
  return config.split(',').flatMap((modes, hart) =>
    [...modes].map((mode, at) => {
      if (!'USM'.includes(mode))
        throw new OptionError(`invalid mode '${mode}' in hart-config '${config}'`, 'riscv.sifive.plic', 'U, S or M');
      if (modes.indexOf(mode) !== at) throw new OptionError(`mode '${mode}' twice in hart-config '${config}'`, 'riscv.sifive.plic');
      return { hart, mode: mode as Mode };
    }),
  );
}
