// RISC-V's answers to what the runtime asks of a target (../dispatch.ts says what each of them means).
export { riscvReset as reset } from './cpu';
export { insnSize, riscvFetchMmuIdx as fetchMmuIdx, stateEnd, xlenAddress as wrapAddress } from './hart';
export { refreshMip as linesChanged } from './interrupt';
export {
  riscvAccessFault as accessFault, riscvTlbFill as tlbFill, riscvTranslateDebug as translateDebug, riscvTranslateFor as translateFor, riscvUnaligned as unaligned,
} from './mmu';
export {
  triggerBreakpoint as breakpoint, triggerCounted as counted, triggerCountOver as countOver, triggerCounts as counts, triggerWatchpoint as watchpoint,
} from './trigger';
export { riscvDoInterrupt as doInterrupt, riscvExecInterrupt as execInterrupt, riscvHasWork as hasWork } from './trap';
