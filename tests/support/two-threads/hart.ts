/** A hart of one of the two threads: what it is told, and how it runs between the other's messages. */
import * as layout from '../../../assembly/shared/layout.js';
import * as rv from '../../../assembly/target/riscv/shared/env.js';
import { ENV } from '../../../src/accel/tcg/env.js';
import type { PlacedCode } from '../../../src/accel/tcg/codegen/code-cache.js';
import type { EngineMemory } from '../../../src/accel/tcg/memory.js';
import type { TcgAccel } from '../../../src/accel/tcg/accel.js';
import type { Vcpu } from '../../../src/accel/tcg/vcpu.js';
import { createHart } from '../hart.js';

/** What the second thread is started with. */
export interface SecondSetup {
  readonly wasm: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly arena: EngineMemory['arena'];
  readonly engine: number;
  readonly start: number;
  /** Undefined: everything in tci. */
  readonly hotThreshold?: number;
}

export type ToSecond = { readonly kind: 'run' } | { readonly kind: 'place'; readonly id: number; readonly code: readonly PlacedCode[] };

export type FromSecond =
  | { readonly kind: 'ready'; readonly env: number }
  | { readonly kind: 'placed'; readonly id: number }
  | { readonly kind: 'hot' | 'misses'; readonly tb: number; readonly generation: number }
  | { readonly kind: 'ended'; readonly why: string; readonly atomicsOfGeneratedCode: number };

/** A hart at `start`, with its number in a0. */
export function hartAt(accel: TcgAccel, start: number, number: number): Vcpu {
  const cpu = createHart(accel, 'rv64', start);
  cpu.write64(rv.RV_X + 8 * 10, BigInt(number));
  cpu.write64(rv.RV_MHARTID, BigInt(number));
  return cpu;
}

/** Runs to a wait for an interrupt that does not come. Returns '', or why it could not. `between`: after each slice. */
export async function runToEnd(accel: TcgAccel, cpu: Vcpu, between: (slice: number) => void = () => {}): Promise<string> {
  const end = performance.now() + 120_000;
  for (let slice = 0; performance.now() < end; slice++) {
    const reason = cpu.exec(20_000);
    if (reason === layout.EXEC_HALTED) return '';
    if (reason !== layout.EXEC_BUDGET && reason !== layout.EXEC_REQUEST) return `exit ${reason} ${accel.translateError}`;
    between(slice);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return `did not end: pc ${cpu.get(ENV.pc).toString(16)}`;
}
