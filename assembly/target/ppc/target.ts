// PowerPC's answers to what the runtime asks of a target (../dispatch.ts says what each of them means).
export { fetchMmuIdx, insnSize, stateEnd, wrapAddress } from './cpu';
export { counted, countOver, counts } from '../../core/uncounted';
export { breakpoint, watchpoint } from './debug';
export { accessFault, doInterrupt, execInterrupt } from './excp';
export { tlbFill, translateDebug, translateFor } from './mmu';
export { hasWork, updateInterrupts as linesChanged } from './interrupts';
export { unaligned } from './raise';
export { reset } from './supervisor';
