// The RISC-V part of the module's exports: helpers of generated code, and what TypeScript calls. assembly/index.ts re-exports all of it, and the helpers of access/, which stand on the soft MMU that stands on these.
export * from './bitmanip';
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
export { riscvTlbFill, riscvTranslateDebug } from './mmu';
