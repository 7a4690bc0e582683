// The engine's entry: what is exported here, the host sees. A plain list, room by room.
export { arenaFree, arenaUsed } from './core/arena';
export { memoryClear } from './core/clear';
export { cpuInsnCount, cpuRequestExit } from './core/env';
export { mulsh64, muluh64 } from './core/int128';
export { cpuExec } from './exec';
export { cpuCreate, cpuProbe, cpuTranslateDebug, runtimeAttach, runtimeInit } from './runtime';
export { atomicCmpxchg, atomicRmw } from './softmmu/atomic';
export { ldSlow } from './softmmu/load';
export { stSlow } from './softmmu/store';
export {
  codeTableAlloc, engineEnter, engineLeave, tbAlloc, tbFlushAll, tbInvalidate, tbInvalidatePhysRange, tbRegister, tbStatCount, tbStatFlushes, tbStatInvalidated,
} from './tb/tb';
export { codeNextPage, codeNextPhysPage } from './tb-lookup';
export { setHotThreshold, tciExec } from './tci';
export { targetDoInterrupt, targetReset } from './target/dispatch';
export { tlbFlush, tlbFlushAllCpus, tlbFlushPage, tlbStatFlushes } from './tlb/flush';
export { helper_cbo_clean, helper_cbo_flush, helper_cbo_inval, helper_cbo_zero } from './target/riscv/access/cbo';
export { helper_ebreak } from './target/riscv/access/ebreak';
export { helper_sc_probe_write } from './target/riscv/access/sc';
export * from './target/riscv/exports';
export * from './target/riscv/fpu_helper';
