/** A vCPU, and one access of memory, as callbacks see them. */
import { TLB_KIND_READ, TLB_KIND_WRITE, MEMOPIDX_SHIFT, MO_BSWAP, MO_SIGN, MO_SIZE } from '../../assembly/shared/layout.js';
import { AtomicKind } from '../tcg/opcodes.js';
import { INFO_ATOMIC_SHIFT, INFO_CMPXCHG, INFO_STORE, memOpIdxOf, memOpOf } from '../tcg/instrument.js';
import type { CpuState } from '../hw/core/cpu.js';
import type { MachineState } from '../hw/core/machine.js';
import { PluginError } from '../util/errors.js';
import type { MemoryInfo, Place, PluginVcpu, Register, RegisterAccess } from './api.js';

const PAGE = 4096n;

export class VcpuHandle implements PluginVcpu {
  /** What the running callback may do with registers; undefined: none runs, or one between instructions. */
  access: RegisterAccess | undefined;
  /** Of the instruction that it is called for: pc itself is its block's. */
  insnPc: bigint | undefined;
  readonly info: AccessInfo;
  private list: readonly Register[] | undefined;

  constructor(
    readonly machine: MachineState,
    readonly cpu: CpuState,
  ) {
    this.info = new AccessInfo(this);
  }

  get index(): number {
    return this.cpu.cpuIndex;
  }
  get instructionCount(): number {
    return this.cpu.instructionCount;
  }

  registers(): readonly Register[] {
    return (this.list ??= (this.cpu.gdb?.features ?? []).flatMap(({ name: feature, registers }) =>
      registers.map(({ name, bits }) => ({ name, feature, bits })),
    ));
  }

  readRegister(name: string): bigint {
    if (this.access === 'none') throw new PluginError(`register ${name} is read in a callback that was not registered with 'read'`);
    if (name === 'pc' && this.insnPc !== undefined) return this.insnPc;
    const value = this.cpu.readRegister(this.cpuName(name));
    if (value === undefined) throw new PluginError(`there is no register '${name}'`);
    return value;
  }

  writeRegister(name: string, value: bigint): void {
    if (this.access !== 'write') throw new PluginError(`register ${name} is written in a callback that was not registered with 'write'`);
    if (name === 'pc') throw new PluginError('pc cannot be written');
    if (!this.cpu.writeRegister(this.cpuName(name), value)) throw new PluginError(`there is no register '${name}'`);
  }

  /** Some have other names in gdb. */
  private cpuName(name: string): string {
    for (const { registers } of this.cpu.gdb?.features ?? [])
      for (const register of registers) if (register.name === name) return register.cpuName ?? name;
    return name;
  }

  readMemory(address: bigint, size: number): Uint8Array | undefined {
    if (!Number.isSafeInteger(size) || size < 0 || size > 0x1000_0000) throw new PluginError(`${size} is no number of bytes`);
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size;) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const length = Math.min(size - done, Number(PAGE - (at & (PAGE - 1n))));
      const physical = this.cpu.translateDebug(at);
      const piece = physical === undefined ? undefined : this.machine.addressSpace.map(physical, length);
      if (!piece) return undefined;
      bytes.set(piece, done);
      done += length;
    }
    return bytes;
  }
}

/** One a vCPU, filled for each access. */
class AccessInfo implements MemoryInfo {
  address = 0n;
  private what = 0;
  private first = 0n;
  private operand = 0n;
  private other = 0n;

  constructor(private readonly vcpu: VcpuHandle) {}

  /** `info`: INFO_*; `value`: what was loaded or is stored; of an atomic access's store what was there, and the access's operands. */
  fill(info: number, address: bigint, value: bigint, operand: bigint, other: bigint): this {
    this.what = info;
    this.address = BigInt.asUintN(64, address);
    this.first = value;
    this.operand = operand;
    this.other = other;
    return this;
  }

  get size(): number {
    return 1 << (memOpOf(this.what) & MO_SIZE);
  }
  get isStore(): boolean {
    return (this.what & INFO_STORE) !== 0;
  }
  get isSignExtended(): boolean {
    return (memOpOf(this.what) & MO_SIGN) !== 0;
  }
  get isBigEndian(): boolean {
    return (memOpOf(this.what) & MO_BSWAP) !== 0;
  }

  get value(): bigint {
    const bits = 8 * this.size;
    const atomic = this.what >>> INFO_ATOMIC_SHIFT;
    if (atomic === 0) return BigInt.asUintN(bits, this.first);
    if (atomic === INFO_CMPXCHG) {
      const [old, expected] = [BigInt.asUintN(bits, this.first), BigInt.asUintN(bits, this.operand)];
      return old === expected ? BigInt.asUintN(bits, this.other) : old;
    }
    return BigInt.asUintN(bits, combine(atomic - 1, bits, this.first, this.operand));
  }

  place(): Place | undefined {
    const { machine, index } = this.vcpu;
    const mmuIdx = memOpIdxOf(this.what) & ((1 << MEMOPIDX_SHIFT) - 1);
    const physical = machine.accelerator?.physicalOf?.(index, this.address, this.isStore ? TLB_KIND_WRITE : TLB_KIND_READ, mmuIdx);
    const range = physical === undefined ? undefined : machine.addressSpace.find(physical);
    if (physical === undefined || !range) return undefined;
    const isDevice = range.region.kind === 'i/o' || (range.region.kind === 'romd' && !range.romd);
    return { address: BigInt(physical), isDevice, name: range.region.name, offset: BigInt(physical - range.start + range.offset) };
  }
}

/** What memory becomes by a read-modify-write. */
function combine(kind: AtomicKind, bits: number, old: bigint, operand: bigint): bigint {
  const [a, b] = [BigInt.asUintN(bits, old), BigInt.asUintN(bits, operand)];
  const isLess = BigInt.asIntN(bits, a) < BigInt.asIntN(bits, b);
  switch (kind) {
    case AtomicKind.xchg:
      return b;
    case AtomicKind.add:
      return a + b;
    case AtomicKind.and:
      return a & b;
    case AtomicKind.or:
      return a | b;
    case AtomicKind.xor:
      return a ^ b;
    case AtomicKind.smin:
      return isLess ? a : b;
    case AtomicKind.smax:
      return isLess ? b : a;
    case AtomicKind.umin:
      return a < b ? a : b;
    case AtomicKind.umax:
      return a < b ? b : a;
  }
}
