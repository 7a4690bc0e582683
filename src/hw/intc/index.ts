/** Interrupt controllers and timers: the types of this folder. */
import type { TypedClass } from '../../qom/object.js';
import { RiscvAclintMtimer, RiscvAclintSwi } from './riscv-aclint.js';
import { RiscvAplic } from './riscv-aplic.js';
import { RiscvImsic } from './riscv-imsic.js';
import { SifivePlic } from './sifive-plic.js';

export const intcDevices: readonly TypedClass[] = [RiscvAclintMtimer, RiscvAclintSwi, RiscvAplic, RiscvImsic, SifivePlic];
