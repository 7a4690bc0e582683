/** The CPU's registers for gdb: features and names are gdb's (GDB manual, "PowerPC Features"), those of SPRs QEMU's; the numbers are QEMU's for 32 bits. */
import type { GdbDescription, GdbFeature, GdbRegister } from '../../hw/core/gdb-registers.js';
import type { Spr } from './sprs.js';

const FIRST_F = 71;
const PC = 64;
const FPSCR = 103;
const FIRST_SPR = 104;

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

/** `info registers spr`, `$srr0`; in the order of their numbers. The core has XER, LR and CTR, and the time base is there by the numbers that read it. */
function sprFeature(sprs: readonly Spr[]): GdbFeature {
  const inOrder = [...sprs].sort((a, b) => a.number - b.number).map(({ name }) => name.toLowerCase());
  const registers = inOrder.map((name, n): GdbRegister => ({ name, bits: 32, number: FIRST_SPR + n, group: 'spr' }));
  const isElsewhere = ({ name }: GdbRegister): boolean => core.registers.some((each) => each.name === name);
  const own = registers.filter((each, n) => !isElsewhere(each) && inOrder.indexOf(each.name) === n);
  return { name: 'org.qemu.power.spr', annex: 'power-spr.xml', registers: own };
}

export const describeToGdb = (sprs: readonly Spr[]): GdbDescription => ({
  architecture: 'powerpc:common',
  littleEndian: false,
  hasMmu: true,
  addressBits: 32,
  features: [core, fpu, sprFeature(sprs)],
});
