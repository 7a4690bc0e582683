/**
 * Cache blocks: Zicbom, Zicboz. The prefetches of Zicbop are `ori` with rd = x0, which does nothing already.
 * Source: unprivileged ISA manual, "CMO".
 */
import type { HelperDef } from '../../tcg/opcodes.js';
import { H } from './helpers.js';
import { ADDRESS } from './operands.js';
import { Zicbom, Zicboz, insn, type Emit, type Insn } from './table.js';

const cbo =
  (helper: HelperDef): Emit =>
  (c, a) =>
    c.tcg.call(helper, -1, c.address(a.rs1, 0));

// prettier-ignore
export const RVZICBO: readonly Insn[] = [
  insn('cbo.inval', '000000000000 rs1:5 010 00000 0001111', ADDRESS, Zicbom, cbo(H.cboInval)),
  insn('cbo.clean', '000000000001 rs1:5 010 00000 0001111', ADDRESS, Zicbom, cbo(H.cboClean)),
  insn('cbo.flush', '000000000010 rs1:5 010 00000 0001111', ADDRESS, Zicbom, cbo(H.cboFlush)),
  insn('cbo.zero',  '000000000100 rs1:5 010 00000 0001111', ADDRESS, Zicboz, cbo(H.cboZero)),
];
