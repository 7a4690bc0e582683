/** Code generation without a machine: TB records in a memory, a guest of one-byte instructions, and what makes its regions. */
import * as L from '../../assembly/shared/layout.js';
import { RegionCompiler } from '../../src/accel/tcg/codegen/generate.js';
import type { CodegenWorker, GenerateRequest } from '../../src/accel/tcg/codegen/protocol.js';
import { TbReader } from '../../src/accel/tcg/codegen/regions.js';
import type { TcgTuning } from '../../src/accel/tcg/codegen/tuning.js';
import { WasmCodeGenerator } from '../../src/accel/tcg/codegen/wasm-generator.js';
import type { TcgContext } from '../../src/tcg/context.js';
import { Cond } from '../../src/tcg/opcodes.js';
import type { Isa } from '../../src/target/target.js';
import type { TargetFrontend, TbSource } from '../../src/target/translator.js';
import { RANDOM_TRAITS } from './ir-random.js';

const ENV = 0x10000;
export const CODE = 0x90000;
const TBS = 0x98000;
const TABLES = 0xa0000;
const X1 = 0x100;

/** A guest whose instructions are bytes: n counts x1 down and, until it is 0, jumps to block n of the page; 0xff leaves through goto_ptr. */
const frontend: TargetFrontend = {
  translate(ctx: TcgContext, tb: TbSource) {
    const n = tb.bytes[tb.host];
    ctx.insnStart(0);
    if (n === 0xff) {
      ctx.movi(0, 0n);
      ctx.gotoPtr();
      return { size: 1, icount: 1 };
    }
    const page = tb.pc & ~0xfffn;
    const done = ctx.newLabel();
    ctx.addi(1, 1, -1);
    ctx.brcondi(Cond.EQ, 1, 0, done);
    ctx.movi(0, page + BigInt(16 * n));
    ctx.gotoTb(0);
    ctx.setLabel(done);
    ctx.movi(0, page + 0xff0n);
    ctx.gotoTb(1);
    return { size: 1, icount: 1 };
  },
};

const isa: Isa = {
  name: 'test',
  traits: RANDOM_TRAITS,
  globals: [
    { name: 'pc', offset: L.ENV_PC },
    { name: 'x1', offset: X1 },
  ],
  helpers: [],
  createFrontend: () => frontend,
  createDisassembler: () => () => undefined,
};

export class CodegenRig {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
  readonly tbs = new TbReader(this.memory, RANDOM_TRAITS.pageBits);
  readonly bytes = new Uint8Array(this.memory.buffer);
  readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  readonly compiler = new RegionCompiler(isa, this.memory, { config: undefined, icount: false });
  readonly generator: WasmCodeGenerator;
  /** Where the next module's table goes. */
  private tables = TABLES;

  /** Block i jumps to code[i]. */
  constructor(
    code: number[],
    options: {
      worker?: CodegenWorker;
      tuning?: TcgTuning;
      now?: () => number;
      setThreshold?: (count: number) => void;
    } = {},
  ) {
    code.forEach((n, i) => (this.bytes[CODE + 16 * i] = n));
    code.forEach((n, i) => {
      for (const [field, value] of this.fields(i, n === 0xff ? 0 : this.tb(n), 7)) this.tbs.set(this.tb(i), field, value);
    });
    const { worker, ...rest } = options;
    const made = worker ? { worker } : { generate: (request: GenerateRequest) => this.compiler.generate(request) };
    this.generator = new WasmCodeGenerator({
      memory: this.memory,
      pageBits: RANDOM_TRAITS.pageBits,
      runtime: { table: this.table, codeTableAlloc: (bytes) => (this.tables += bytes) - bytes },
      ...made,
      ...rest,
    });
  }
  tb(i: number): number {
    return TBS + L.TB_RECORD_SIZE * i;
  }
  get(i: number, field: number): number {
    return this.tbs.get(this.tb(i), field);
  }
  run(i: number, x1: number): number {
    this.tbs.set(ENV, X1, x1);
    this.tbs.set(ENV, L.ENV_BUDGET, 100000);
    // as the dispatcher does, once in ENTRY_SAMPLE times
    this.tbs.set(this.tb(i), L.TB_ENTERED, this.get(i, L.TB_ENTERED) + 1);
    return (this.table.get(this.get(i, L.TB_FUNC)) as (env: number, entry: number) => number)(ENV, this.get(i, L.TB_ENTRY)) >>> 0;
  }
  /** As the runtime does. */
  invalidate(i: number): void {
    this.tbs.set(this.tb(i), L.TB_STATE, L.TB_STATE_INVALID);
    if (this.get(i, L.TB_REGION) !== 0) this.generator.regionInvalidated(this.get(i, L.TB_REGION));
  }
  flush(): void {
    this.bytes.fill(0, TBS, TBS + L.TB_RECORD_SIZE * 64);
    this.generator.tbFlushed();
  }
  /** Makes block i of physical page `page` a new TB in the same place, which jumps to itself. */
  renew(i: number, page: number): void {
    this.bytes.fill(0, this.tb(i), this.tb(i + 1));
    for (const [field, value] of this.fields(i, this.tb(i), page)) this.tbs.set(this.tb(i), field, value);
  }
  private fields(i: number, next: number, page: number): [field: number, value: number][] {
    return [
      [L.TB_PC, 0x1000 + 16 * i], [L.TB_SIZE, 1], [L.TB_ICOUNT, 1], [L.TB_HOST0, CODE + 16 * i], [L.TB_PHYS_PAGE0, page],
      [L.TB_STATE, L.TB_STATE_VALID], [L.TB_EXEC_COUNT, 100], [L.TB_JMP0, next],
    ]; // prettier-ignore
  }
}
