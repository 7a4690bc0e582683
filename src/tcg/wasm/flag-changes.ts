/** TBs that may end under other TB flags than they began: a goto_ptr of theirs must look at the flags of what it leads to. */
import { ENV_TB_FLAGS } from '../../../assembly/shared/layout.js';
import { clobbersGlobals, Op, OP_WORDS, type HelperDef } from '../opcodes.js';
import type { Region, TbIr } from './region.js';

export const findFlagChanges = ({ tbs }: Region, helpers: readonly HelperDef[]): readonly boolean[] =>
  tbs.map((ir) => mayChangeFlags(ir, helpers));

/** Whether it stores to ENV_TB_FLAGS or ENV_CS_BASE behind it, or calls a helper that may change them. */
function mayChangeFlags({ ops, opCount }: TbIr, helpers: readonly HelperDef[]): boolean {
  for (let p = 0; p < opCount * OP_WORDS; p += OP_WORDS) {
    const op = ops[p];
    if (op === Op.call) {
      const helper = helpers[ops[p + 2]];
      if (helper.changesFlags || clobbersGlobals(helper)) return true;
    }
    if (op >= Op.st8_i32 && op <= Op.st32_i64 && ops[p + 2] > ENV_TB_FLAGS - 8 && ops[p + 2] < ENV_TB_FLAGS + 8) return true;
  }
  return false;
}
