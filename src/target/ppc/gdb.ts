/** The CPU's registers for gdb: features and names are gdb's (GDB manual, "PowerPC Features"), the numbers QEMU's for 32 bits. */
import type { GdbDescription, GdbFeature, GdbRegister } from '../../hw/core/gdb-registers.js';

const FIRST_F = 71;
const PC = 64;
const FPSCR = 103;

const core: GdbFeature = {
  name: 'org.gnu.gdb.power.core',
  annex: 'power-core.xml',
  registers: [
    ...Array.from({ length: 32 }, (_, n): GdbRegister => ({ name: `r${n}`, bits: 32, number: n })),
    { name: 'pc', bits: 32, number: PC, type: 'code_ptr' },
    { name: 'msr', bits: 32, number: PC + 1 },
    { name: 'cr', bits: 32, number: PC + 2 },
    { name: 'lr', bits: 32, number: PC + 3, type: 'code_ptr' },
    { name: 'ctr', bits: 32, number: PC + 4 },
    { name: 'xer', bits: 32, number: PC + 5 },
  ],
};

const fpu: GdbFeature = {
  name: 'org.gnu.gdb.power.fpu',
  annex: 'power-fpu.xml',
  registers: [
    ...Array.from({ length: 32 }, (_, n): GdbRegister => ({ name: `f${n}`, bits: 64, number: FIRST_F + n, type: 'ieee_double' })),
    { name: 'fpscr', bits: 32, number: FPSCR, group: 'float' },
  ],
};

export const GDB: GdbDescription = {
  architecture: 'powerpc:common',
  littleEndian: false,
  hasMmu: true,
  addressBits: 32,
  features: [core, fpu],
};
