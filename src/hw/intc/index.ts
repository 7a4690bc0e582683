/** Interrupt controllers and timers: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { I8259 } from './i8259.js';
import { RiscvAclintMtimer, RiscvAclintSwi } from './riscv-aclint.js';
import { RiscvAplic } from './riscv-aplic.js';
import { RiscvImsic } from './riscv-imsic.js';
import { SifivePlic } from './sifive-plic.js';

export const intcDevices: readonly TypedClass[] = [I8259, RiscvAclintMtimer, RiscvAclintSwi, RiscvAplic, RiscvImsic, SifivePlic];
