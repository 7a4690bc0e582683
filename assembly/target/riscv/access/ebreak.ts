// EBREAK, which between two instructions that do nothing is a semihosting call.
import { EXCP_SEMIHOST } from '../../../shared/layout';
import { CAUSE_BREAKPOINT } from '../shared/riscv';
import { PAGE_BITS } from '../shared/traits';
import { faulted, raise } from '../../../core/env';
import { codeHost, codeLookup } from '../../../softmmu/fetch';
import { privilege, riscvFetchMmuIdx, xlenAddress } from '../hart';
import { raiseAddress } from '../raise';
import { hart } from '../env';

const SLLI_BEFORE: u32 = 0x01f01013; // slli x0, x0, 0x1f
const SRAI_AFTER: u32 = 0x40705013; // srai x0, x0, 7
const INSN: u64 = 4;
const PAGE: u64 = 1 << PAGE_BITS;

/** A breakpoint at `pc`, or the call if calls are served. What stands around it is looked at now, so that no translation depends on it. */
export function helper_ebreak(env: usize, pc: u64): void {
  const served = (hart(env).semihosting >> privilege(env)) & 1;
  if (served != 0 && isCall(env, pc)) raise(env, EXCP_SEMIHOST);
  else if (!faulted(env)) raiseAddress(env, CAUSE_BREAKPOINT, pc);
}

/**
 * All three must begin in one page; the last may end in the next one, which must be fetched then, as if it were executed. Source: RISC-V Semihosting,
 * "Semihosting Trap Instruction Sequence"; QEMU wants no more of the page than this.
 */
function isCall(env: usize, pc: u64): bool {
  const offset = pc & (PAGE - 1);
  if (offset < INSN || offset + INSN >= PAGE) return false;
  const mmuIdx = riscvFetchMmuIdx(env);
  if (codeLookup(env, pc, mmuIdx) == u64.MAX_VALUE) return false;
  const host = codeHost;
  if (load<u32>(host - 4) != SLLI_BEFORE) return false;
  if (offset + 2 * INSN <= PAGE) return load<u32>(host + 4) == SRAI_AFTER;
  if (load<u16>(host + 4) != (SRAI_AFTER as u16)) return false;
  return codeLookup(env, xlenAddress(env, pc + INSN + 2), mmuIdx) != u64.MAX_VALUE && load<u16>(codeHost) == ((SRAI_AFTER >> 16) as u16);
}
