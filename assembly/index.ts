// The engine's entry: what is exported here, the host sees, beside the exports of the target (access/index.ts in its folder). A plain list, room by room.
export { arenaFree, arenaUsed } from './core/arena';
export { memoryClear } from './core/clear';
export { dirtyCount, dirtyMark, dirtyWatch } from './core/dirty';
export { cpuInsnCount, cpuRequestExit } from './core/env';
export { breakpointFrom } from './core/points';
export { mulsh64, muluh64 } from './core/int128';
export { cpuExec, setJoinThreshold } from './exec';
export { cpuCreate, cpuPhysical, cpuProbe, cpuTranslateDebug, runtimeAttach, runtimeInit, scoresCreate } from './runtime';
export {
  helper_plugin_add, helper_plugin_call, helper_plugin_call_r, helper_plugin_call_rw, helper_plugin_cond, helper_plugin_cond_r, helper_plugin_cond_rw, helper_plugin_edge,
  helper_plugin_mem, helper_plugin_mem_r, helper_plugin_mem_rw, helper_plugin_rmw, helper_plugin_rmw_r, helper_plugin_rmw_rw, helper_plugin_store,
} from './plugin';
export { atomicCmpxchg, atomicRmw } from './softmmu/atomic';
export { ldSlow } from './softmmu/load';
export { stSlow } from './softmmu/store';
export { breakpointInsert, breakpointRemove, breakpointsRemove } from './tb/breakpoints';
export { tbKnown, tbPack, tbPageKey, tbsCollect, tbsPackByPage, tbsUnpack, tbsUnpackPage } from './tb/persistent';
export {
  codeTableAlloc, engineEnter, engineLeave, tbAlloc, tbFlushAll, tbInPhysRange, tbInvalidate, tbInvalidatePhysRange, tbRegister, tbStatCount, tbStatFlushes, tbStatInvalidated,
} from './tb/tb';
export { codeNextPage, codeNextPhysPage } from './tb-lookup';
export { tciExec } from './tci';
export { setHotThreshold } from './tci-blocks';
export { targetDoInterrupt, targetReset } from './target/dispatch';
export { tlbFlush, tlbFlushAllCpus, tlbFlushPage, tlbStatFlushes } from './tlb/flush';
export { watchpointInsert, watchpointRemove, watchpointsRemove } from './tlb/watchpoints';
