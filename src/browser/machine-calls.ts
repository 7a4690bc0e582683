/** What a page may do to a machine in another thread: a table of calls, whose arguments and results are plain data. */
import type { CodeView, FunctionInfo } from '../accel/code-view.js';
import type { JitInfo } from '../accel/jit-info.js';
import type { TcgAccel } from '../accel/tcg/accel.js';
import type { InspectedFunction } from '../accel/tcg/inspect.js';
import type { GdbRegister } from '../hw/core/gdb-registers.js';
import type { RegisterView } from '../hw/core/registers.js';
import type { RunState } from '../hw/core/runstate.js';
import type { SnapshotInfo } from '../system/snapshots.js';
import type { DebugPoint, DeviceInfo, DriveInfo } from '../system/control.js';
import type { Machine } from '../system/facade.js';
import { OptionError } from '../util/errors.js';

/** How a machine is, for who draws it. Instructions of all CPUs since it was made. */
export interface MachineStatus {
  readonly state: RunState;
  readonly running: boolean;
  readonly instructions: number;
  /** Guest time, ns. */
  readonly clock: bigint;
  readonly pc: bigint;
  readonly halted: boolean;
  readonly ramSize: number;
  readonly cpus: number;
  /** Undefined: the accelerator tells nothing. */
  readonly jit?: JitInfo;
}

export interface Instruction {
  readonly address: bigint;
  readonly text: string;
  readonly size: number;
}

export interface DeviceRegisters {
  readonly path: string;
  readonly type: string;
  /** Where its first region is; -1: nowhere. */
  readonly address: number;
  readonly maps: readonly { readonly name: string; readonly registers: readonly RegisterView[] }[];
}

/** A function's stages, and its wasm. */
export interface FunctionListing extends Pick<InspectedFunction, 'info' | 'blocks'> {
  /** Undefined: its guest code has changed meanwhile. */
  readonly wasm?: Uint8Array;
}

/** A CPU's registers by what the manual groups: those that programs use, then the rest. */
export interface RegisterLayout {
  /** Bits of each; of one that is not here: of an address. */
  readonly bits: Readonly<Record<string, number>>;
  readonly addressBits: number;
  /** Names of those that programs use. */
  readonly general: readonly string[];
}

/** Bytes that a call returns at most. */
const MOST_BYTES = 1 << 20;
const MOST_INSTRUCTIONS = 1000;
/** What a disassembler looks at. */
const LONGEST_INSTRUCTION = 8;
const PAGE = 4096n;

function most(count: number, limit: number, what: string): number {
  if (!Number.isSafeInteger(count) || count < 0 || count > limit)
    throw new OptionError(`${count} ${what} at once`, undefined, `${limit} at most`);
  return count;
}

const accelerator = (machine: Machine): TcgAccel => machine.state.accelerator as TcgAccel;

export const CALLS = {
  pause: (machine: Machine) => machine.pause(),
  resume: (machine: Machine) => machine.resume(),
  reset: async (machine: Machine) => void (await machine.control.reset()),
  quit: (machine: Machine) => machine.quit(),

  status: (machine: Machine): MachineStatus => {
    const { state } = machine;
    const cpu = machine.cpu();
    return {
      state: machine.runState,
      running: state.runState.running,
      instructions: state.cpus.reduce((sum, each) => sum + each.instructionCount, 0),
      clock: state.clocks.virtualNow,
      pc: cpu.pc,
      halted: cpu.halted,
      ramSize: state.ramSize,
      cpus: state.cpus.length,
      jit: state.accelerator?.info?.(),
    };
  },

  // ---- registers and memory, as a debugger sees them
  registers: (machine: Machine, cpu = 0): Record<string, bigint> => machine.readRegisters(cpu),
  registerLayout: (machine: Machine, cpu = 0): RegisterLayout => {
    const { features = [], addressBits = 64 } = machine.cpu(cpu).gdb ?? {};
    const nameOf = ({ name, cpuName = name }: GdbRegister): string => cpuName;
    const rows = features.flatMap(({ registers }) => registers);
    const bits = Object.fromEntries(rows.map((row) => [nameOf(row), row.bits]));
    return { bits, addressBits, general: features[0]?.registers.map(nameOf) ?? [] };
  },
  /** By any of its names. Undefined: there is none. */
  register: (machine: Machine, name: string, cpu = 0): bigint | undefined => machine.control.readRegister(machine.cpu(cpu), name),
  writeRegister: (machine: Machine, name: string, value: bigint, cpu = 0): void => machine.writeRegister(name, value, cpu),
  readMemory: (machine: Machine, address: bigint, size: number, cpu = 0): Uint8Array =>
    machine.readMemory(address, most(size, MOST_BYTES, 'bytes'), cpu),
  writeMemory: (machine: Machine, address: bigint, bytes: Uint8Array, cpu = 0): void => machine.writeMemory(address, bytes, cpu),
  readPhysical: (machine: Machine, address: number, size: number): Uint8Array =>
    machine.readPhysical(address, most(size, MOST_BYTES, 'bytes')),

  /** Up to the first address that is not mapped. */
  disassemble: (machine: Machine, address: bigint, count: number, cpu = 0): Instruction[] => {
    const list: Instruction[] = [];
    for (let at = address; list.length < most(count, MOST_INSTRUCTIONS, 'instructions');) {
      const insn = machine.cpu(cpu).disassemble(readable(machine, at, cpu), at);
      if (!insn) break;
      list.push({ address: at, ...insn });
      at = BigInt.asUintN(64, at + BigInt(insn.size));
    }
    return list;
  },

  symbolAt: (machine: Machine, address: bigint): string | undefined => machine.state.symbolAt(address),

  // ---- break- and watchpoints; the machine stops in state `debug`
  insertPoint: (machine: Machine, point: DebugPoint): Promise<boolean> => standing(machine, () => machine.control.points.insert(point)),
  removePoint: (machine: Machine, point: DebugPoint): Promise<boolean> => standing(machine, () => machine.control.points.remove(point)),
  /** Those that are set, by whomever. */
  points: (machine: Machine): DebugPoint[] => [...machine.control.points.all],
  /** One instruction of a CPU, the others stand still. Resolves when it is done. */
  step: async (machine: Machine, cpu = 0): Promise<void> => {
    const { control } = machine;
    await control.stop();
    const stopped = new Promise<void>((resolve) => {
      const remove = machine.onEvent(({ event }) => {
        if (event !== 'STOP' && event !== 'SHUTDOWN') return;
        remove();
        resolve();
      });
    });
    control.cont(({ cpuIndex }) => (cpuIndex === cpu ? 'step' : 'hold'));
    await stopped;
  },

  // ---- devices
  devices: (machine: Machine): DeviceInfo[] => machine.control.devices(),
  drives: (machine: Machine): DriveInfo[] => machine.control.drives(),
  deviceRegisters: (machine: Machine): DeviceRegisters[] =>
    machine.state.realizedDevices.flatMap((device) => {
      const maps = device.registerMaps;
      if (maps.length === 0) return [];
      const path = device.canonicalPath ?? '';
      const info = machine.control.devices().find((each) => each.path === path);
      return [{ path, type: device.typeName, address: info?.mmio[0]?.address ?? -1, maps }];
    }),

  // ---- snapshots of this site's own; `savevm` and `loadvm` in the monitor mean the same
  saveSnapshot: (machine: Machine, name: string): Promise<SnapshotInfo> => machine.control.saveSnapshot(name),
  loadSnapshot: (machine: Machine, name: string): Promise<void> => machine.control.loadSnapshot(name),
  deleteSnapshot: async (machine: Machine, name: string): Promise<boolean> => machine.control.deleteSnapshot(name),
  snapshots: (machine: Machine): Promise<SnapshotInfo[]> => machine.control.snapshots(),

  // ---- what became of guest code
  functions: (machine: Machine): FunctionInfo[] => accelerator(machine).inspector?.functions() ?? [],
  /** The block at `pc` as it would be translated now. Undefined: nothing that could be one is there. */
  blockAt: (machine: Machine, pc: bigint, cpu = 0): CodeView | undefined => {
    const code = new Uint8Array(Number(PAGE - (pc % PAGE)));
    const isThere = machine.control.readMemory(machine.cpu(cpu), pc, code) === undefined;
    return isThere ? accelerator(machine).inspector?.blockAt(machine.cpu(cpu).env, pc, code) : undefined;
  },
} as const;

function readable(machine: Machine, address: bigint, cpu: number): Uint8Array {
  for (let length = LONGEST_INSTRUCTION; length > 0; length >>= 1) {
    const bytes = new Uint8Array(length);
    if (machine.control.readMemory(machine.cpu(cpu), address, bytes) === undefined) return bytes;
  }
  return new Uint8Array(0);
}

/** Points change only while no CPU runs. */
async function standing(machine: Machine, change: () => boolean): Promise<boolean> {
  const wasRunning = machine.state.runState.running;
  await machine.pause();
  try {
    return change();
  } finally {
    if (wasRunning && machine.control.canContinue) machine.resume();
  }
}

type Table = typeof CALLS;
export type CallName = keyof Table;
export type CallArguments<Name extends CallName> = Parameters<Table[Name]> extends [Machine, ...infer Rest] ? Rest : never;
export type CallResult<Name extends CallName> = Awaited<ReturnType<Table[Name]>>;
