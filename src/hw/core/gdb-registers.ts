/** The registers of a CPU as gdb knows them: a target's own table, from which the stub makes its description (GDB manual, "Target Descriptions"). */

export interface GdbRegister {
  readonly name: string;
  readonly bits: number;
  /** In the protocol. */
  readonly number: number;
  /** How gdb shows it: one of its own types (default `int`), or one of the feature's. */
  readonly type?: string;
  readonly group?: string;
  /** By which the CPU knows it (CpuState.readRegister), if not by `name`. */
  readonly cpuName?: string;
}

export interface GdbFeature {
  /** `org.gnu.gdb.riscv.cpu`. */
  readonly name: string;
  /** The file that gdb asks for. */
  readonly annex: string;
  /** Types of its own, as XML. */
  readonly types?: string;
  readonly registers: readonly GdbRegister[];
}

export interface GdbDescription {
  /** By gdb's name: `riscv:rv64`. */
  readonly architecture: string;
  readonly littleEndian: boolean;
  /** The first one's registers are what `g` and `G` transfer. */
  readonly features: readonly GdbFeature[];
  readonly hasMmu: boolean;
  readonly addressBits: 32 | 64;
}
