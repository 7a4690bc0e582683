/** The TLBs in env, as those who make code see them. */
import { ENV_TLB, TLB_KINDS, TLB_TABLE_SIZE } from '../../assembly/shared/layout.js';

/** Where the table of an mmu index and a kind of access (TLB_KIND_*) is, from env. */
export const tlbTable = (mmuIdx: number, kind: number): number => ENV_TLB + (mmuIdx * TLB_KINDS + kind) * TLB_TABLE_SIZE;
