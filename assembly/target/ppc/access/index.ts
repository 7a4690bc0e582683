// What PowerPC adds to the module's exports: helpers of generated code, and what TypeScript calls (src/target/ppc).
export { helper_dcbz, helper_external, helper_icbi, helper_lsw, helper_lswx, helper_stsw, helper_stswx } from './memory';
export * from '../helpers';
export * from '../fpu_helper';
export { ppcCr, ppcSetCr } from '../cr';
export { ppcSetXer, ppcXer, updateTbFlags as ppcUpdateTbFlags } from '../cpu';
export { fpscr as ppcFpscr, setFpscr as ppcSetFpscr } from '../fpscr';
export { ppcMachineCheck, ppcSoftReset } from '../excp';
export { hasWork as ppcHasWork, ppcSetLine } from '../interrupts';
export { helper_mtmsr, helper_rfi, setMsr as ppcSetMsr } from '../msr';
export { helper_mfpmc, helper_mtpmu, pmuCounter as ppcPmc, pmuDistance as ppcPmuDistance, pmuDueCycles as ppcPmuDueCycles, pmuDueTicks as ppcPmuDueTicks, pmuSettle as ppcPmuSettle } from '../pmu';
export { helper_tlbia, helper_tlbie, helper_tlbld, helper_tlbli } from '../soft_tlb';
export { helper_mfspr, helper_mfsr, helper_mtspr, helper_mtsr, helper_no_spr } from '../spr';
export { helper_synchronize } from '../stale';
export { ppcPostLoad } from '../supervisor';
export { ppcTimerTick } from '../timebase';
