/** A block that is being translated, as plugins see it; what they ask for becomes injections (src/tcg/instrument.ts). */
import { codeBytes, type TranslatedTb } from '../accel/tcg/instrumentation.js';
import { Cond } from '../tcg/opcodes.js';
import { ACCESS_LOAD, ACCESS_STORE, type InjectedAction, type Injection } from '../tcg/instrument.js';
import { PluginError } from '../util/errors.js';
import type { Block, Cell, Condition, EdgeMap, Insn, MemoryAccess, MemoryCallback, RegisterAccess, VcpuCallback } from './api.js';
import { EdgeMapHandle, ScoreCell } from './cells.js';
import type { VcpuHandle } from './vcpu.js';

const CONDITIONS: Readonly<Record<Exclude<Condition, 'never' | 'always'>, Cond>> = {
  equal: Cond.EQ,
  'not-equal': Cond.NE,
  less: Cond.LTU,
  'less-or-equal': Cond.LEU,
  greater: Cond.GTU,
  'greater-or-equal': Cond.GEU,
};
const ACCESSES: Readonly<Record<MemoryAccess, number>> = { read: ACCESS_LOAD, write: ACCESS_STORE, both: ACCESS_LOAD | ACCESS_STORE };
const REGISTERS: readonly RegisterAccess[] = ['none', 'read', 'write'];

/** Keeps a callback, and gives the id that code calls it by. */
export type Keep = (callback: VcpuCallback | MemoryCallback, registers: RegisterAccess, pc: bigint) => number;

const cellIndex = (cell: Cell): number => {
  if (!(cell instanceof ScoreCell)) throw new PluginError('this is no cell of api.cell()');
  return cell.index;
};
const u64 = (value: bigint | number): bigint => BigInt.asUintN(64, BigInt(value));

function checked(registers: RegisterAccess): RegisterAccess {
  if (!REGISTERS.includes(registers)) throw new PluginError(`invalid register access '${String(registers)}'`);
  return registers;
}
function choice<T>(table: Readonly<Record<string, T>>, name: string, what: string): T {
  if (!Object.hasOwn(table, name)) throw new PluginError(`invalid ${what} '${String(name)}'`);
  return table[name];
}

/** What blocks and instructions have in common. */
abstract class Point {
  protected abstract readonly block: BlockHandle;
  protected abstract readonly number: number;
  abstract readonly vaddr: bigint;

  get symbol(): string | undefined {
    return this.block.vcpu.machine.symbolAt(this.vaddr);
  }

  onExec(callback: VcpuCallback, registers: RegisterAccess = 'none'): void {
    this.put(0, { kind: 'call', id: this.keep(callback, registers), registers: checked(registers) });
  }
  onExecIf(cell: Cell, condition: Condition, value: bigint | number, callback: VcpuCallback, registers: RegisterAccess = 'none'): void {
    if (condition === 'never') return;
    if (condition === 'always') return this.onExec(callback, registers);
    const cond = choice(CONDITIONS, condition, 'condition');
    this.put(0, {
      kind: 'cond',
      id: this.keep(callback, registers),
      registers: checked(registers),
      cell: cellIndex(cell),
      cond,
      value: u64(value),
    });
  }
  add(cell: Cell, value: bigint | number): void {
    this.put(0, { kind: 'add', cell: cellIndex(cell), value: u64(value) });
  }
  store(cell: Cell, value: bigint | number): void {
    this.put(0, { kind: 'store', cell: cellIndex(cell), value: u64(value) });
  }

  protected keep(callback: VcpuCallback | MemoryCallback, registers: RegisterAccess): number {
    if (typeof callback !== 'function') throw new PluginError('a callback is a function');
    return this.block.keeper(callback, registers, this.vaddr);
  }
  protected put(access: number, action: InjectedAction): void {
    this.block.inject({ insn: this.number, access, action });
  }
}

class InsnHandle extends Point implements Insn {
  private code: Uint8Array | undefined;

  constructor(
    protected readonly block: BlockHandle,
    readonly index: number,
    private readonly start: number,
    readonly size: number,
  ) {
    super();
  }

  protected get number(): number {
    return this.index;
  }
  get vaddr(): bigint {
    return BigInt.asUintN(64, this.block.vaddr + BigInt(this.start));
  }
  get haddr(): bigint {
    return this.block.tb.physical + BigInt(this.start);
  }
  get bytes(): Uint8Array {
    return (this.code ??= codeBytes(this.block.tb, this.start, this.size));
  }
  get flow(): Insn['flow'] {
    return this.block.vcpu.cpu.disassemble(this.bytes, this.vaddr)?.flow;
  }
  get disassembly(): string {
    const text = this.block.vcpu.cpu.disassemble(this.bytes, this.vaddr)?.text ?? '';
    return text.replace(/^0x[0-9a-f]+:\s+[0-9a-f]+\s+/, '').replace('\t', ' ');
  }

  onMemory(access: MemoryAccess, callback: MemoryCallback, registers: RegisterAccess = 'none'): void {
    this.put(choice(ACCESSES, access, 'access'), { kind: 'call', id: this.keep(callback, registers), registers: checked(registers) });
  }
  addOnMemory(access: MemoryAccess, cell: Cell, value: bigint | number): void {
    this.put(choice(ACCESSES, access, 'access'), { kind: 'add', cell: cellIndex(cell), value: u64(value) });
  }
  storeOnMemory(access: MemoryAccess, cell: Cell, value: bigint | number): void {
    this.put(choice(ACCESSES, access, 'access'), { kind: 'store', cell: cellIndex(cell), value: u64(value) });
  }
}

/** Blocks come before their first instruction: what is asked of the block is done before what is asked of that. */
export class BlockHandle extends Point implements Block {
  readonly insns: readonly Insn[];
  private readonly ofBlock: Injection[] = [];
  private readonly ofInsns: Injection[] = [];
  private isOver = false;
  /** Of the plugin whose callback runs. */
  keeper!: Keep;

  constructor(
    readonly tb: TranslatedTb,
    readonly vcpu: VcpuHandle,
  ) {
    super();
    const { offsets } = tb;
    this.insns = offsets.slice(0, -1).map((start, i) => new InsnHandle(this, i, start, offsets[i + 1] - start));
  }

  protected get block(): this {
    return this;
  }
  protected readonly number = -1;
  get vaddr(): bigint {
    return this.tb.pc;
  }

  edge(map: EdgeMap, location: number): void {
    if (!(map instanceof EdgeMapHandle)) throw new PluginError('this is no map of api.edgeMap()');
    this.put(0, { kind: 'edge', cell: map.index, location: location & 0xffff });
  }

  inject(injection: Injection): void {
    if (this.isOver) throw new PluginError('a block is kept beyond its translation callback');
    if (injection.insn < 0) this.ofBlock.push({ ...injection, insn: 0 });
    else this.ofInsns.push(injection);
  }

  /** All of them; nothing more can be asked for. */
  finish(): Injection[] {
    this.isOver = true;
    return [...this.ofBlock, ...this.ofInsns];
  }
}
