// What PowerPC adds to the module's exports: helpers of generated code, and what TypeScript calls (src/target/ppc).
export { helper_dcbz, helper_icbi, helper_lsw, helper_lswx, helper_stsw, helper_stswx } from './memory';
export * from '../excp_helper';
export * from '../fpu_helper';
export * from '../helpers';
export { ppcCr, ppcSetCr, ppcSetXer, ppcXer, updateTbFlags as ppcUpdateTbFlags } from '../cpu';
export { fpscr as ppcFpscr, setFpscr as ppcSetFpscr } from '../fpscr';
