// What RISC-V adds to the module's exports: helpers of generated code, and what TypeScript calls (src/target/riscv/cpu.ts).
export { helper_amocas_q } from './amocas';
export { helper_cbo_clean, helper_cbo_flush, helper_cbo_inval, helper_cbo_zero } from './cbo';
export { helper_ebreak } from './ebreak';
export { helper_ssamoswap, helper_sspopchk, helper_sspush } from '../shadow-stack';
export { helper_cm_jalt } from './table-jump';
export { helper_sc_probe_write } from './sc';
export * from '../bitmanip';
export * from '../crypto';
export { riscvInit, riscvPostLoad, riscvReset } from '../cpu';
export { helper_csrr, helper_csrrw, helper_csrw, helper_sstatus, riscvCsrExists, riscvCsrRead, riscvCsrWrite } from '../csr';
export * from '../fpu_helper';
export { riscvOverflowDistance, settleOverflows as riscvSettleOverflows } from '../counter';
export { riscvTimerTick, riscvUpdateMip, riscvUpdateRnmi } from '../interrupt';
export { riscvTlbFill, riscvTranslateDebug } from '../mmu';
export {
  helper_fence_i,
  helper_illegal_insn,
  helper_mnret,
  helper_mret,
  helper_pause,
  helper_raise_exception,
  helper_sfence_vma,
  helper_sret,
  helper_wfi,
  helper_wrs,
  riscvDoInterrupt,
  riscvExecInterrupt,
  riscvHasWork,
} from '../trap';
