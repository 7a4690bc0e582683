/**
 * Processor models: QEMU's names of them, in its order, their processor version register (PVR), their family, and other names that stand for them.
 * Sources: `qemu-system-ppc -cpu help` (10.0); MPC603e, MPC604e, MPC750, MPC755 and MPC7400 user's manuals, 2.1 (PVR).
 */
import type { FamilyName } from './families.js';

export interface Model {
  readonly name: string;
  readonly pvr: number;
  readonly family: FamilyName;
  readonly aliases: readonly string[];
}

const model = (name: string, pvr: number, family: FamilyName, ...aliases: string[]): Model => ({ name, pvr, family, aliases });

// prettier-ignore
export const MODELS: readonly Model[] = [
  model('603',       0x0003_0100, '603' , 'mpc8240', 'vanilla'),
  model('604',       0x0004_0103, '604' , 'ppc32', 'ppc'),
  model('603e_v1.1', 0x0006_0101, '603'),
  model('603e_v1.2', 0x0006_0102, '603'),
  model('603e_v1.3', 0x0006_0103, '603'),
  model('603e_v1.4', 0x0006_0104, '603'),
  model('603e_v2.2', 0x0006_0202, '603'),
  model('603e_v3',   0x0006_0300, '603'),
  model('603e_v4',   0x0006_0400, '603'),
  model('603e_v4.1', 0x0006_0401, '603' , '603e', 'stretch'),
  model('603p',      0x0007_0000, '603ev'),
  model('603e7v',    0x0007_0100, '603ev' , 'vaillant'),
  model('603e7v1',   0x0007_0101, '603ev'),
  model('603e7',     0x0007_0200, '603ev'),
  model('603e7v2',   0x0007_0201, '603ev'),
  model('603e7t',    0x0007_1201, '603ev' , '603r', 'goldeneye'),
  model('740_v1.0',  0x0008_0100, '740'),
  model('740e',      0x0008_0100, '740'),
  model('750_v1.0',  0x0008_0100, '740'),
  model('750_v2.0',  0x0008_0200, '740'),
  model('740_v2.0',  0x0008_0200, '740'),
  model('750e',      0x0008_0200, '740'),
  model('750_v2.1',  0x0008_0201, '740'),
  model('740_v2.1',  0x0008_0201, '740'),
  model('750_v2.2',  0x0008_0202, '740'),
  model('740_v2.2',  0x0008_0202, '740'),
  model('750_v3.0',  0x0008_0300, '740'),
  model('740_v3.0',  0x0008_0300, '740'),
  model('750_v3.1',  0x0008_0301, '740' , '750', 'typhoon', 'g3'),
  model('740_v3.1',  0x0008_0301, '740' , '740', 'arthur'),
  model('745_v1.0',  0x0008_3100, '755'),
  model('755_v1.0',  0x0008_3100, '755'),
  model('755_v1.1',  0x0008_3101, '755'),
  model('745_v1.1',  0x0008_3101, '755'),
  model('755_v2.0',  0x0008_3200, '755'),
  model('745_v2.0',  0x0008_3200, '755'),
  model('755_v2.1',  0x0008_3201, '755'),
  model('745_v2.1',  0x0008_3201, '755'),
  model('755_v2.2',  0x0008_3202, '755'),
  model('745_v2.2',  0x0008_3202, '755'),
  model('755_v2.3',  0x0008_3203, '755'),
  model('745_v2.3',  0x0008_3203, '755'),
  model('755_v2.4',  0x0008_3204, '755'),
  model('745_v2.4',  0x0008_3204, '755'),
  model('755_v2.5',  0x0008_3205, '755'),
  model('745_v2.5',  0x0008_3205, '755'),
  model('755_v2.6',  0x0008_3206, '755'),
  model('745_v2.6',  0x0008_3206, '755'),
  model('755_v2.7',  0x0008_3207, '755'),
  model('745_v2.7',  0x0008_3207, '755'),
  model('745_v2.8',  0x0008_3208, '755' , '745'),
  model('755_v2.8',  0x0008_3208, '755' , '755', 'goldfinger'),
  model('750l_v2.0', 0x0008_8200, '740'),
  model('750l_v2.1', 0x0008_8201, '740'),
  model('750l_v2.2', 0x0008_8202, '740'),
  model('750l_v3.0', 0x0008_8300, '740'),
  model('750l_v3.2', 0x0008_8302, '740' , '750l', 'lonestar'),
  model('604e_v1.0', 0x0009_0100, '604e'),
  model('604e_v2.2', 0x0009_0202, '604e'),
  model('604e_v2.4', 0x0009_0204, '604e', '604e', 'sirocco'),
  model('604r',      0x000a_0101, '604e', 'mach5'),
  model('7400_v1.0', 0x000c_0100, '7400'),
  model('7400_v1.1', 0x000c_0101, '7400'),
  model('7400_v2.0', 0x000c_0200, '7400'),
  model('7400_v2.1', 0x000c_0201, '7400'),
  model('7400_v2.2', 0x000c_0202, '7400'),
  model('7400_v2.6', 0x000c_0206, '7400'),
  model('7400_v2.7', 0x000c_0207, '7400'),
  model('7400_v2.8', 0x000c_0208, '7400'),
  model('7400_v2.9', 0x000c_0209, '7400', '7400', 'g4'),
  model('740p',      0x1008_0000, '740'),
  model('750p',      0x1008_0000, '740' , 'conan/doyle'),
];

/** What QEMU has and wemu has not, by a pattern of names: why not. */
export const REFUSED: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^601/, why: 'the 601 is not quite a PowerPC (POWER instructions, MQ, a real-time clock, unified BATs)' },
  { pattern: /^(750(c|f|g)|g2|mpc82|mpc83|mgt|e300|602)/, why: 'it has registers of its own beside those of its family' },
  { pattern: /^(74[1-9]|apollo|vger|nitro)/, why: 'it is a 74xx with AltiVec' },
  {
    pattern: /^(4\d\d|440|460|x2vp|npe|iop|e200|e500|e5500|e6500|mpc85|mpc55|stb|cobra|blackbird)/,
    why: 'it is of the BookE or 4xx architecture',
  },
  { pattern: /^(970|power|cell|rs64|620|630)/, why: 'it has 64 bits' },
];
