/** What Node gives a machine: clock, scheduler, entropy, files, firmware, and the engine. */
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { setImmediate } from 'node:timers';
import { TcgAccel, type CodegenSetup } from '../accel/tcg/accel.js';
import type { CodeGenerator } from '../accel/tcg/codegen/wasm-generator.js';
import { createEngineMemory } from '../accel/tcg/memory.js';
import { riscvDevices, riscvMachines } from '../hw/riscv/index.js';
import { TypeRegistry } from '../qom/registry.js';
import type { EngineRequest, MachineHost } from '../system/facade.js';
import { MachineRegistry } from '../system/registry.js';
import { TimeoutScheduler } from '../system/scheduler.js';
import { createFrontend } from '../target/index.js';
import { RiscvCpu } from '../target/riscv/cpu.js';
import { OptionError } from '../util/errors.js';
import { MiB } from '../util/size.js';
import { writeFully } from './chardev.js';
import { readEngineWasm } from './engine-wasm.js';
import { cachedGuestFile } from './guest/debian.js';

export interface EngineOptions {
  /** `tci` interprets everything; `wasm` (default) generates code for what is hot. */
  readonly backend?: 'tci' | 'wasm';
  /** Generate code in the machine's thread, at once. */
  readonly sync?: boolean;
  /** Executions after which a block is hot. */
  readonly hotThreshold?: number;
  /** Guest randomness from this seed instead of the host's entropy. */
  readonly seed?: number;
}

export interface NodeHost extends MachineHost {
  /** Ends the threads of the machines made with it. */
  close(): void;
}

/** Guest memory beside -m: boot ROM, flash. */
const ROM_ALLOWANCE = 80 * MiB;

class NodeScheduler extends TimeoutScheduler {
  /** setTimeout(0) waits a millisecond; this does not. */
  override yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** A host for machines in this process. Code generators are loaded when the first machine needs one. */
export async function createNodeHost(options: EngineOptions = {}): Promise<NodeHost> {
  const codegen = options.backend === 'tci' ? undefined : await codeGenerator(options.sync ?? false);
  const accels: TcgAccel[] = [];
  let engine: WebAssembly.Module | undefined;
  return {
    clock: { monotonicNs: () => performance.now() * 1e6, epochMs: () => Date.now() },
    scheduler: new NodeScheduler(),
    machines: new MachineRegistry(riscvMachines),
    types: new TypeRegistry(riscvDevices, [RiscvCpu]),
    randomBytes: options.seed === undefined ? (count) => randomFillSync(new Uint8Array(count)) : undefined,
    firmware,
    writeFile,
    engine({ ramSize, icount }: EngineRequest) {
      engine ??= new WebAssembly.Module(readEngineWasm());
      const memory = createEngineMemory(ramSize + ROM_ALLOWANCE);
      const accelerator = new TcgAccel({
        wasm: engine,
        memory,
        createFrontend,
        codegen,
        hotThreshold: options.hotThreshold,
        icount: icount !== undefined,
      });
      accels.push(accelerator);
      return { ram: memory.ram, accelerator };
    },
    close() {
      for (const accel of accels.splice(0)) accel.dispose();
    },
  };
}

/** Loads binaryen only here: a machine in tci starts without it. */
async function codeGenerator(sync: boolean): Promise<(setup: CodegenSetup) => CodeGenerator> {
  
  if (sync) return (await import('../accel/tcg/codegen-sync.js')).synchronousCodegen;
  const { workerCodegen } = await import('../accel/tcg/codegen-remote.js');
  const { startCodegenWorker } = await import('./codegen-worker.js');
  return workerCodegen(startCodegenWorker);
}

/** OpenSBI as Debian has it, from the cache or from the package installed on this machine. */
function firmware(name: string): Uint8Array | undefined {
  const bits = /riscv(32|64)/.exec(name)?.[1];
  const cached = bits === '64' ? cachedGuestFile('firmware') : undefined;
  for (const path of [cached, `/usr/lib/riscv${bits}-linux-gnu/opensbi/generic/fw_dynamic.bin`, `/usr/share/qemu/${name}`]) {
    try {
      if (path !== undefined) return readFileSync(path);
    } catch {
      // not there: the next place
    }
  }
  return undefined;
}

/** Whole or not at all: written beside the file, synced, and renamed. */
function writeFile(name: string, bytes: Uint8Array): void {
  const temporary = `${name}.tmp-${process.pid}`;
  try {
    const fd = openSync(temporary, 'w');
    try {
      writeFully(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, name);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new OptionError(`cannot write '${name}': ${(error as Error).message}`);
  }
}
