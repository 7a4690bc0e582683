// PowerPC's answers to what the runtime asks of a target (../dispatch.ts says what each of them means).
export { fetchMmuIdx, insnSize, reset, stateEnd, wrapAddress } from './cpu';
export { accessFault, breakpoint, doInterrupt, execInterrupt, hasWork, linesChanged, unaligned, watchpoint } from './excp';
export { tlbFill, translateDebug, translateFor } from './mmu';
