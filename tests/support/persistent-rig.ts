/** Runs of small programs on a hart with a code cache that is kept in memory. */
import * as layout from '../../assembly/shared/layout.js';
import * as rv from '../../assembly/target/riscv/shared/env.js';
import { ENV } from '../../src/accel/tcg/env.js';
import { TcgAccel } from '../../src/accel/tcg/accel.js';
import type { CodeStore, MachineCode, NewPart, StoredCode } from '../../src/accel/tcg/codegen/code-store.js';
import { compilePersistent, type LoadMachineCode } from '../../src/accel/tcg/codegen/compile-persistent.js';
import {
  decodeModule,
  encodeModule,
  setChunkParts,
  splitChunks,
  type PersistentModule,
} from '../../src/accel/tcg/codegen/persistent-format.js';
import type { CodegenWorker, WorkerMessage, WorkerReply } from '../../src/accel/tcg/codegen/protocol.js';
import { CodegenService } from '../../src/accel/tcg/codegen/worker-service.js';
import { workerCodegen } from '../../src/accel/tcg/codegen-remote.js';
import { createEngineMemory } from '../../src/accel/tcg/memory.js';
import { AddressSpace } from '../../src/memory/address-space.js';
import { MemoryRegion, MemoryTopology } from '../../src/memory/region.js';
import { riscvIsa } from '../../src/target/riscv/index.js';
import { crc32 } from '../../src/util/crc32.js';
import { engineModule } from './engine.js';
import { createHart } from './hart.js';

const RAM = 0x8000_0000;

interface MemoryFile {
  readonly index: Uint8Array<ArrayBuffer>;
  readonly parts: Uint8Array<ArrayBuffer>;
}

/** A module with its parts. */
export interface WholeModule {
  readonly module: PersistentModule;
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly machineCode?: Uint8Array<ArrayBuffer> | undefined;
}

/** In memory; remembers what it was told. */
export class MemoryStore implements CodeStore {
  readonly files = new Map<string, MemoryFile>();
  readonly warnings: string[] = [];
  maxBytes = 1 << 20;
  maxTbBytes: number | undefined;
  machineCode: MachineCode | undefined;
  checksum = (bytes: Uint8Array): number => crc32(bytes);
  load = (key: string): StoredCode | undefined => {
    const file = this.files.get(key);
    if (!file) return undefined;
    const read: StoredCode['read'] = ({ at, length, crc }) => {
      const bytes = file.parts.slice(at, at + length);
      return bytes.length === length && crc32(bytes) === crc ? bytes : undefined;
    };
    return { index: file.index.slice(), read, close: () => {} };
  };
  save = (key: string, index: Uint8Array, parts: readonly NewPart[] = []): void => {
    this.files.set(key, { index: index.slice(), parts: Uint8Array.from(parts.flatMap((part) => [...part.bytes()])) });
  };
  warn = (message: string) => void this.warnings.push(message);
  get modules(): WholeModule[] {
    return [...this.files.keys()].flatMap((key) => this.modulesOf(key));
  }
  /** Puts other modules in place of those of the only file. */
  replace(change: (module: WholeModule) => WholeModule): void {
    for (const key of this.files.keys()) {
      const parts: NewPart[] = [];
      let end = 0;
      const place = (bytes: Uint8Array<ArrayBuffer>) => {
        const source = { length: bytes.length, crc: this.checksum(bytes), bytes: () => bytes, at: end };
        parts.push(source);
        end += bytes.length;
        return source;
      };
      const chunks = this.modulesOf(key).map((whole) => {
        const { module, wasm, machineCode } = change(whole);
        const chunk = encodeModule({ ...module, wasm: place(wasm) });
        const { at } = decodeModule(chunk).wasm;
        setChunkParts(chunk, at, machineCode && { ...place(machineCode), engine: module.machineCode!.engine });
        return [...chunk];
      });
      this.save(key, Uint8Array.from(chunks.flat()), parts);
    }
  }
  /** Bytes of the only file. */
  get size(): number {
    const [{ index, parts }] = this.files.values();
    return index.length + parts.length;
  }
  private modulesOf(key: string): WholeModule[] {
    const file = this.load(key)!;
    return splitChunks(file.index).map((chunk) => {
      const module = decodeModule(chunk);
      return { module, wasm: file.read(module.wasm)!, machineCode: module.machineCode && file.read(module.machineCode) };
    });
  }
}

/** A worker that answers at the next look. */
export class PromptWorker implements CodegenWorker {
  readonly compiler = 'tiered';
  readonly asked: string[] = [];
  /** Of the modules that were to be made: whether their bytes were wanted. */
  readonly wanted: boolean[] = [];
  private readonly service = new CodegenService();
  private readonly replies: WorkerReply[] = [];
  constructor(private readonly load?: LoadMachineCode) {
    this.service.isa = riscvIsa;
  }
  post(message: WorkerMessage): void {
    this.asked.push(message.kind);
    if (message.kind === 'generate') this.wanted.push(message.wantBinary ?? false);
    const reply = message.kind === 'compile' ? compilePersistent(message, this.compile, this.load) : this.service.handle(message);
    if (reply) this.replies.push(reply);
  }
  /** Modules that were compiled. */
  compiled = 0;
  private readonly compile = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module => {
    this.compiled++;
    return new WebAssembly.Module(bytes);
  };
  receive = () => this.replies.splice(0);
  close = () => {};
}

/** One run of a program of words at the start of RAM, to WFI; then what was made is saved. */
export function run(
  store: CodeStore,
  words: readonly number[],
  { cpu = 'rv64', patch = (_rig: Rig) => {}, load = undefined as LoadMachineCode | undefined } = {},
): Rig {
  const rig = new Rig(store, cpu, load);
  rig.load(words);
  rig.finish();
  patch(rig);
  rig.accel.dispose();
  return rig;
}

export class Rig {
  readonly worker: PromptWorker;
  readonly accel: TcgAccel;
  private readonly space: AddressSpace;
  private readonly cpu;

  constructor(store: CodeStore, cpu = 'rv64', load?: LoadMachineCode, chain?: boolean) {
    this.worker = new PromptWorker(load);
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
      tuning: { threshold: 64, chain },
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
  /** One instruction at a time, to the end. */
  step(): void {
    this.cpu.setSingleStep(true);
    this.cpu.set(ENV.pc, BigInt(RAM));
    for (let steps = 0; steps < 20_000 && this.cpu.exec(1) !== layout.EXEC_HALTED; steps++);
    this.cpu.setSingleStep(false);
    this.cpu.set(ENV.halted, 0);
    this.cpu.write64(rv.RV_X + 16, 0n);
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
