/**
 * The plugin API: QEMU's for TCG plugins (include/qemu/qemu-plugin.h), with methods and closures in place of handles and user data. Exported as `wemu/plugin`;
 * docs/plugins.md begins from zero.
 *
 * Callbacks run in the middle of guest code, on the machine's thread: what they take, the guest waits for. What a callback throws ends the machine with one line.
 */

/** What a callback does with the guest's registers (QEMU_PLUGIN_CB_NO_REGS, R_REGS, RW_REGS). What it does not say, it must not do. */
export type RegisterAccess = 'none' | 'read' | 'write';
/** Which accesses of memory (QEMU_PLUGIN_MEM_R, W, RW). An atomic access is a load, and then a store. */
export type MemoryAccess = 'read' | 'write' | 'both';
/** Of the numbers without sign in a cell and in `value` (qemu_plugin_cond). */
export type Condition = 'never' | 'always' | 'equal' | 'not-equal' | 'less' | 'less-or-equal' | 'greater' | 'greater-or-equal';
/** Why a vCPU went on elsewhere (qemu_plugin_discon_type). */
export type Discontinuity = 'interrupt' | 'exception' | 'hostcall';

/** A number of each vCPU's own, 64 bits without sign, that inline operations reach without a call (a scoreboard's qemu_plugin_u64). */
export interface Cell {
  get(vcpu: number): bigint;
  set(vcpu: number, value: bigint): void;
  /** Of all vCPUs. */
  sum(): bigint;
  /** The cell is another's. Not while code that was made still counts in it. */
  free(): void;
}

/**
 * 65536 counters (u8) of each vCPU's own for ways from block to block, as AFL has them: a block counts at (its location) ^ (half the location of the one before).
 * From 255 a counter goes to 1.
 */
export interface EdgeMap {
  /** The counters themselves. */
  counts(vcpu: number): Uint8Array;
  /** The next block has none before it. */
  begin(vcpu: number): void;
}

export interface Register {
  readonly name: string;
  /** gdb's feature: `org.gnu.gdb.riscv.cpu`. */
  readonly feature: string;
  readonly bits: number;
}

export interface PluginVcpu {
  readonly index: number;
  /** Guest instructions up to the block that runs. */
  readonly instructionCount: number;
  /** As gdb has them. */
  registers(): readonly Register[];
  /** By its name in the manual or gdb's, `pc` is the instruction's. In callbacks with 'read' or 'write' only. @throws PluginError */
  readRegister(name: string): bigint;
  /** Not pc. In callbacks with 'write' only. @throws PluginError */
  writeRegister(name: string, value: bigint): void;
  /** Guest memory as the vCPU sees it now; undefined: not mapped. Devices are left alone. */
  readMemory(address: bigint, size: number): Uint8Array | undefined;
}

export interface Place {
  /** Guest-physical. */
  readonly address: bigint;
  /** A device answers there, not memory. */
  readonly isDevice: boolean;
  /** The region's name, and the offset in it. */
  readonly name: string;
  readonly offset: bigint;
}

/** One access; good until the callback is over. */
export interface MemoryInfo {
  /** Virtual. */
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
  readonly isStore: boolean;
  readonly isSignExtended: boolean;
  readonly isBigEndian: boolean;
  /** What was loaded or is stored, without sign. */
  readonly value: bigint;
  /** Undefined: the access has changed the map. */
  place(): Place | undefined;
}

export type VcpuCallback = (vcpu: PluginVcpu) => void;
export type MemoryCallback = (vcpu: PluginVcpu, info: MemoryInfo) => void;

/** What both blocks and instructions can be given; good while the translation callback runs. */
export interface ExecPoint {
  readonly vaddr: bigint;
  /** The symbol that it is in. */
  readonly symbol: string | undefined;
  /** Called each time before it is executed. */
  onExec(callback: VcpuCallback, registers?: RegisterAccess): void;
  /** Called if the vCPU's cell compares so. */
  onExecIf(cell: Cell, condition: Condition, value: bigint | number, callback: VcpuCallback, registers?: RegisterAccess): void;
  /** Each time before it is executed, without a call. */
  add(cell: Cell, value: bigint | number): void;
  store(cell: Cell, value: bigint | number): void;
}

export interface Insn extends ExecPoint {
  /** In its block, from 0. */
  readonly index: number;
  readonly size: number;
  readonly bytes: Uint8Array;
  /** Guest-physical. */
  readonly haddr: bigint;
  /** As objdump writes it. */
  readonly disassembly: string;
  /** It calls a function, or comes back from one or from a handler of traps. (QEMU's API does not tell.) */
  readonly flow?: 'call' | 'return';
  /** Behind each of its accesses of these kinds that has not failed. */
  onMemory(access: MemoryAccess, callback: MemoryCallback, registers?: RegisterAccess): void;
  addOnMemory(access: MemoryAccess, cell: Cell, value: bigint | number): void;
  storeOnMemory(access: MemoryAccess, cell: Cell, value: bigint | number): void;
}

/** A translation block: instructions that are executed one after the other, unless one of them traps. */
export interface Block extends ExecPoint {
  readonly insns: readonly Insn[];
  /** Each time before it is executed, without a call. `location`: 16 bits that tell it from others. */
  edge(map: EdgeMap, location: number): void;
}

export interface PluginInfo {
  /** `riscv64` */
  readonly target: string;
  readonly vcpus: number;
  readonly maxVcpus: number;
  /** Always: there is no user-mode emulation. */
  readonly isSystem: true;
}

export interface PluginApi {
  readonly info: PluginInfo;
  // What these are given is forgotten by `reset` and `uninstall`.
  onVcpuInit(callback: VcpuCallback): void;
  /** At the machine's end. */
  onVcpuExit(callback: VcpuCallback): void;
  /** It waits for an interrupt. */
  onVcpuIdle(callback: VcpuCallback): void;
  onVcpuResume(callback: VcpuCallback): void;
  /** Each block that is translated: what is to happen when it is executed is said here. */
  onTranslate(callback: (block: Block, vcpu: PluginVcpu) => void): void;
  /** `from`: the instruction that was not executed, or that trapped; `to`: where the vCPU goes on. May read registers. */
  onDiscontinuity(
    kinds: readonly Discontinuity[],
    callback: (vcpu: PluginVcpu, kind: Discontinuity, from: bigint, to: bigint) => void,
  ): void;
  /** A system call of a program in U-mode, as its trap is taken. QEMU has these in user-mode emulation only. May read registers. */
  onSyscall(callback: (vcpu: PluginVcpu, number: bigint, args: readonly bigint[]) => void): void;
  /** All blocks were forgotten. */
  onFlush(callback: () => void): void;
  /** At the machine's end, when all vCPUs have gone. */
  onExit(callback: () => void): void;
  /** A new cell, 0 for all vCPUs. @throws PluginError if there are too many */
  cell(): Cell;
  /** A new one. There is room for some sixty. @throws PluginError if there is none */
  edgeMap(): EdgeMap;
  /** To the log, with `-d plugin`. */
  outs(text: string): void;
  symbolAt(address: bigint): string | undefined;
  /** Of the host, relative to where wemu was started. @throws PluginError */
  writeFile(name: string, contents: string | Uint8Array): void;
  readFile(name: string): Uint8Array;
  /** Forgets all callbacks and translated blocks, and calls back when that has been done: to begin with others. */
  reset(done?: () => void): void;
  /** The same, and nothing more is heard of the plugin. */
  uninstall(done?: () => void): void;
}

/** What an argument may be; with a default, its type is the default's. */
export interface ArgumentSpec {
  readonly help: string;
  readonly default?: string | number | boolean;
  /** What it must be if there is no default: a text otherwise. */
  readonly type?: 'text' | 'number' | 'flag';
  readonly oneOf?: readonly string[];
}
export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;

/** Of a plugin of which no more is known than that it is one: any of them. */
type ValueOf<S extends ArgumentSpec> = ArgumentSpec extends S
  ? string | number | boolean | undefined
  : S extends { readonly type: 'number' }
    ? number
    : S extends { readonly type: 'flag' }
      ? boolean
      : S extends { readonly default: number }
        ? number
        : S extends { readonly default: boolean }
          ? boolean
          : string;
/** Without a default an argument that was not given is undefined. */
export type ArgumentValues<Specs extends ArgumentSpecs> = {
  readonly [Name in keyof Specs]: 'default' extends keyof Specs[Name] ? ValueOf<Specs[Name]> : ValueOf<Specs[Name]> | undefined;
};

export interface Plugin<Specs extends ArgumentSpecs = ArgumentSpecs> {
  readonly name: string;
  readonly description: string;
  readonly args?: Specs;
  /** Called once for each `-plugin`, before the machine's vCPUs are made. */
  install(api: PluginApi, args: ArgumentValues<Specs>): void;
}

/** For the types: a plugin's file has it as its default export. */
export const definePlugin = <const Specs extends ArgumentSpecs>(plugin: Plugin<Specs>): Plugin<Specs> => plugin;
