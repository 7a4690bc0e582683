// CM.JT and CM.JALT. Unprivileged specification, "Zcmt".
import { codeHost, codeLookup } from '../../../softmmu/fetch';
import { jvtAllowed } from '../csr_indirect';
import { isRv32, riscvFetchMmuIdx, xlenAddress } from '../hart';
import { raiseIllegal } from '../raise';
import { hart } from '../env';

const MODE: u64 = 0x3f;

/** Entry `index` of the table that jvt names, which is fetched as an instruction is. Modes other than 0 are reserved. */
export function helper_cm_jalt(env: usize, index: u64): u64 {
  const jvt = hart(env).jvt;
  if ((jvt & MODE) != 0 || !jvtAllowed(env)) {
    raiseIllegal(env);
    return 0;
  }
  const rv32 = isRv32(env);
  if (codeLookup(env, xlenAddress(env, jvt + (index << (rv32 ? 2 : 3))), riscvFetchMmuIdx(env)) == u64.MAX_VALUE) return 0;
  return (rv32 ? (load<u32>(codeHost) as u64) : load<u64>(codeHost)) & ~1;
}
