// The RISC-V part of the module's exports: helpers of generated code, and what TypeScript calls. assembly/index.ts re-exports all of it.
export * from './bitmanip';
export { helper_cbo_clean, helper_cbo_flush, helper_cbo_inval, helper_cbo_zero } from './cbo';
export { riscvInit, riscvPostLoad, riscvReset } from './cpu';
export { helper_csrr, helper_csrrw, helper_csrw, helper_sstatus, riscvCsrRead, riscvCsrWrite } from './csr';
export * from './fpu_helper';
export { riscvTimerTick, riscvUpdateMip } from './interrupt';
export {
  helper_fence_i,
  helper_illegal_insn,
  helper_mret,
  helper_raise_exception,
  helper_sfence_vma,
  helper_sret,
  helper_wfi,
  helper_wrs,
} from './trap';
export { riscvDoInterrupt, riscvExecInterrupt, riscvHasWork } from './trap';
export { helper_sc_probe_write, riscvTlbFill, riscvTranslateDebug } from './mmu';
