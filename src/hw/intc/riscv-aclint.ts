/**
 * RISC-V ACLINT: machine (or supervisor) software interrupts and the machine timer; MSWI and MTIMER side by side make SiFive's CLINT.
 * Source: RISC-V Advanced Core Local Interruptor Specification 1.0-rc4; the CLINT layout from the FU540 manual, section 9.
 */
import { bool, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import type { Timer } from '../core/clock.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, rw, rw64 } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { array, u32, u64, vmState } from '../core/vmstate.js';

/** Sizes and offsets of the CLINT-compatible layout, bytes. */
export const ACLINT_SWI_SIZE = 0x4000;
const ACLINT_MTIMER_SIZE = 0x8000;
const ACLINT_MTIMECMP = 0x0000;
const ACLINT_MTIME = 0x7ff8;
export const ACLINT_TIMEBASE_FREQ = 10_000_000;

const NS_PER_SECOND = 1_000_000_000n;
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** MSWI / SSWI: a word a hart whose bit 0 is the software interrupt line. */
export class RiscvAclintSwi extends SysBusDevice {
  static override readonly type = defineDevice('riscv.aclint.swi', SysBusDevice, RiscvAclintSwi, {
    description: 'RISC-V ACLINT software interrupts',
    properties: [uint32('hartid-base'), uint32('num-harts'), bool('sswi')],
  });
  static readonly vmState = vmState<RiscvAclintSwi>('riscv_aclint_swi', { version: 1 }, [array('msip', u32)]);

  static readonly registers = registerMap<RiscvAclintSwi>('riscv_aclint_swi', [
    rw(0, 'SETIP', {
      array: (s) => [[s.numHarts, 4]],
      read: (s, hart) => s.msip[hart],
      write: (s, value, hart) => s.setInterrupt(hart, value & 1),
    }),
  ]);

  numHarts = 1;
  hartidBase = 0;
  /** Supervisor flavour: writing 1 gives a pulse, reads are 0. */
  sswi = false;
  msip = new Uint32Array(0);
  private lines: IrqLine[] = [];
  private timer: RiscvAclintMtimer | undefined;

  protected override realize(): void {
    this.msip = new Uint32Array(this.numHarts);
    this.initMmio(this.registerRegion('riscv.aclint.swi', ACLINT_SWI_SIZE, RiscvAclintSwi.registers));
    this.lines = this.initGpioOut(this.numHarts);
  }

  override reset(): void {
    this.msip.fill(0);
    for (let hart = 0; hart < this.numHarts; hart++) this.lines[hart].set(0);
  }

  /** The timer behind it: both are a CLINT, one node of the tree. */
  joinTimer(timer: RiscvAclintMtimer): void {
    this.timer = timer;
    timer.isInClint = true;
  }

  /** Bindings: Linux, sifive,clint.yaml; RISC-V ACLINT specification 1.0-rc4. */
  override addTreeNode(bus: TreeBus): FdtNode {
    const { timer, lines } = this;
    if (timer) {
      const both = lines.flatMap((line, hart) => [line, timer.lines[hart]]);
      return bus.device(this, 'clint', 'sifive,clint0', 'riscv,clint0').cells('interrupts-extended', ...bus.destinations(both));
    }
    const name = this.sswi ? 'sswi' : 'mswi';
    return bus
      .device(this, name, `riscv,aclint-${name}`)
      .cells('interrupts-extended', ...bus.destinations(lines))
      .flag('interrupt-controller')
      .u32('#interrupt-cells', 0);
  }

  private setInterrupt(hart: number, level: number): void {
    if (this.sswi) {
      if (level) this.lines[hart].set(1);
      return;
    }
    this.msip[hart] = level;
    this.lines[hart].set(level);
  }
}

/** MTIMER: one mtime for all harts, an mtimecmp and a timer line a hart. */
export class RiscvAclintMtimer extends SysBusDevice {
  static override readonly type = defineDevice('riscv.aclint.mtimer', SysBusDevice, RiscvAclintMtimer, {
    description: 'RISC-V ACLINT machine timer',
    properties: [
      uint32('hartid-base'),
      uint32('num-harts'),
      uint32('timecmp-base'),
      uint32('time-base'),
      uint32('aperture-size'),
      uint32('timebase-freq'),
    ],
  });
  static readonly vmState = vmState<RiscvAclintMtimer>('riscv_mtimer', { version: 3 }, [u64('timeDelta'), array('timecmp', u64)]);

  static readonly registers = registerMap<RiscvAclintMtimer>('riscv_aclint_mtimer', [
    rw64((s) => s.timecmpBase, 'MTIMECMP', {
      array: (s) => [[s.numHarts, 8]],
      read: (s, hart) => s.timecmp[hart],
      write: (s, value, hart) => s.setTimecmp(hart, value),
    }),
    rw64((s) => s.timeBase, 'MTIME', { read: (s) => s.time(), write: (s, value) => s.setTime(value) }),
  ]);

  numHarts = 1;
  hartidBase = 0;
  timecmpBase = ACLINT_MTIMECMP;
  timeBase = ACLINT_MTIME;
  apertureSize = ACLINT_MTIMER_SIZE;
  /** Ticks of mtime a second. */
  timebaseFreq = ACLINT_TIMEBASE_FREQ;

  /** So many ticks take so many ns. */
  private ratio = { ticks: 1n, ns: 1n };
  timecmp: bigint[] = [];
  private expiry: Timer[] = [];
  lines: readonly IrqLine[] = [];
  /** The tree shows it with the MSWI before it. */
  isInClint = false;
  /** mtime minus the ticks of the virtual clock, modulo 2^64. */
  timeDelta = 0n;
  /** Told when mtime was set, so that who compares with it (Sstc) looks again. */
  private readonly timeListeners: (() => void)[] = [];

  protected override realize(): void {
    if (this.timebaseFreq === 0) throw new OptionError('timebase-freq must not be 0', this.typeName);
    const common = gcd(NS_PER_SECOND, BigInt(this.timebaseFreq));
    this.ratio = { ticks: BigInt(this.timebaseFreq) / common, ns: NS_PER_SECOND / common };
    this.timecmp = Array.from({ length: this.numHarts }, () => 0n);
    this.expiry = this.timecmp.map((_, hart) => this.newTimer(() => this.setTimecmp(hart, this.timecmp[hart])));
    this.initMmio(this.registerRegion('riscv.aclint.mtimer', this.apertureSize, RiscvAclintMtimer.registers));
    this.lines = this.initGpioOut(this.numHarts);
  }

  /** Reset sets mtime to zero and leaves mtimecmp (ACLINT 2.1). */
  override reset(): void {
    this.setTime(0n);
  }

  /** Binding: RISC-V ACLINT specification 1.0-rc4. mtime comes first, with QEMU's size: the MSWI's room is counted in. */
  override addTreeNode(bus: TreeBus): FdtNode | undefined {
    if (this.isInClint) return undefined;
    const { address } = this.mmio[0];
    const parts = [address + this.timeBase, ACLINT_SWI_SIZE + this.apertureSize - this.timeBase, address + this.timecmpBase, this.timeBase];
    return bus
      .device(this, 'mtimer', 'riscv,aclint-mtimer')
      .cells('reg', ...parts.flatMap((part) => bus.address(part)))
      .cells('interrupts-extended', ...bus.destinations(this.lines));
  }

  /** mtime now. */
  time(): bigint {
    return wrap(this.rawTicks() + this.timeDelta);
  }

  onTimeSet(listener: () => void): void {
    this.timeListeners.push(listener);
  }

  /** When, on the virtual clock in ns, mtime reaches `target`. It may be long after the clock's end. */
  deadline(target: bigint): bigint {
    const raw = this.rawTicks();
    const ticks = raw + target - wrap(raw + this.timeDelta);
    return (ticks * this.ratio.ns + this.ratio.ticks - 1n) / this.ratio.ticks;
  }

  private rawTicks(): bigint {
    return (this.now * this.ratio.ticks) / this.ratio.ns;
  }

  private setTime(value: bigint): void {
    this.timeDelta = wrap(value - this.rawTicks());
    for (let hart = 0; hart < this.numHarts; hart++) this.setTimecmp(hart, this.timecmp[hart]);
    for (const listener of this.timeListeners) listener();
  }

  private setTimecmp(hart: number, value: bigint): void {
    this.timecmp[hart] = value;
    if (value <= this.time()) {
      this.expiry[hart].del();
      this.lines[hart].set(1);
      return;
    }
    this.lines[hart].set(0);
    this.expiry[hart].modNs(this.deadline(value));
  }
}
