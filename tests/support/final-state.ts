/** A guest run to its end with -icount, and everything that must then be the same on every engine. */
import { createHash } from 'node:crypto';
import { createNodeHost, Machine, type EngineOptions, type HostClock, type MachineOptions } from 'wemu/node';
import type { JitInfo } from '../../src/accel/jit-info.js';

export interface FinalState {
  readonly reason: string;
  readonly exitCode: number;
  readonly instructions: number;
  readonly console: string;
  /** Registers and CSRs by name, in hex. */
  readonly registers: Readonly<Record<string, string>>;
  /** SHA-256 of each block of guest memory: RAM, ROM, flash. */
  readonly memory: Readonly<Record<string, string>>;
}

/** A clock that jumps about, so that slices are of any length: where they cut the code must not matter. */
function unsteadyClock(seed: number): HostClock {
  let now = 0;
  const next = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed >>> 12; // up to 1 ms
  };
  return { monotonicNs: () => (now += next()), epochMs: () => 0 };
}

/** `seed`: of an unsteady host clock; without it, the host's own. Also tells what the engine did. */
export async function finalState(
  engine: EngineOptions,
  options: MachineOptions,
  seed?: number,
): Promise<{ state: FinalState; info: JitInfo }> {
  const host = await createNodeHost({ seed: 1, ...engine });
  try {
    let console = '';
    const serial = (bytes: Uint8Array): void => void (console += Buffer.from(bytes).toString('latin1'));
    const clock = seed === undefined ? host.clock : unsteadyClock(seed);
    const machine = Machine.create(
      { machine: 'virt', memory: '128M', icount: 'shift=3', rtcBaseMs: 0, serial, ...options },
      { ...host, clock },
    );
    const { reason, exitCode } = await machine.run();
    const registers = Object.entries(machine.readRegisters()).map(([name, value]) => [name, value.toString(16)]);
    const memory = machine.state.ram.blocks.map(({ name, bytes }) => [name, createHash('sha256').update(bytes).digest('hex')]);
    return {
      state: {
        reason,
        exitCode,
        instructions: machine.cpu().instructionCount,
        console,
        registers: Object.fromEntries(registers) as Record<string, string>,
        memory: Object.fromEntries(memory) as Record<string, string>,
      },
      info: machine.state.accelerator!.info!(),
    };
  } finally {
    host.close();
  }
}
