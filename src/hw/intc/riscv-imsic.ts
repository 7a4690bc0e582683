/**
 * RISC-V incoming MSI controller: one interrupt file, of a hart's M-mode or S-mode. Devices write the number of an interrupt to its page; the hart reaches
 * the rest through CSRs. Source: RISC-V Advanced Interrupt Architecture 1.0, "Incoming MSI Controller"; binding: Linux,
 * riscv,imsics.yaml.
 *
 * Pages behind the first would be files of guests of a hypervisor, which no hart has: they ignore what is written.
 */
import { bool, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, rw } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { array, u32, vmState } from '../core/vmstate.js';

const IMSIC_PAGE = 0x1000;

// What miselect and siselect choose.
const EIDELIVERY = 0x70;
const EITHRESHOLD = 0x72;
const EIP = 0x80;
const EIE = 0xc0;
/** Registers of 32 bits in each of the two arrays. */
const ARRAY_WORDS = 0x40;
const MOST_IDS = 2047;
/** Bits of eithreshold: identities have eleven. */
const IDENTITY = 0x7ff;

export class RiscvImsic extends SysBusDevice {
  static override readonly type = defineDevice('riscv.imsic', SysBusDevice, RiscvImsic, {
    description: 'RISC-V incoming MSI controller',
    properties: [bool('mmode'), uint32('hartid'), uint32('num-pages'), uint32('num-irqs')],
  });

  static readonly vmState = vmState<RiscvImsic>('riscv_imsic', { version: 3 }, [
    u32('delivery'),
    u32('threshold'),
    array('pending', u32),
    array('enabled', u32),
  ]);

  static readonly registers = registerMap<RiscvImsic>('riscv_imsic', [
    rw(0x0, 'SETEIPNUM_LE', { read: () => 0, write: (s, value) => s.receive(value >>> 0) }),
    rw(0x4, 'SETEIPNUM_BE', { read: () => 0, write: () => {} }), // for systems that have another byte order
  ]);

  mmode = false;
  hartid = 0;
  numPages = 1;
  /** Identities, and 0, which is none. */
  numIrqs = 256;
  delivery = 0;
  threshold = 0;
  pending = new Uint32Array(0);
  enabled = new Uint32Array(0);
  /** All of its level, in the order of the harts, itself among them. They have one node in the device tree, the first one's. */
  files: readonly RiscvImsic[] = [this];
  private output!: IrqLine;

  protected override realize(): void {
    if (this.numIrqs % 64 !== 0 || this.numIrqs === 0 || this.numIrqs > MOST_IDS + 1)
      throw new OptionError(`invalid num-irqs ${this.numIrqs}`, 'riscv.imsic', 'a multiple of 64, 2048 at most');
    this.pending = new Uint32Array(this.numIrqs / 32);
    this.enabled = new Uint32Array(this.numIrqs / 32);
    this.initMmio(this.registerRegion('riscv.imsic', this.numPages * IMSIC_PAGE, RiscvImsic.registers));
    [this.output] = this.initGpioOut(1);
  }

  /** Bytes from one hart's file to the next. */
  get stride(): number {
    return IMSIC_PAGE << this.guestBits;
  }
  private get guestBits(): number {
    return Math.ceil(Math.log2(this.numPages));
  }

  override addTreeNode(bus: TreeBus): FdtNode | undefined {
    const { files, guestBits } = this;
    if (files[0] !== this) return undefined;
    const base = this.mmio[0].address;
    const node = bus.node
      .node(`interrupt-controller@${base.toString(16)}`)
      .string('compatible', 'qemu,imsics', 'riscv,imsics')
      .u32('#interrupt-cells', 0)
      .flag('interrupt-controller')
      .flag('msi-controller')
      .cells('interrupts-extended', ...bus.destinations(files.map(({ output }) => output)))
      .cells('reg', ...bus.address(base), ...bus.address(this.stride * files.length))
      .u32('riscv,num-ids', this.numIrqs - 1)
      .u32('phandle', bus.phandleOf(this)!);
    return guestBits > 0 ? node.u32('riscv,guest-index-bits', guestBits) : node;
  }

  override reset(): void {
    this.delivery = this.threshold = 0;
    this.pending.fill(0);
    this.enabled.fill(0);
    this.update();
  }

  /** A message: interrupt `identity` is pending from now on. One that there is not is ignored. */
  receive(identity: number): void {
    if (identity === 0 || identity >= this.numIrqs) return;
    this.pending[identity >>> 5] |= 1 << (identity & 31);
    this.update();
  }

  // ---- the hart's side ---------------------------------------------------------------------------------------------------

  /** mtopei or stopei: the lowest identity that is pending and enabled, twice; 0: none. `claim`: it is pending no longer. */
  top(claim: boolean): number {
    const identity = this.first();
    if (claim && identity !== 0) {
      this.pending[identity >>> 5] &= ~(1 << (identity & 31));
      this.update();
    }
    return identity * 0x1_0001;
  }

  /** A register by its number behind miselect or siselect, 0x70 to 0xff, `width` bits of it. */
  read(select: number, width: 32 | 64): bigint {
    if (select === EIDELIVERY) return BigInt(this.delivery);
    if (select === EITHRESHOLD) return BigInt(this.threshold);
    if (select < EIP) return 0n;
    const [words, at] = this.arrayAt(select);
    const low = BigInt(words[at] ?? 0);
    return width === 32 ? low : low | (BigInt(words[at + 1] ?? 0) << 32n);
  }

  write(select: number, value: bigint, width: 32 | 64): void {
    const low = Number(BigInt.asUintN(32, value));
    if (select === EIDELIVERY) this.delivery = low & 1;
    else if (select === EITHRESHOLD) this.threshold = low & IDENTITY;
    else if (select >= EIP) {
      const [words, at] = this.arrayAt(select);
      const keep = at === 0 ? ~1 : ~0; // identity 0 does not exist
      if (at < words.length) words[at] = low & keep;
      if (width === 64 && at + 1 < words.length) words[at + 1] = Number(BigInt.asUintN(32, value >> 32n));
    }
    this.update();
  }

  private arrayAt(select: number): [words: Uint32Array, at: number] {
    return select < EIE ? [this.pending, select - EIP] : [this.enabled, (select - EIE) % ARRAY_WORDS];
  }

  private first(): number {
    for (let word = 0; word < this.pending.length; word++) {
      const bits = this.pending[word] & this.enabled[word];
      if (bits === 0) continue;
      const identity = 32 * word + 31 - Math.clz32(bits & -bits);
      return this.threshold !== 0 && identity >= this.threshold ? 0 : identity;
    }
    return 0;
  }

  private update(): void {
    this.output.set(this.delivery !== 0 && this.first() !== 0);
  }
}
