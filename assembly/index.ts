// The engine's entry: what is exported here, the host sees. A plain list, room by room.
export { arenaFree, arenaUsed } from './arena';
export { atomicCmpxchg, atomicRmw } from './atomic';
export { ldSlow, stSlow, tlbFlush, tlbFlushAllCpus, tlbFlushPage, tlbStatFlushes } from './cputlb';
export { cpuInsnCount, cpuRequestExit } from './env';
export { codeNextPage, codeNextPhysPage, cpuExec } from './exec';
export { mulsh64, muluh64 } from './int128';
export { cpuCreate, cpuTranslateDebug, runtimeInit } from './runtime';
export {
  codeTableAlloc, tbAlloc, tbFlushAll, tbFlushNow, tbInvalidate, tbInvalidatePhysRange, tbRegister, tbStatCount, tbStatFlushes, tbStatInvalidated,
} from './tb';
export { setHotThreshold, tciExec } from './tci';
export { targetDoInterrupt, targetReset } from './target/dispatch';
export * from './target/riscv/exports';
export * from './target/riscv/fpu_helper';
