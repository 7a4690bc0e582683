import { beforeAll, describe, expect, it } from 'vitest';
import * as layout from '../../../../assembly/shared/layout.js';
import * as rv from '../../../../assembly/shared/riscv.js';
import { engineModule } from '../../../../tests/support/engine.js';
import { createHart } from '../../../../tests/support/hart.js';
import { AddressSpace } from '../../../memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../../memory/region.js';
import { createFrontend } from '../../../target/index.js';
import { TcgAccel } from '../accel.js';
import { workerCodegen } from '../codegen-remote.js';
import { createEngineMemory } from '../memory.js';
import type { CodeStore } from './code-store.js';
import { decodeModule, encodeModule, splitChunks, type KeptModule } from './kept-format.js';
import type { CodegenWorker, WorkerMessage, WorkerReply } from './protocol.js';
import { CodegenService } from './worker-service.js';

const RAM = 0x8000_0000;

/** In memory; remembers what it was told. */
class MemoryStore implements CodeStore {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly warnings: string[] = [];
  maxBytes = 1 << 20;
  load = (key: string) => this.files.get(key)?.slice();
  save = (key: string, bytes: Uint8Array) => void this.files.set(key, bytes.slice());
  warn = (message: string) => void this.warnings.push(message);
  get modules(): KeptModule[] {
    return [...this.files.values()].flatMap(splitChunks).map(decodeModule);
  }
  /** Puts other modules in place of those of the only file. */
  replace(change: (module: KeptModule) => KeptModule): void {
    for (const [key, file] of this.files) {
      const chunks = splitChunks(file).map((chunk) => [...encodeModule(change(decodeModule(chunk)))]);
      this.files.set(key, Uint8Array.from(chunks.flat()));
    }
  }
}

/** A worker that answers at the next look. */
class PromptWorker implements CodegenWorker {
  readonly asked: string[] = [];
  private readonly service = new CodegenService(createFrontend);
  private readonly replies: WorkerReply[] = [];
  post(message: WorkerMessage): void {
    this.asked.push(message.kind);
    const reply = this.service.handle(message);
    if (reply) this.replies.push(reply);
  }
  receive = () => this.replies.splice(0);
  terminate = () => {};
}

let wasm: WebAssembly.Module;
beforeAll(() => void (wasm = engineModule()));

/** One run of a program of words at the start of RAM, to WFI; then what was made is saved. */
function run(store: CodeStore, words: readonly number[], { cpu = 'rv64', patch = (_rig: Rig) => {} } = {}): Rig {
  const rig = new Rig(store, cpu);
  rig.load(words);
  rig.finish();
  patch(rig);
  rig.accel.dispose();
  return rig;
}

class Rig {
  readonly worker = new PromptWorker();
  readonly accel: TcgAccel;
  private readonly space: AddressSpace;
  private readonly cpu;

  constructor(store: CodeStore, cpu = 'rv64') {
    const memory = createEngineMemory(0x10_0000, 0x80_0000);
    const topology = new MemoryTopology();
    const root = MemoryRegion.container(topology, 'system');
    root.addSubregion(RAM, MemoryRegion.ram(topology, 'ram', memory.ram.allocate('ram', 0x10_0000)));
    this.space = new AddressSpace(root, 'memory');
    this.accel = new TcgAccel({ wasm, memory, createFrontend, codegen: workerCodegen(() => this.worker, store), hotThreshold: 64 });
    this.accel.init({ addressSpace: this.space });
    this.cpu = createHart(this.accel, cpu, RAM);
  }
  load(words: readonly number[], at = RAM): void {
    this.space.writeBytes(at, new Uint8Array(Uint32Array.from(words).buffer));
  }
  finish(): void {
    this.cpu.write64(layout.ENV_PC, BigInt(RAM));
    this.cpu.write32(layout.ENV_HALTED, 0);
    for (let slice = 0; slice < 2000; slice++) {
      const reason = this.cpu.exec(1000);
      if (reason === layout.EXEC_HALTED) return;
      if (reason !== layout.EXEC_BUDGET) throw new Error(`exit ${reason} ${this.accel.translateError}`);
    }
    throw new Error('did not end');
  }
  get x2(): bigint {
    return this.cpu.read64(rv.RV_X + 16);
  }
  get instructions(): number {
    return this.cpu.instructionCount;
  }
  get kept() {
    return this.accel.info().wasm!.kept!;
  }
}

// x1 = 0x10000; do x2 += STEP, x1 -= 1 while x1 != 0; wfi (RISC-V unprivileged specification, chapter 2)
const STEP = 1;
const loop = (step: number) => [0x000100b7, 0x00000113, (step << 20) | (2 << 15) | (2 << 7) | 0x13, 0xfff08093, 0xfe009ce3, 0x10500073];

describe('kept code', () => {
  it('runs in the next process, and nothing is made twice', () => {
    const store = new MemoryStore();
    const first = run(store, loop(STEP));
    expect([first.x2, first.kept.installed, first.kept.made]).toEqual([0x10000n, 0, 1]);
    expect(store.modules).toHaveLength(1);

    const second = run(store, loop(STEP));
    expect([second.x2, second.instructions]).toEqual([first.x2, first.instructions]);
    expect(second.worker.asked).toEqual(['init', 'compile']);
    expect([second.kept.installed, second.kept.made, second.kept.misses]).toEqual([1, 0, 0]);
    expect(store.modules).toHaveLength(1);
    expect(store.warnings).toEqual([]);
  });

  it('is the same bytes in every process', () => {
    const [a, b] = [new MemoryStore(), new MemoryStore()];
    run(a, loop(STEP));
    // other TBs come first, so that their records lie elsewhere
    run(b, loop(STEP), {}).accel.dispose();
    const rig = new Rig(b);
    rig.load([0x10500073]);
    rig.finish();
    expect(b.modules[0].wasm).toEqual(a.modules[0].wasm);
  });

  it('is not used for other guest code at the same place', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const other = run(store, loop(3));
    expect(other.x2).toBe(0x30000n);
    expect(other.kept.installed).toBe(0);
    expect(other.kept.misses).toBeGreaterThan(0);
    // both are known now
    expect(run(store, loop(STEP)).worker.asked).toEqual(['init', 'compile']);
    expect(run(store, loop(3)).worker.asked).toEqual(['init', 'compile']);
  });

  it('is not used for another CPU', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    expect(run(store, loop(STEP), { cpu: 'rv64,zba=off' }).kept.regions).toBe(0);
  });

  it('goes when the guest changes its code, and comes back when the code does', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const rig = run(store, loop(STEP), {
      patch(rig) {
        rig.load(loop(5));
        rig.finish();
        expect(rig.x2).toBe(0x50000n);
        rig.load(loop(STEP));
        rig.finish();
      },
    });
    expect(rig.x2).toBe(0x10000n);
    expect(rig.kept.installed).toBe(2);
  });

  it('survives a flush of all TBs', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const rig = run(store, loop(STEP), {
      patch(rig) {
        rig.accel.flush();
        rig.finish();
      },
    });
    expect([rig.x2, rig.kept.installed]).toEqual([0x10000n, 2]);
  });

  it('is bounded: what was used least recently gives way', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    const [file] = store.files.values();
    store.replace((module) => ({ ...module, lastUsed: 1 }));
    store.maxBytes = 2 * file.length;
    run(store, loop(2));
    store.replace((module) => ({ ...module, lastUsed: module.lastUsed === 1 ? 1 : 2 }));
    run(store, loop(3));
    expect(store.modules).toHaveLength(2);
    expect(run(store, loop(2)).kept.installed).toBe(1);
    expect(run(store, loop(3)).kept.installed).toBe(1);
    expect(run(store, loop(STEP)).kept.installed).toBe(0);
  });

  it('keeps what another process saved meanwhile', () => {
    const store = new MemoryStore();
    const rig = new Rig(store);
    run(store, loop(2));
    rig.load(loop(STEP));
    rig.finish();
    rig.accel.dispose();
    expect(store.modules).toHaveLength(2);
  });
});

describe('kept code that is not ours', () => {
  // (module (import "r" "tbFlushNow" (func)) (func (export "0") (param i32 i32) (result i32) i32.const 0))
  const foreign = (name: string) => {
    const text = (s: string) => [s.length, ...[...s].map((c) => c.charCodeAt(0))];
    const section = (id: number, ...body: number[]) => [id, body.length, ...body];
    return Uint8Array.from([
      ...[0, 97, 115, 109, 1, 0, 0, 0],
      ...section(1, 2, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7f, 1, 0x7f),
      ...section(2, 1, ...text('r'), ...text(name), 0, 0),
      ...section(3, 1, 1),
      ...section(7, 1, ...text('0'), 0, 1),
      ...section(10, 1, 4, 0, 0x41, 0, 0x0b),
    ]);
  };
  it.each([
    ['is no wasm', Uint8Array.of(1, 2, 3)],
    ['imports what generated code has no use for', foreign('tbFlushNow')],
    ['imports a helper as something that it is not', foreign('ldSlow')],
  ])('is ignored, with a line, if it %s', (_, bytes) => {
    expect(_ === 'is no wasm' || WebAssembly.validate(bytes)).toBe(true);
    const store = new MemoryStore();
    run(store, loop(STEP));
    store.replace((module) => ({ ...module, wasm: bytes }));
    const rig = run(store, loop(STEP));
    expect([rig.x2, rig.kept.installed, rig.kept.rejected]).toEqual([0x10000n, 0, 1]);
    expect(store.warnings).toHaveLength(1);
    // and the good one takes its place
    expect(store.modules.map(({ wasm: { length } }) => length > 100)).toEqual([true]);
  });

  it('is ignored, with a line, if its numbers are out of range', () => {
    const store = new MemoryStore();
    run(store, loop(STEP));
    for (const file of store.files.values()) new DataView(file.buffer).setUint32(16, 0xffff_ffff, true);
    const rig = run(store, loop(STEP));
    expect([rig.x2, rig.kept.regions, store.warnings.length]).toEqual([0x10000n, 0, 1]);
    expect(run(store, loop(STEP)).kept.installed).toBe(1);
  });
});
