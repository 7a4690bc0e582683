/** A debugger's break- and watchpoints (BP_GDB), in the engine's tables: they are for all vCPUs. Change them while none runs. */
import { BP_GDB, BP_MEM_ACCESS, BP_MEM_READ, BP_MEM_WRITE } from '../../../assembly/shared/layout.js';
import type { Runtime } from './runtime.js';

const ACCESS = { read: BP_MEM_READ, write: BP_MEM_WRITE, access: BP_MEM_ACCESS } as const;

export type PointKind = 'breakpoint' | keyof typeof ACCESS;

const ALL_CPUS = 0;

export class DebugPoints {
  constructor(private readonly runtime: Runtime) {}

  /** `last`: of the bytes that a watchpoint is over. False: there are too many. */
  insert(kind: PointKind, first: bigint, last: bigint): boolean {
    const { exports } = this.runtime;
    return kind === 'breakpoint'
      ? exports.breakpointInsert(ALL_CPUS, first, BP_GDB) !== 0
      : exports.watchpointInsert(ALL_CPUS, first, last, BP_GDB | ACCESS[kind]) !== 0;
  }

  /** False: there is none that was inserted just so. */
  remove(kind: PointKind, first: bigint, last: bigint): boolean {
    const { exports } = this.runtime;
    return kind === 'breakpoint'
      ? exports.breakpointRemove(ALL_CPUS, first, BP_GDB) !== 0
      : exports.watchpointRemove(ALL_CPUS, first, last, BP_GDB | ACCESS[kind]) !== 0;
  }

  removeAll(): void {
    this.runtime.exports.breakpointsRemove(ALL_CPUS, BP_GDB);
    this.runtime.exports.watchpointsRemove(ALL_CPUS, BP_GDB);
  }
}

/** What a watchpoint stops at, from its BP_MEM_* bits. */
export const kindOfAccess = (access: number): keyof typeof ACCESS =>
  access === BP_MEM_ACCESS ? 'access' : access === BP_MEM_READ ? 'read' : 'write';
