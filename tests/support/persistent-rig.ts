/** Runs of small programs on a hart with a code cache that is kept in memory. */
import * as layout from '../../assembly/shared/layout.js';
import * as rv from '../../assembly/target/riscv/shared/env.js';
import { ENV } from '../../src/accel/tcg/env.js';
import { TcgAccel } from '../../src/accel/tcg/accel.js';
import type { CodeStore } from '../../src/accel/tcg/codegen/code-store.js';
import { decodeModule, encodeModule, splitChunks, type PersistentModule } from '../../src/accel/tcg/codegen/persistent-format.js';
import type { CodegenWorker, WorkerMessage, WorkerReply } from '../../src/accel/tcg/codegen/protocol.js';
import { CodegenService } from '../../src/accel/tcg/codegen/worker-service.js';
import { workerCodegen } from '../../src/accel/tcg/codegen-remote.js';
import { createEngineMemory } from '../../src/accel/tcg/memory.js';
import { AddressSpace } from '../../src/memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../src/memory/region.js';
import { isaNamed } from '../../src/isas.js';
import { riscvIsa } from '../../src/target/riscv/index.js';
import { engineModule } from './engine.js';
import { createHart } from './hart.js';

const RAM = 0x8000_0000;

/** In memory; remembers what it was told. */
export class MemoryStore implements CodeStore {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly warnings: string[] = [];
  maxBytes = 1 << 20;
  load = (key: string) => this.files.get(key)?.slice();
  save = (key: string, bytes: Uint8Array) => void this.files.set(key, bytes.slice());
  warn = (message: string) => void this.warnings.push(message);
  get modules(): PersistentModule[] {
    return [...this.files.values()].flatMap((file) => splitChunks(file).map(decodeModule));
  }
  /** Puts other modules in place of those of the only file. */
  replace(change: (module: PersistentModule) => PersistentModule): void {
    for (const [key, file] of this.files) {
      const chunks = splitChunks(file).map((chunk) => [...encodeModule(change(decodeModule(chunk)))]);
      this.files.set(key, Uint8Array.from(chunks.flat()));
    }
  }
}

/** A worker that answers at the next look. */
export class PromptWorker implements CodegenWorker {
  readonly compiler = 'tiered';
  readonly asked: string[] = [];
  /** Of the modules that were to be made: whether their bytes were wanted. */
  readonly wanted: boolean[] = [];
  private readonly service = new CodegenService(isaNamed);
  private readonly replies: WorkerReply[] = [];
  post(message: WorkerMessage): void {
    this.asked.push(message.kind);
    if (message.kind === 'generate') this.wanted.push(message.wantBinary ?? false);
    const reply = this.service.handle(message);
    if (reply) this.replies.push(reply);
  }
  receive = () => this.replies.splice(0);
  close = () => {};
}

/** One run of a program of words at the start of RAM, to WFI; then what was made is saved. */
export function run(store: CodeStore, words: readonly number[], { cpu = 'rv64', patch = (_rig: Rig) => {} } = {}): Rig {
  const rig = new Rig(store, cpu);
  rig.load(words);
  rig.finish();
  patch(rig);
  rig.accel.dispose();
  return rig;
}

export class Rig {
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
    this.accel = new TcgAccel({
      wasm: engineModule(),
      memory,
      isa: riscvIsa,
      codegen: workerCodegen(() => this.worker, store),
      tuning: { threshold: 64 },
    });
    this.accel.init({ addressSpace: this.space });
    this.cpu = createHart(this.accel, cpu, RAM);
  }
  load(words: readonly number[], at = RAM): void {
    this.space.writeBytes(at, new Uint8Array(Uint32Array.from(words).buffer));
  }
  finish(): void {
    this.cpu.set(ENV.pc, BigInt(RAM));
    this.cpu.set(ENV.halted, 0);
    for (let slice = 0; slice < 2000; slice++) {
      const reason = this.cpu.exec(1000);
      if (reason === layout.EXEC_HALTED) return;
      if (reason !== layout.EXEC_BUDGET) throw new Error(`exit ${reason} ${this.accel.translateError}`);
    }
    throw new Error('did not end');
  }
  /** Slices until it halts or something else ends them; false: it does not halt. */
  tryToFinish(slices: number): boolean {
    this.cpu.set(ENV.pc, BigInt(RAM));
    this.cpu.set(ENV.halted, 0);
    for (let slice = 0; slice < slices; slice++) if (this.cpu.exec(1000) === layout.EXEC_HALTED) return true;
    return false;
  }
  get x2(): bigint {
    return this.cpu.read64(rv.RV_X + 16);
  }
  get instructions(): number {
    return this.cpu.instructionCount;
  }
  get persistent() {
    return this.accel.info().wasm!.persistent!;
  }
}
