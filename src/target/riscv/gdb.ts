/** A hart's registers for gdb: features and names are gdb's (GDB manual, "RISC-V Features"), the numbers QEMU's. */
import type { GdbDescription, GdbFeature, GdbRegister } from '../../hw/core/gdb-registers.js';
import { CSR_NAMES } from './csr-names.js';
import { F_NAMES, X_NAMES } from './disas.js';

const PC = 32;
const FIRST_F = 33;
const PRIV = 65;
const FIRST_CSR = 66;

/** Those that hold addresses. */
const X_TYPES: Readonly<Record<number, string>> = { 1: 'code_ptr', 2: 'data_ptr', 3: 'data_ptr', 4: 'data_ptr', 8: 'data_ptr' };
const FP = 8;

/** Both widths of what an f register holds. */
const DOUBLE = 'riscv_double';
const DOUBLE_TYPE = `  <union id="${DOUBLE}"><field name="float" type="ieee_single"/><field name="double" type="ieee_double"/></union>\n`;

export interface GdbHart {
  readonly xlen: 32 | 64;
  /** Bits of its f registers; 0: it has none. */
  readonly flen: 0 | 32 | 64;
  readonly hasMmu: boolean;
  hasCsr(number: number): boolean;
}

export function gdbDescription(hart: GdbHart): GdbDescription {
  const { xlen, flen, hasMmu } = hart;
  const features = [integerFeature(xlen), ...(flen === 0 ? [] : [floatFeature(flen)]), virtualFeature(xlen), csrFeature(hart)];
  return { architecture: `riscv:rv${xlen}`, littleEndian: true, hasMmu, addressBits: xlen, features };
}

function integerFeature(xlen: number): GdbFeature {
  const registers = X_NAMES.map((abiName, i): GdbRegister => {
    const name = i === FP ? 'fp' : abiName;
    return { name, bits: xlen, number: i, type: X_TYPES[i], cpuName: `x${i}` };
  });
  registers.push({ name: 'pc', bits: xlen, number: PC, type: 'code_ptr' });
  return { name: 'org.gnu.gdb.riscv.cpu', annex: `riscv-${xlen}bit-cpu.xml`, registers };
}

function floatFeature(flen: 32 | 64): GdbFeature {
  const type = flen === 64 ? DOUBLE : 'ieee_single';
  const registers = F_NAMES.map((name, i) => ({ name, bits: flen, number: FIRST_F + i, type, cpuName: `f${i}` }));
  return { name: 'org.gnu.gdb.riscv.fpu', annex: `riscv-${flen}bit-fpu.xml`, types: flen === 64 ? DOUBLE_TYPE : '', registers };
}

function virtualFeature(xlen: number): GdbFeature {
  const registers = [{ name: 'priv', bits: xlen, number: PRIV }];
  return { name: 'org.gnu.gdb.riscv.virtual', annex: `riscv-${xlen}bit-virtual.xml`, registers };
}

function csrFeature({ xlen, hasCsr }: GdbHart): GdbFeature {
  const present = [...CSR_NAMES].filter(([number]) => hasCsr(number)).sort(([a], [b]) => a - b);
  const registers = present.map(([number, name]) => ({ name, bits: xlen, number: FIRST_CSR + number }));
  return { name: 'org.gnu.gdb.riscv.csr', annex: 'riscv-csr.xml', registers };
}
