/** Which CSRs a listing of a hart's registers shows. */

/** `info registers`: QEMU's choice and order. */
// prettier-ignore
export const DUMPED_CSRS: readonly string[] = [
  'mhartid', 'mstatus', 'mstatush', 'mip', 'mie', 'mideleg', 'medeleg', 'mtvec', 'stvec', 'mepc', 'sepc', 'mcause', 'scause', 'mtval', 'stval',
  'mscratch', 'sscratch', 'satp',
];

/** All that have no side effects when read, of those that software uses. */
// prettier-ignore
export const LISTED_CSRS: readonly string[] = [
  'fflags', 'frm', 'fcsr',
  'sstatus', 'sie', 'stvec', 'scounteren', 'senvcfg', 'sscratch', 'sepc', 'scause', 'stval', 'sip', 'satp', 'stimecmp',
  'mvendorid', 'marchid', 'mimpid', 'mhartid',
  'mstatus', 'mstatush', 'misa', 'medeleg', 'mideleg', 'mie', 'mtvec', 'mcounteren', 'menvcfg', 'mscratch', 'mepc', 'mcause', 'mtval', 'mip',
];
