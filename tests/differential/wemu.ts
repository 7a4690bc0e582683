/** The other side of the comparison: the same program on wemu's virt board, as a library. */
import { setImmediate } from 'node:timers/promises';
import { createNodeHost, type EngineOptions } from '../../src/node/host.js';
import { ExitReason } from '../../src/hw/core/cpu.js';
import { Machine } from '../../src/system/facade.js';
import { MiB } from '../../src/util/size.js';
import { DONE, MEMORY } from './slot.js';

export const BACKENDS = {
  tci: { backend: 'tci' },
  /** All code is generated before its second run. */
  wasm: { backend: 'wasm', sync: true, hotThreshold: 1 },
} as const satisfies Record<string, EngineOptions>;
export type Backend = keyof typeof BACKENDS;

export interface WemuRun {
  /** `-M`; default virt. */
  readonly machine?: string;
  /** `-device`, each. */
  readonly devices?: readonly string[];
  readonly xlen: 32 | 64;
  readonly on: readonly string[];
  readonly off: readonly string[];
  readonly elf: Uint8Array;
  /** Bytes wanted from MEMORY.slots on. */
  readonly size: number;
}

const SLICE = 1_000_000;
/** No program has so many instructions. */
const MOST_INSNS = 1000 * SLICE;

export const cpuOption = ({ xlen, on, off }: Pick<WemuRun, 'xlen' | 'on' | 'off'>): string =>
  [`rv${xlen}`, ...off.map((name) => `${name}=off`), ...on.map((name) => `${name}=on`)].join(',');

export interface WemuEnd {
  readonly slots: Uint8Array;
  /** Guest instructions. */
  readonly executed: number;
}

/** Runs the program to its end. */
export async function runWemu(backend: Backend, run: WemuRun): Promise<WemuEnd> {
  const host = await createNodeHost(BACKENDS[backend]);
  try {
    const log: string[] = [];
    const machine = Machine.create(
      {
        machine: run.machine ?? 'virt',
        devices: run.devices,
        cpu: cpuOption(run),
        memory: 128 * MiB,
        bios: 'none',
        kernel: run.elf,
        log: { items: [], sink: (text) => log.push(text) },
      },
      host,
    );
    machine.state.vmStart();
    const cpu = machine.cpu();
    const isDone = (): boolean => new DataView(machine.readPhysical(MEMORY.done, 4).buffer).getUint32(0, true) === DONE;
    while (!isDone()) {
      // the oracle, which runs meanwhile, is listened to
      await setImmediate();
      const reason = cpu.run(SLICE);
      machine.state.clocks.runTimers();
      const stuck = cpu.instructionCount > MOST_INSNS || (reason !== ExitReason.Budget && reason !== ExitReason.Request && !isDone());
      if (stuck)
        throw new Error(
          `wemu (${backend}): the program did not end: ${ExitReason[reason]} at pc 0x${cpu.pc.toString(16)}\n${log.join('')}${cpu.dumpState()}`,
        );
    }
    return { slots: machine.readPhysical(MEMORY.slots, run.size), executed: cpu.instructionCount };
  } finally {
    host.close();
  }
}
