/** The wasm locals of one function: 0 is env, 1 the entry number, then guest registers and a pool of scratch locals a type. */
import { F32, F64, I32, I64, V128, type ValueType } from './binaryen.js';

export const ENTRY = 1;
const PARAMS = 2;

export class FunctionLocals {
  /** Types of the locals after the parameters. */
  readonly types: ValueType[] = [];
  private readonly globals: Int32Array;
  private readonly narrow: Int32Array;
  private readonly free = new Map<ValueType, number[]>([
    [I32, []],
    [I64, []],
    [F32, []],
    [F64, []],
    [V128, []],
  ]);
  private readonly shared = new Map<ValueType, number[]>([
    [I32, []],
    [I64, []],
  ]);

  constructor(
    globalCount: number,
    /** Globals that hold binary64 values: their locals are F64, with the same bits. */
    private readonly floats: ReadonlySet<number> = new Set(),
    /** Globals of 32 bits. */
    private readonly words: ReadonlySet<number> = new Set(),
  ) {
    this.globals = new Int32Array(globalCount).fill(-1);
    this.narrow = new Int32Array(globalCount).fill(-1);
  }

  create(type: ValueType): number {
    return PARAMS + this.types.push(type) - 1;
  }

  typeOfGlobal(global: number): ValueType {
    return this.floats.has(global) ? F64 : I64;
  }

  /** Whether a temp is a global that is never in an i64 local. */
  isWord(temp: number): boolean {
    return this.words.has(temp) && !this.floats.has(temp);
  }

  ofGlobal(global: number): number {
    if (this.globals[global] < 0) this.globals[global] = this.create(this.typeOfGlobal(global));
    return this.globals[global];
  }

  /** The i32 local that holds a global where its width class is narrow (value-widths.ts). */
  narrowOf(global: number): number {
    if (this.narrow[global] < 0) this.narrow[global] = this.create(I32);
    return this.narrow[global];
  }

  /** A free local that `usable` accepts, or a new one. */
  allocate(type: ValueType, usable: (local: number) => boolean): number {
    const free = this.free.get(type)!;
    for (let i = free.length - 1; i >= 0; i--) if (usable(free[i])) return free.splice(i, 1)[0];
    return this.create(type);
  }

  release(local: number): void {
    this.free.get(this.types[local - PARAMS])!.push(local);
  }

  /** Number `index` of the locals that TBs keep values in across their blocks (each TB uses the same ones, from 0). */
  acrossBlocks(type: ValueType, index: number): number {
    const list = this.shared.get(type)!;
    while (list.length <= index) list.push(this.create(type));
    return list[index];
  }
}
