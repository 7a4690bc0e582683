/**
 * RISC-V advanced platform-level interrupt controller: one interrupt domain. A domain of M-mode may hand sources on to its child, which is S-mode's.
 * Interrupts go to harts by lines (direct mode), or to their IMSICs by messages. Source: RISC-V Advanced Interrupt Architecture 1.0, "Advanced
 * Platform-Level Interrupt Controller". The delivery mode is fixed, and little-endian is the only
 * byte order. Binding: Linux, riscv,aplic.yaml.
 */
import { bool, uint32 } from '../../qom/property.js';
import { OptionError } from '../../util/errors.js';
import { defineDevice } from '../core/device.js';
import type { FdtNode } from '../core/fdt.js';
import type { IrqLine } from '../core/irq.js';
import { registerMap, ro, rw } from '../core/registers.js';
import { SysBusDevice } from '../core/sysbus.js';
import type { TreeBus } from '../core/tree-bus.js';
import { array, u32, vmState } from '../core/vmstate.js';
import type { MsiRoutes } from './msi.js';
import type { RiscvImsic } from './riscv-imsic.js';

const IE = 0x100;
const DM = 0x4;
const DOMAINCFG_FIXED = 0x8000_0000;
/** sourcecfg. */
const DELEGATED = 0x400;
const CHILD_INDEX = 0x3ff;
const enum Mode {
  Inactive = 0,
  Detached = 1,
  Edge1 = 4,
  Edge0 = 5,
  Level1 = 6,
  Level0 = 7,
}
const SOURCE_MODE = 7;
// target and genmsi
const HART_SHIFT = 18;
const IDENTITY = 0x7ff;
const PRIORITY = 0xff;
// mmsiaddrcfgh and smsiaddrcfgh
const LOCKED = 0x8000_0000;
const MMSIADDRCFGH = 0x9f77_ffff;
const SMSIADDRCFGH = 0x0070_0fff;
const PPN_HIGH = 0xfff;
const PAGE = 0x1000;
const IDC_BASE = 0x4000;
const IDC_SIZE = 32;
const MOST_SOURCES = 1023;

/** `flags` of interrupt specifiers in the device tree: level-sensitive, high. */
const IRQ_LEVEL_HIGH = 4;

export class RiscvAplic extends SysBusDevice {
  static override readonly type = defineDevice('riscv.aplic', SysBusDevice, RiscvAplic, {
    description: 'RISC-V advanced platform-level interrupt controller',
    properties: [
      uint32('aperture-size'),
      uint32('hartid-base'),
      uint32('num-harts'),
      uint32('iprio-mask'),
      uint32('num-irqs'),
      bool('msimode'),
      bool('mmode'),
    ],
  });

  static readonly vmState = vmState<RiscvAplic>('riscv_aplic', { version: 3 }, [
    u32('domaincfg'),
    u32('mmsiaddrcfg'),
    u32('mmsiaddrcfgh'),
    u32('smsiaddrcfg'),
    u32('smsiaddrcfgh'),
    u32('genmsi'),
    array('sourcecfg', u32),
    array('target', u32),
    array('pending', u32),
    array('enabled', u32),
    array('input', u32),
    array('idelivery', u32),
    array('iforce', u32),
    array('ithreshold', u32),
  ]);

  static readonly registers = registerMap<RiscvAplic>('riscv_aplic', [
    rw(0x0000, 'DOMAINCFG', {
      read: (s) => (DOMAINCFG_FIXED | s.domaincfg | (s.msimode ? DM : 0)) >>> 0,
      write: (s, value) => s.configure(value & IE),
    }),
    rw(0x0004, 'SOURCECFG', {
      array: (s) => [[s.numIrqs - 1, 4]],
      read: (s, n) => s.sourcecfg[n + 1],
      write: (s, value, n) => s.setSource(n + 1, value),
    }),
    rw(0x1bc0, 'MMSIADDRCFG', { when: isRoot, field: 'mmsiaddrcfg', write: (s, value) => s.setAddress('mmsiaddrcfg', value) }),
    rw(0x1bc4, 'MMSIADDRCFGH', {
      when: isRoot,
      field: 'mmsiaddrcfgh',
      write: (s, value) => s.setAddress('mmsiaddrcfgh', value & MMSIADDRCFGH),
    }),
    rw(0x1bc8, 'SMSIADDRCFG', { when: isRoot, field: 'smsiaddrcfg', write: (s, value) => s.setAddress('smsiaddrcfg', value) }),
    rw(0x1bcc, 'SMSIADDRCFGH', {
      when: isRoot,
      field: 'smsiaddrcfgh',
      write: (s, value) => s.setAddress('smsiaddrcfgh', value & SMSIADDRCFGH),
    }),
    rw(0x1c00, 'SETIP', {
      array: words,
      read: (s, word) => s.pending[word],
      write: (s, bits, word) => s.each(word, bits, (n) => s.setPending(n)),
    }),
    rw(0x1cdc, 'SETIPNUM', { read: () => 0, write: (s, n) => s.one(n, () => s.setPending(n)) }),
    rw(0x1d00, 'IN_CLRIP', {
      array: words,
      read: (s, word) => s.rectifiedWord(word),
      write: (s, bits, word) => s.each(word, bits, (n) => s.clearPending(n)),
    }),
    rw(0x1ddc, 'CLRIPNUM', { read: () => 0, write: (s, n) => s.one(n, () => s.clearPending(n)) }),
    rw(0x1e00, 'SETIE', {
      array: words,
      read: (s, word) => s.enabled[word],
      write: (s, bits, word) => s.each(word, bits, (n) => s.enable(n, true)),
    }),
    rw(0x1edc, 'SETIENUM', { read: () => 0, write: (s, n) => s.one(n, () => s.enable(n, true)) }),
    rw(0x1f00, 'CLRIE', { array: words, read: () => 0, write: (s, bits, word) => s.each(word, bits, (n) => s.enable(n, false)) }),
    rw(0x1fdc, 'CLRIENUM', { read: () => 0, write: (s, n) => s.one(n, () => s.enable(n, false)) }),
    rw(0x2000, 'SETIPNUM_LE', { read: () => 0, write: (s, n) => s.one(n, () => s.setPending(n)) }),
    rw(0x3000, 'GENMSI', { when: (s) => s.msimode, field: 'genmsi', write: (s, value) => s.generate(value) }),
    rw(0x3004, 'TARGET', {
      array: (s) => [[s.numIrqs - 1, 4]],
      read: (s, n) => s.target[n + 1],
      write: (s, value, n) => s.setTarget(n + 1, value),
    }),
    rw(IDC_BASE, 'IDELIVERY', {
      when: isDirect,
      array: harts,
      read: (s, hart) => s.idelivery[hart],
      write: (s, v, hart) => s.setIdc(s.idelivery, hart, v & 1),
    }),
    rw(IDC_BASE + 0x4, 'IFORCE', {
      when: isDirect,
      array: harts,
      read: (s, hart) => s.iforce[hart],
      write: (s, v, hart) => s.setIdc(s.iforce, hart, v & 1),
    }),
    rw(IDC_BASE + 0x8, 'ITHRESHOLD', {
      when: isDirect,
      array: harts,
      read: (s, hart) => s.ithreshold[hart],
      write: (s, value, hart) => s.setIdc(s.ithreshold, hart, value & s.iprioMask),
    }),
    ro(IDC_BASE + 0x18, 'TOPI', { when: isDirect, array: harts, read: (s, hart) => s.top(hart) }),
    ro(IDC_BASE + 0x1c, 'CLAIMI', { when: isDirect, array: harts, read: (s, hart) => s.claim(hart), readEffects: true }),
  ]);

  apertureSize = 0x8000;
  hartidBase = 0;
  numHarts = 1;
  /** What of a priority number there is. */
  iprioMask = PRIORITY;
  /** Sources, and 0, which is none. */
  numIrqs = 1;
  msimode = false;
  mmode = false;
  /** Where messages go. */
  msi: MsiRoutes | undefined;
  /** The files of its level, by the first of them: what the device tree says that messages are for. */
  msiParent: RiscvImsic | undefined;
  private parent: RiscvAplic | undefined;
  private child: RiscvAplic | undefined;

  domaincfg = 0;
  mmsiaddrcfg = 0;
  mmsiaddrcfgh = 0;
  smsiaddrcfg = 0;
  smsiaddrcfgh = 0;
  genmsi = 0;
  sourcecfg = new Uint32Array(0);
  target = new Uint32Array(0);
  pending = new Uint32Array(0);
  enabled = new Uint32Array(0);
  /** Levels of the wires, as far as this domain hears of them. */
  input = new Uint32Array(0);
  idelivery = new Uint32Array(0);
  iforce = new Uint32Array(0);
  ithreshold = new Uint32Array(0);
  private lines: IrqLine[] = [];

  protected override realize(): void {
    if (this.numIrqs < 2 || this.numIrqs > MOST_SOURCES + 1)
      throw new OptionError(`invalid num-irqs ${this.numIrqs}`, 'riscv.aplic', '2 to 1024');
    this.sourcecfg = new Uint32Array(this.numIrqs);
    this.target = new Uint32Array(this.numIrqs);
    const wordCount = (this.numIrqs + 31) >>> 5;
    this.pending = new Uint32Array(wordCount);
    this.enabled = new Uint32Array(wordCount);
    this.input = new Uint32Array(wordCount);
    this.idelivery = new Uint32Array(this.numHarts);
    this.iforce = new Uint32Array(this.numHarts);
    this.ithreshold = new Uint32Array(this.numHarts);
    this.initMmio(this.registerRegion('riscv.aplic', this.apertureSize, RiscvAplic.registers));
    this.initGpioIn(this.numIrqs, (n, level) => (this.parent ?? this).setInput(n, level !== 0));
    this.lines = this.initGpioOut(this.numHarts);
  }

  /** Makes `child` the domain to which sources can be delegated. Wires may lead to either: the root hears them first. */
  delegateTo(child: RiscvAplic): void {
    this.child = child;
    child.parent = this;
  }

  override addTreeNode(bus: TreeBus): FdtNode {
    const sources = this.numIrqs - 1;
    const node = bus
      .device(this, 'interrupt-controller', 'qemu,aplic', 'riscv,aplic')
      .u32('#address-cells', 0)
      .u32('#interrupt-cells', 2)
      .flag('interrupt-controller')
      .u32('riscv,num-sources', sources);
    if (this.msiParent) node.u32('msi-parent', bus.phandleOf(this.msiParent)!);
    else node.cells('interrupts-extended', ...bus.destinations(this.lines));
    if (!this.child) return node;
    const child = bus.phandleOf(this.child)!;
    node.cells('riscv,children', child);
    // the binding's name, and that of drafts, which firmware of before it asks for
    for (const name of ['riscv,delegation', 'riscv,delegate']) node.cells(name, child, 1, sources);
    return node;
  }

  /** How the device tree names source `n`. */
  interruptSpecifier(n: number): readonly number[] {
    return [n, IRQ_LEVEL_HIGH];
  }

  override reset(): void {
    const tables = [this.sourcecfg, this.target, this.pending, this.enabled, this.idelivery, this.iforce, this.ithreshold];
    for (const table of tables) table.fill(0);
    this.domaincfg = 0;
    this.mmsiaddrcfg = this.mmsiaddrcfgh = this.smsiaddrcfg = this.smsiaddrcfgh = this.genmsi = 0;
    this.updateAll();
  }

  // ---- sources -----------------------------------------------------------------------------------------------------------

  private mode(n: number): Mode {
    return this.sourcecfg[n] & DELEGATED ? Mode.Inactive : ((this.sourcecfg[n] & SOURCE_MODE) as Mode);
  }

  private rectified(n: number): boolean {
    const level = bitOf(this.input, n);
    switch (this.mode(n)) {
      case Mode.Edge1:
      case Mode.Level1:
        return level;
      case Mode.Edge0:
      case Mode.Level0:
        return !level;
      default:
        return false;
    }
  }

  private rectifiedWord(word: number): number {
    let bits = 0;
    for (let n = 32 * word; n < Math.min(32 * word + 32, this.numIrqs); n++) if (n > 0 && this.rectified(n)) bits |= 1 << (n & 31);
    return bits >>> 0;
  }

  /** A wire changes: the domain that has the source hears it. */
  private setInput(n: number, level: boolean): void {
    if (n === 0 || n >= this.numIrqs) return;
    const before = this.rectified(n);
    setBit(this.input, n, level);
    this.follow(n, before);
    this.child?.setInput(n, level);
  }

  /** Sets and clears the pending bit as the source's mode and its rectified value want it ("Precise effects on interrupt-pending bits"). */
  private follow(n: number, before: boolean): void {
    const mode = this.mode(n);
    const now = this.rectified(n);
    const level = mode === Mode.Level1 || mode === Mode.Level0;
    if (now && !before) setBit(this.pending, n, true);
    else if (!now && level) setBit(this.pending, n, false);
    else return;
    this.update(n);
  }

  /** A domain below has the sources that it was given; others do not exist in it. */
  private exists(n: number): boolean {
    return !this.parent || (this.parent.sourcecfg[n] & DELEGATED) !== 0;
  }

  private setSource(n: number, value: number): void {
    if (!this.exists(n)) return;
    const wasDelegated = (this.sourcecfg[n] & DELEGATED) !== 0;
    if (value & DELEGATED) this.sourcecfg[n] = this.child ? value & (DELEGATED | CHILD_INDEX) : 0;
    else this.sourcecfg[n] = legalMode(value & SOURCE_MODE);
    if (this.mode(n) === Mode.Inactive) this.forget(n);
    else {
      if (this.target[n] === 0 && !this.msimode) this.target[n] = 1;
      this.follow(n, false);
    }
    if (wasDelegated && !(this.sourcecfg[n] & DELEGATED)) this.child?.lose(n);
  }

  /** The parent takes a source back. */
  private lose(n: number): void {
    this.sourcecfg[n] = 0;
    this.forget(n);
  }

  /** An inactive source: pending, enabled and target are zero. */
  private forget(n: number): void {
    setBit(this.pending, n, false);
    setBit(this.enabled, n, false);
    this.update(n);
    this.target[n] = 0;
  }

  /** Calls `action` for the active sources among `bits` of a word. */
  private each(word: number, bits: number, action: (n: number) => void): void {
    for (let left = bits >>> 0; left !== 0; left &= left - 1) this.one(32 * word + 31 - Math.clz32(left & -left), action);
  }
  private one(n: number, action: (n: number) => void): void {
    n >>>= 0;
    if (n > 0 && n < this.numIrqs && this.mode(n) !== Mode.Inactive) action(n);
  }

  private setPending(n: number): void {
    const mode = this.mode(n);
    const level = mode === Mode.Level1 || mode === Mode.Level0;
    if (level && (!this.msimode || !this.rectified(n))) return;
    setBit(this.pending, n, true);
    this.update(n);
  }

  private clearPending(n: number): void {
    const mode = this.mode(n);
    if ((mode === Mode.Level1 || mode === Mode.Level0) && !this.msimode) return;
    setBit(this.pending, n, false);
    this.update(n);
  }

  private enable(n: number, on: boolean): void {
    setBit(this.enabled, n, on);
    this.update(n);
  }

  private setTarget(n: number, value: number): void {
    if (this.mode(n) === Mode.Inactive) return;
    const old = this.hartOf(n);
    const hart = (value >>> HART_SHIFT) << HART_SHIFT;
    this.target[n] = (hart | (this.msimode ? value & IDENTITY : value & this.iprioMask || 1)) >>> 0;
    this.updateHart(old);
    this.update(n);
  }

  private configure(domaincfg: number): void {
    this.domaincfg = domaincfg;
    this.updateAll();
  }

  private hartOf(n: number): number {
    return this.target[n] >>> HART_SHIFT;
  }

  /** Whether source `n` asks for an interrupt. */
  private asks(n: number): boolean {
    return bitOf(this.pending, n) && bitOf(this.enabled, n);
  }

  /** After a change of source `n`. */
  private update(n: number): void {
    if (!this.msimode) this.updateHart(this.hartOf(n));
    else if (this.domaincfg & IE && this.asks(n)) {
      setBit(this.pending, n, false);
      this.sendMessage(this.hartOf(n), this.target[n] & IDENTITY);
    }
  }

  private updateAll(): void {
    if (this.msimode) for (let n = 1; n < this.numIrqs; n++) this.update(n);
    else for (let hart = 0; hart < this.numHarts; hart++) this.updateHart(hart);
  }

  // ---- direct delivery ---------------------------------------------------------------------------------------------------

  private setIdc(table: Uint32Array, hart: number, value: number): void {
    table[hart] = value;
    this.updateHart(hart);
  }

  private updateHart(hart: number): void {
    if (hart >= this.numHarts) return;
    const delivers = !this.msimode && (this.domaincfg & IE) !== 0 && this.idelivery[hart] !== 0;
    this.lines[hart].set(delivers && (this.iforce[hart] !== 0 || this.top(hart) !== 0));
  }

  /** topi: the source of the lowest priority number below the threshold, the lowest source of a number; 0: none. */
  private top(hart: number): number {
    let best = 0;
    let priority = this.ithreshold[hart] || PRIORITY + 1;
    for (let word = 0; word < this.pending.length; word++) {
      for (let bits = this.pending[word] & this.enabled[word]; bits !== 0; bits &= bits - 1) {
        const n = 32 * word + 31 - Math.clz32(bits & -bits);
        if (this.hartOf(n) !== hart || (this.target[n] & PRIORITY) >= priority) continue;
        best = n;
        priority = this.target[n] & PRIORITY;
      }
    }
    return best === 0 ? 0 : best * 0x1_0000 + priority;
  }

  private claim(hart: number): number {
    const top = this.top(hart);
    const n = top >>> 16;
    if (n === 0) this.iforce[hart] = 0;
    else {
      const mode = this.mode(n);
      // of a level-sensitive source the bit is the wire
      if (mode !== Mode.Level1 && mode !== Mode.Level0) setBit(this.pending, n, false);
    }
    this.updateHart(hart);
    return top;
  }

  // ---- messages ----------------------------------------------------------------------------------------------------------

  private setAddress(field: 'mmsiaddrcfg' | 'mmsiaddrcfgh' | 'smsiaddrcfg' | 'smsiaddrcfgh', value: number): void {
    if (!(this.mmsiaddrcfgh & LOCKED)) this[field] = value >>> 0;
  }

  private generate(value: number): void {
    const hart = value >>> HART_SHIFT;
    this.genmsi = ((hart << HART_SHIFT) | (value & IDENTITY)) >>> 0;
    this.sendMessage(hart, value & IDENTITY);
  }

  /** Section "Addresses and data for outgoing MSIs". */
  private sendMessage(hart: number, identity: number): void {
    const root = this.parent ?? this;
    const { mmsiaddrcfgh } = root;
    const [low, high] = this.mmode ? [root.mmsiaddrcfg, mmsiaddrcfgh] : [root.smsiaddrcfg, root.smsiaddrcfgh];
    const field = (word: number, shift: number, width: number): number => (word >>> shift) & ((1 << width) - 1);
    const hartShift = field(high, 20, 3);
    const hartWidth = field(mmsiaddrcfgh, 12, 4);
    const groupWidth = field(mmsiaddrcfgh, 16, 3);
    const groupShift = field(mmsiaddrcfgh, 24, 5) + 12;
    const group = (hart >>> hartWidth) & ((1 << groupWidth) - 1);
    const inGroup = hart & ((1 << hartWidth) - 1);
    const base = (BigInt(high & PPN_HIGH) << 32n) | BigInt(low);
    const page = base | (BigInt(group) << BigInt(groupShift)) | (BigInt(inGroup) << BigInt(hartShift));
    this.msi?.send(Number(page) * PAGE, identity);
  }
}

function isRoot(s: RiscvAplic): boolean {
  return s.mmode;
}
function isDirect(s: RiscvAplic): boolean {
  return !s.msimode;
}
function words(s: RiscvAplic): [[number, number]] {
  return [[s.pending.length, 4]];
}
function harts(s: RiscvAplic): [[number, number]] {
  return [[s.numHarts, IDC_SIZE]];
}

/** 2 and 3 are reserved: inactive, a choice. */
const legalMode = (mode: number): number => (mode === 2 || mode === 3 ? Mode.Inactive : mode);

const bitOf = (bits: Uint32Array, n: number): boolean => ((bits[n >>> 5] >>> (n & 31)) & 1) !== 0;
function setBit(bits: Uint32Array, n: number, value: boolean): void {
  if (value) bits[n >>> 5] |= 1 << (n & 31);
  else bits[n >>> 5] &= ~(1 << (n & 31));
}
