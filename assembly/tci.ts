// The IR interpreter (QEMU's TCI): one switch over the bytecode of shared/tci.ts, everything it needs in locals. It follows chained TBs and
// jump-cache hits by itself, and comes back to the dispatcher for generated code, misses, faults, and the end of the slice.
import {
  ENV_EXIT_REQUEST, ENV_PC, TB_EXIT_REQUESTED, TB_EXIT_RUN, TB_FUNC, TB_ICOUNT, TB_INDIRECT, TB_INSN_TABLE, TB_JMP0, TB_JMP1, TB_PC, TB_RESUMED,
  TB_RESUMED_SINCE,
} from './shared/layout';
import * as op from './shared/tci';
import { tbMisses } from './core/host';
import { allInsnCount } from './core/cpus';
import { isReplaying } from './core/journal';
import { divS32, divS64, divU32, divU64, mulsh64, muluh64, remS32, remS64, remU32, remU64 } from './core/int128';
import { vcpu } from './core/vcpu';
import { hits, hitsWord } from './tlb/tables';
import { tciCode } from './tb/tb';
import { PAGE_SIZE } from './target/traits/pages';
import {
  a32, a64, at32u, at64, b32, b64, callResult, callVoid, cmpxchg, d32, d64, deposit, distance, extract, guestStore, guestStoreWord, hostAddress, immA, immA32, immB,
  immB32, isStore, mul32, mul64, rmw, set, sextract, slowLoad, slowStore, tlbEntry, wide32, wide64,
} from './tci-ops';
import { enter, jumpCacheFind, leaveFault, noteIndirect } from './tci-blocks';

/** Runs from `tb` on, that one in any case in tci. Returns a TB_EXIT_* value, or a TB with generated code | TB_EXIT_RUN. */
export function tciExec(env: usize, tb: usize): usize {
  if (!enter(env, tb, vcpu(env).icount != 0)) return TB_EXIT_REQUESTED;
  return run(env, tb, tciCode(tb), 0);
}

/** What the op at `ip` expects of the accumulator, if anything. */
function accumulatorFor(env: usize, ip: usize): u64 {
  const bytecode: i32 = load<u16>(ip);
  return bytecode >= op.TCI_ACC_FOR_D ? d64(env, ip) : bytecode >= op.TCI_ACC_FOR_A ? a64(env, ip) : 0;
}

/** So many misses are one too many if there is one in MISS_PERIOD instructions: each costs some 300. */
const MISS_WINDOW: u32 = 256;
const MISS_PERIOD: u64 = 1000;

/**
 * Goes on for generated code (TB_EXIT_INSIDE) at the instruction at ENV_PC, inside of `tb`. Its tci code is not optimised: nothing but globals
 * lives from one instruction to the next.
 */
export function tciResume(env: usize, tb: usize): usize {
  const table = load<usize>(tb, TB_INSN_TABLE);
  const icount = load<u32>(tb, TB_ICOUNT);
  const offset = (load<u32>(env, ENV_PC) - load<u32>(tb, TB_PC)) & (PAGE_SIZE - 1);
  let insn: u32 = 0;
  while (insn < icount && load<u16>(table + insn * op.TCI_INSN_SIZE, 2) != offset) insn++;
  if (insn == icount) return 0;
  const count = load<u32>(tb, TB_RESUMED) + 1;
  store<u32>(tb, count, TB_RESUMED);
  if (count % MISS_WINDOW == 0) {
    const now = allInsnCount();
    if (now - load<u64>(tb, TB_RESUMED_SINCE) < (MISS_WINDOW as u64) * MISS_PERIOD) tbMisses(tb);
    store<u64>(tb, now, TB_RESUMED_SINCE);
  }
  // pc as at the start of any TB, and the budget as after it
  vcpu(env).pc -= offset;
  vcpu(env).budget -= icount - insn;
  vcpu(env).lastTb = tb;
  const ip = tciCode(tb) + ((load<u16>(table + insn * op.TCI_INSN_SIZE) as usize) << 2);
  return run(env, tb, ip, accumulatorFor(env, ip));
}

/**
 * `acc` is the accumulator: the last result of an op that has one. An op that wants it does not wait until the host can load what was just stored in env, which takes
 * longer than the op (src/tcg/tci/accumulate.ts). 32-bit results are kept sign-extended, which makes ext_i32_i64 of them free (src/tcg/tci/lower.ts).
 */
function run(env: usize, tb: usize, ip: usize, acc: u64): usize {
  const icountMode = vcpu(env).icount != 0;
  let addr: u64;
  let entry: usize;
  while (true) {
    switch (load<u16>(ip) as u32) {
      case op.TCI_EXIT_TB: return load<u16>(ip, 2);
      case op.TCI_GOTO_PC_TB0:
        vcpu(env).pc += load<i32>(ip, 4);
      case op.TCI_GOTO_TB0: {
        const next = load<usize>(tb, TB_JMP0);
        if (next == 0) return tb;
        tb = next;
        if (load<u32>(tb, TB_FUNC) != 0) return tb | TB_EXIT_RUN;
        if (!enter(env, tb, icountMode)) return TB_EXIT_REQUESTED;
        ip = tciCode(tb);
        continue;
      }
      case op.TCI_GOTO_PC_TB1:
        vcpu(env).pc += load<i32>(ip, 4);
      case op.TCI_GOTO_TB1: {
        const next = load<usize>(tb, TB_JMP1);
        if (next == 0) return tb | 1;
        tb = next;
        if (load<u32>(tb, TB_FUNC) != 0) return tb | TB_EXIT_RUN;
        if (!enter(env, tb, icountMode)) return TB_EXIT_REQUESTED;
        ip = tciCode(tb);
        continue;
      }
      case op.TCI_GOTO_PTR: {
        const next = jumpCacheFind(env);
        if (next == 0) return 0;
        if (load<usize>(tb, TB_INDIRECT) != next && !isReplaying()) noteIndirect(tb, next);
        tb = next;
        if (load<u32>(tb, TB_FUNC) != 0) return tb | TB_EXIT_RUN;
        if (!enter(env, tb, icountMode)) return TB_EXIT_REQUESTED;
        ip = tciCode(tb);
        continue;
      }
      case op.TCI_BR: ip += (load<i32>(ip, 4) << 2) as usize; continue;
      case op.TCI_MOV: set(env, ip, (acc = a64(env, ip))); ip += 8; continue;
      case op.TCI_MOVI: set(env, ip, (acc = load<i32>(ip, 4) as i64 as u64)); ip += 8; continue;
      case op.TCI_MOVI64: set(env, ip, (acc = load<u64>(ip, 4))); ip += 12; continue;
      case op.TCI_ADD64: set(env, ip, (acc = a64(env, ip) + b64(env, ip))); ip += 8; continue;
      case op.TCI_ADDI64: set(env, ip, (acc = a64(env, ip) + immB(ip))); ip += 8; continue;
      case op.TCI_ADD32: set(env, ip, (acc = (a32(env, ip) + b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ADDI32: set(env, ip, (acc = (a32(env, ip) + immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_SUB64: set(env, ip, (acc = a64(env, ip) - b64(env, ip))); ip += 8; continue;
      case op.TCI_SUBI64: set(env, ip, (acc = a64(env, ip) - immB(ip))); ip += 8; continue;
      case op.TCI_SUB32: set(env, ip, (acc = (a32(env, ip) - b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_SUBI32: set(env, ip, (acc = (a32(env, ip) - immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_MUL64: set(env, ip, (acc = a64(env, ip) * b64(env, ip))); ip += 8; continue;
      case op.TCI_MULI64: set(env, ip, (acc = a64(env, ip) * immB(ip))); ip += 8; continue;
      case op.TCI_MUL32: set(env, ip, (acc = (a32(env, ip) * b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_MULI32: set(env, ip, (acc = (a32(env, ip) * immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_AND64: set(env, ip, (acc = a64(env, ip) & b64(env, ip))); ip += 8; continue;
      case op.TCI_ANDI64: set(env, ip, (acc = a64(env, ip) & immB(ip))); ip += 8; continue;
      case op.TCI_AND32: set(env, ip, (acc = (a32(env, ip) & b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ANDI32: set(env, ip, (acc = (a32(env, ip) & immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_OR64: set(env, ip, (acc = a64(env, ip) | b64(env, ip))); ip += 8; continue;
      case op.TCI_ORI64: set(env, ip, (acc = a64(env, ip) | immB(ip))); ip += 8; continue;
      case op.TCI_OR32: set(env, ip, (acc = (a32(env, ip) | b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ORI32: set(env, ip, (acc = (a32(env, ip) | immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_XOR64: set(env, ip, (acc = a64(env, ip) ^ b64(env, ip))); ip += 8; continue;
      case op.TCI_XORI64: set(env, ip, (acc = a64(env, ip) ^ immB(ip))); ip += 8; continue;
      case op.TCI_XOR32: set(env, ip, (acc = (a32(env, ip) ^ b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_XORI32: set(env, ip, (acc = (a32(env, ip) ^ immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_SHL64: set(env, ip, (acc = a64(env, ip) << b64(env, ip))); ip += 8; continue;
      case op.TCI_SHLI64: set(env, ip, (acc = a64(env, ip) << immB(ip))); ip += 8; continue;
      case op.TCI_SHL32: set(env, ip, (acc = (a32(env, ip) << b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_SHLI32: set(env, ip, (acc = (a32(env, ip) << immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_SHR64: set(env, ip, (acc = a64(env, ip) >> b64(env, ip))); ip += 8; continue;
      case op.TCI_SHRI64: set(env, ip, (acc = a64(env, ip) >> immB(ip))); ip += 8; continue;
      case op.TCI_SHR32: set(env, ip, (acc = (((a32(env, ip)) as u32 >> (b32(env, ip)) as u32) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_SHRI32: set(env, ip, (acc = (((a32(env, ip)) as u32 >> (immB32(ip)) as u32) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_SAR64: set(env, ip, (acc = ((a64(env, ip)) as i64 >> (b64(env, ip)) as i64) as u64)); ip += 8; continue;
      case op.TCI_SARI64: set(env, ip, (acc = ((a64(env, ip)) as i64 >> (immB(ip)) as i64) as u64)); ip += 8; continue;
      case op.TCI_SAR32: set(env, ip, (acc = (a32(env, ip) >> b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_SARI32: set(env, ip, (acc = (a32(env, ip) >> immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ROTL64: set(env, ip, (acc = rotl<u64>(a64(env, ip), b64(env, ip)))); ip += 8; continue;
      case op.TCI_ROTLI64: set(env, ip, (acc = rotl<u64>(a64(env, ip), immB(ip)))); ip += 8; continue;
      case op.TCI_ROTL32: set(env, ip, (acc = (rotl<u32>(a32(env, ip), b32(env, ip)) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_ROTLI32: set(env, ip, (acc = (rotl<u32>(a32(env, ip), immB32(ip)) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_ROTR64: set(env, ip, (acc = rotr<u64>(a64(env, ip), b64(env, ip)))); ip += 8; continue;
      case op.TCI_ROTRI64: set(env, ip, (acc = rotr<u64>(a64(env, ip), immB(ip)))); ip += 8; continue;
      case op.TCI_ROTR32: set(env, ip, (acc = (rotr<u32>(a32(env, ip), b32(env, ip)) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_ROTRI32: set(env, ip, (acc = (rotr<u32>(a32(env, ip), immB32(ip)) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_DIV64: set(env, ip, (acc = divS64(a64(env, ip), b64(env, ip)))); ip += 8; continue;
      case op.TCI_DIV32: set(env, ip, (acc = (divS32(a32(env, ip), b32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_DIVU64: set(env, ip, (acc = divU64(a64(env, ip), b64(env, ip)))); ip += 8; continue;
      case op.TCI_DIVU32: set(env, ip, (acc = (divU32(a32(env, ip), b32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_REM64: set(env, ip, (acc = remS64(a64(env, ip), b64(env, ip)))); ip += 8; continue;
      case op.TCI_REM32: set(env, ip, (acc = (remS32(a32(env, ip), b32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_REMU64: set(env, ip, (acc = remU64(a64(env, ip), b64(env, ip)))); ip += 8; continue;
      case op.TCI_REMU32: set(env, ip, (acc = (remU32(a32(env, ip), b32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_ANDC64: set(env, ip, (acc = a64(env, ip) & ~b64(env, ip))); ip += 8; continue;
      case op.TCI_ANDC32: set(env, ip, (acc = (a32(env, ip) & ~b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ORC64: set(env, ip, (acc = a64(env, ip) | ~b64(env, ip))); ip += 8; continue;
      case op.TCI_ORC32: set(env, ip, (acc = (a32(env, ip) | ~b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_EQV64: set(env, ip, (acc = ~(a64(env, ip) ^ b64(env, ip)))); ip += 8; continue;
      case op.TCI_EQV32: set(env, ip, (acc = (~(a32(env, ip) ^ b32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_NAND64: set(env, ip, (acc = ~(a64(env, ip) & b64(env, ip)))); ip += 8; continue;
      case op.TCI_NAND32: set(env, ip, (acc = (~(a32(env, ip) & b32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_NOR64: set(env, ip, (acc = ~(a64(env, ip) | b64(env, ip)))); ip += 8; continue;
      case op.TCI_NOR32: set(env, ip, (acc = (~(a32(env, ip) | b32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_MULUH64: set(env, ip, (acc = muluh64(a64(env, ip), b64(env, ip)))); ip += 8; continue;
      case op.TCI_MULUH32: set(env, ip, (acc = (((at32u(env, ip, 4) * at32u(env, ip, 6)) >> 32) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_MULSH64: set(env, ip, (acc = mulsh64(a64(env, ip), b64(env, ip)))); ip += 8; continue;
      case op.TCI_MULSH32: set(env, ip, (acc = ((((a32(env, ip) as i64) * (b32(env, ip) as i64)) >> 32) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_CLZ64: set(env, ip, (acc = a64(env, ip) == 0 ? b64(env, ip) : clz<u64>(a64(env, ip)))); ip += 8; continue;
      case op.TCI_CLZ32: set(env, ip, (acc = (a32(env, ip) == 0 ? b32(env, ip) : clz<i32>(a32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_CTZ64: set(env, ip, (acc = a64(env, ip) == 0 ? b64(env, ip) : ctz<u64>(a64(env, ip)))); ip += 8; continue;
      case op.TCI_CTZ32: set(env, ip, (acc = (a32(env, ip) == 0 ? b32(env, ip) : ctz<i32>(a32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_NEG64: set(env, ip, (acc = 0 - a64(env, ip))); ip += 8; continue;
      case op.TCI_NEG32: set(env, ip, (acc = (i32(0) - a32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_NOT64: set(env, ip, (acc = ~a64(env, ip))); ip += 8; continue;
      case op.TCI_NOT32: set(env, ip, (acc = (~a32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_EXT8S64: set(env, ip, (acc = (a64(env, ip) as i8) as i64 as u64)); ip += 8; continue;
      case op.TCI_EXT8S32: set(env, ip, (acc = ((a32(env, ip) as i8) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_EXT8U64: set(env, ip, (acc = a64(env, ip) & 0xff)); ip += 8; continue;
      case op.TCI_EXT8U32: set(env, ip, (acc = (a32(env, ip) & 0xff) as i64 as u64)); ip += 8; continue;
      case op.TCI_EXT16S64: set(env, ip, (acc = (a64(env, ip) as i16) as i64 as u64)); ip += 8; continue;
      case op.TCI_EXT16S32: set(env, ip, (acc = ((a32(env, ip) as i16) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_EXT16U64: set(env, ip, (acc = a64(env, ip) & 0xffff)); ip += 8; continue;
      case op.TCI_EXT16U32: set(env, ip, (acc = (a32(env, ip) & 0xffff) as i64 as u64)); ip += 8; continue;
      case op.TCI_BSWAP16_64: set(env, ip, (acc = bswap<u16>(a64(env, ip) as u16) as u64)); ip += 8; continue;
      case op.TCI_BSWAP16_32: set(env, ip, (acc = (bswap<u16>(a32(env, ip) as u16) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_BSWAP32_64: set(env, ip, (acc = bswap<u32>(a64(env, ip) as u32) as u64)); ip += 8; continue;
      case op.TCI_BSWAP32_32: set(env, ip, (acc = (bswap<u32>(a32(env, ip)) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_CTPOP64: set(env, ip, (acc = popcnt<u64>(a64(env, ip)))); ip += 8; continue;
      case op.TCI_CTPOP32: set(env, ip, (acc = (popcnt<i32>(a32(env, ip))) as i64 as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_EQ: set(env, ip, (acc = ((a64(env, ip) as i64) == (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_NE: set(env, ip, (acc = ((a64(env, ip) as i64) != (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_LT: set(env, ip, (acc = ((a64(env, ip) as i64) < (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_GE: set(env, ip, (acc = ((a64(env, ip) as i64) >= (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_LE: set(env, ip, (acc = ((a64(env, ip) as i64) <= (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_GT: set(env, ip, (acc = ((a64(env, ip) as i64) > (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_LTU: set(env, ip, (acc = ((a64(env, ip) as u64) < (b64(env, ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_GEU: set(env, ip, (acc = ((a64(env, ip) as u64) >= (b64(env, ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_LEU: set(env, ip, (acc = ((a64(env, ip) as u64) <= (b64(env, ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND64_GTU: set(env, ip, (acc = ((a64(env, ip) as u64) > (b64(env, ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_EQ: set(env, ip, (acc = ((a64(env, ip) as i64) == (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_NE: set(env, ip, (acc = ((a64(env, ip) as i64) != (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_LT: set(env, ip, (acc = ((a64(env, ip) as i64) < (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_GE: set(env, ip, (acc = ((a64(env, ip) as i64) >= (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_LE: set(env, ip, (acc = ((a64(env, ip) as i64) <= (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_GT: set(env, ip, (acc = ((a64(env, ip) as i64) > (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_LTU: set(env, ip, (acc = ((a64(env, ip) as u64) < (immB(ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_GEU: set(env, ip, (acc = ((a64(env, ip) as u64) >= (immB(ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_LEU: set(env, ip, (acc = ((a64(env, ip) as u64) <= (immB(ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI64_GTU: set(env, ip, (acc = ((a64(env, ip) as u64) > (immB(ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_EQ: set(env, ip, (acc = ((a32(env, ip) as i32) == (b32(env, ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_NE: set(env, ip, (acc = ((a32(env, ip) as i32) != (b32(env, ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_LT: set(env, ip, (acc = ((a32(env, ip) as i32) < (b32(env, ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_GE: set(env, ip, (acc = ((a32(env, ip) as i32) >= (b32(env, ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_LE: set(env, ip, (acc = ((a32(env, ip) as i32) <= (b32(env, ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_GT: set(env, ip, (acc = ((a32(env, ip) as i32) > (b32(env, ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_LTU: set(env, ip, (acc = ((a32(env, ip) as u32) < (b32(env, ip) as u32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_GEU: set(env, ip, (acc = ((a32(env, ip) as u32) >= (b32(env, ip) as u32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_LEU: set(env, ip, (acc = ((a32(env, ip) as u32) <= (b32(env, ip) as u32)) as u64)); ip += 8; continue;
      case op.TCI_SETCOND32_GTU: set(env, ip, (acc = ((a32(env, ip) as u32) > (b32(env, ip) as u32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_EQ: set(env, ip, (acc = ((a32(env, ip) as i32) == (immB32(ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_NE: set(env, ip, (acc = ((a32(env, ip) as i32) != (immB32(ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_LT: set(env, ip, (acc = ((a32(env, ip) as i32) < (immB32(ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_GE: set(env, ip, (acc = ((a32(env, ip) as i32) >= (immB32(ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_LE: set(env, ip, (acc = ((a32(env, ip) as i32) <= (immB32(ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_GT: set(env, ip, (acc = ((a32(env, ip) as i32) > (immB32(ip) as i32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_LTU: set(env, ip, (acc = ((a32(env, ip) as u32) < (immB32(ip) as u32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_GEU: set(env, ip, (acc = ((a32(env, ip) as u32) >= (immB32(ip) as u32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_LEU: set(env, ip, (acc = ((a32(env, ip) as u32) <= (immB32(ip) as u32)) as u64)); ip += 8; continue;
      case op.TCI_SETCONDI32_GTU: set(env, ip, (acc = ((a32(env, ip) as u32) > (immB32(ip) as u32)) as u64)); ip += 8; continue;
      case op.TCI_BRCOND64_EQ: ip += (d64(env, ip) as i64) == (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_NE: ip += (d64(env, ip) as i64) != (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_LT: ip += (d64(env, ip) as i64) < (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_GE: ip += (d64(env, ip) as i64) >= (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_LE: ip += (d64(env, ip) as i64) <= (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_GT: ip += (d64(env, ip) as i64) > (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_LTU: ip += (d64(env, ip) as u64) < (a64(env, ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_GEU: ip += (d64(env, ip) as u64) >= (a64(env, ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_LEU: ip += (d64(env, ip) as u64) <= (a64(env, ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND64_GTU: ip += (d64(env, ip) as u64) > (a64(env, ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_EQ: ip += (d64(env, ip) as i64) == (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_NE: ip += (d64(env, ip) as i64) != (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_LT: ip += (d64(env, ip) as i64) < (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_GE: ip += (d64(env, ip) as i64) >= (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_LE: ip += (d64(env, ip) as i64) <= (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_GT: ip += (d64(env, ip) as i64) > (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_LTU: ip += (d64(env, ip) as u64) < (immA(ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_GEU: ip += (d64(env, ip) as u64) >= (immA(ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_LEU: ip += (d64(env, ip) as u64) <= (immA(ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI64_GTU: ip += (d64(env, ip) as u64) > (immA(ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_EQ: ip += (d32(env, ip) as i32) == (a32(env, ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_NE: ip += (d32(env, ip) as i32) != (a32(env, ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_LT: ip += (d32(env, ip) as i32) < (a32(env, ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_GE: ip += (d32(env, ip) as i32) >= (a32(env, ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_LE: ip += (d32(env, ip) as i32) <= (a32(env, ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_GT: ip += (d32(env, ip) as i32) > (a32(env, ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_LTU: ip += (d32(env, ip) as u32) < (a32(env, ip) as u32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_GEU: ip += (d32(env, ip) as u32) >= (a32(env, ip) as u32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_LEU: ip += (d32(env, ip) as u32) <= (a32(env, ip) as u32) ? distance(ip) : 8; continue;
      case op.TCI_BRCOND32_GTU: ip += (d32(env, ip) as u32) > (a32(env, ip) as u32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_EQ: ip += (d32(env, ip) as i32) == (immA32(ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_NE: ip += (d32(env, ip) as i32) != (immA32(ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_LT: ip += (d32(env, ip) as i32) < (immA32(ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_GE: ip += (d32(env, ip) as i32) >= (immA32(ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_LE: ip += (d32(env, ip) as i32) <= (immA32(ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_GT: ip += (d32(env, ip) as i32) > (immA32(ip) as i32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_LTU: ip += (d32(env, ip) as u32) < (immA32(ip) as u32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_GEU: ip += (d32(env, ip) as u32) >= (immA32(ip) as u32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_LEU: ip += (d32(env, ip) as u32) <= (immA32(ip) as u32) ? distance(ip) : 8; continue;
      case op.TCI_BRCONDI32_GTU: ip += (d32(env, ip) as u32) > (immA32(ip) as u32) ? distance(ip) : 8; continue;
      case op.TCI_MOVCOND_EQ: set(env, ip, (acc = (a64(env, ip) as i64) == (b64(env, ip) as i64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_NE: set(env, ip, (acc = (a64(env, ip) as i64) != (b64(env, ip) as i64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_LT: set(env, ip, (acc = (a64(env, ip) as i64) < (b64(env, ip) as i64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_GE: set(env, ip, (acc = (a64(env, ip) as i64) >= (b64(env, ip) as i64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_LE: set(env, ip, (acc = (a64(env, ip) as i64) <= (b64(env, ip) as i64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_GT: set(env, ip, (acc = (a64(env, ip) as i64) > (b64(env, ip) as i64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_LTU: set(env, ip, (acc = (a64(env, ip) as u64) < (b64(env, ip) as u64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_GEU: set(env, ip, (acc = (a64(env, ip) as u64) >= (b64(env, ip) as u64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_LEU: set(env, ip, (acc = (a64(env, ip) as u64) <= (b64(env, ip) as u64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_MOVCOND_GTU: set(env, ip, (acc = (a64(env, ip) as u64) > (b64(env, ip) as u64) ? at64(env, ip, 8) : at64(env, ip, 10))); ip += 12; continue;
      case op.TCI_EXT32S: set(env, ip, (acc = a32(env, ip) as i64 as u64)); ip += 8; continue;
      case op.TCI_EXT32U: set(env, ip, (acc = at32u(env, ip, 4))); ip += 8; continue;
      case op.TCI_EXTRH: set(env, ip, (acc = ((a64(env, ip) as i64) >> 32) as u64)); ip += 8; continue;
      case op.TCI_BSWAP64_64: set(env, ip, (acc = bswap<u64>(a64(env, ip)))); ip += 8; continue;
      case op.TCI_EXTRACT64: set(env, ip, (acc = extract(a64(env, ip), load<u16>(ip, 6)))); ip += 8; continue;
      case op.TCI_EXTRACT32: set(env, ip, (acc = (extract(at32u(env, ip, 4), load<u16>(ip, 6)) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_SEXTRACT64: case op.TCI_SEXTRACT32: set(env, ip, (acc = sextract(a64(env, ip), load<u16>(ip, 6)))); ip += 8; continue;
      case op.TCI_DEPOSIT64: set(env, ip, (acc = deposit(a64(env, ip), b64(env, ip), ip))); ip += 12; continue;
      case op.TCI_DEPOSIT32: set(env, ip, (acc = (deposit(a64(env, ip), b64(env, ip), ip) as i32) as i64 as u64)); ip += 12; continue;
      case op.TCI_MULU2_64: mul64(env, ip, false); ip += 12; continue;
      case op.TCI_MULU2_32: mul32(env, ip, false); ip += 12; continue;
      case op.TCI_MULS2_64: mul64(env, ip, true); ip += 12; continue;
      case op.TCI_MULS2_32: mul32(env, ip, true); ip += 12; continue;
      case op.TCI_ADD2_64: wide64(env, ip, false); ip += 16; continue;
      case op.TCI_ADD2_32: wide32(env, ip, false); ip += 16; continue;
      case op.TCI_SUB2_64: wide64(env, ip, true); ip += 16; continue;
      case op.TCI_SUB2_32: wide32(env, ip, true); ip += 16; continue;
      case op.TCI_LD8U: set(env, ip, (acc = load<u8>(env + load<u16>(ip, 4)))); ip += 8; continue;
      case op.TCI_LD8S: set(env, ip, (acc = load<i8>(env + load<u16>(ip, 4)) as i64 as u64)); ip += 8; continue;
      case op.TCI_LD16U: set(env, ip, (acc = load<u16>(env + load<u16>(ip, 4)))); ip += 8; continue;
      case op.TCI_LD16S: set(env, ip, (acc = load<i16>(env + load<u16>(ip, 4)) as i64 as u64)); ip += 8; continue;
      case op.TCI_LD32U: set(env, ip, (acc = load<u32>(env + load<u16>(ip, 4)))); ip += 8; continue;
      case op.TCI_LD32S: set(env, ip, (acc = load<i32>(env + load<u16>(ip, 4)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ST8: store<u8>(env + load<u16>(ip, 4), d32(env, ip) as u8); ip += 8; continue;
      case op.TCI_ST16: store<u16>(env + load<u16>(ip, 4), d32(env, ip) as u16); ip += 8; continue;
      case op.TCI_ST32: store<u32>(env + load<u16>(ip, 4), d32(env, ip)); ip += 8; continue;
      case op.TCI_QLD8U: if (!hits((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 1)) break; set(env, ip, (acc = load<u8>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QLD8S: if (!hits((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 1)) break; set(env, ip, (acc = load<i8>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QLD16U: if (!hits((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 2)) break; set(env, ip, (acc = load<u16>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QLD16S: if (!hits((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 2)) break; set(env, ip, (acc = load<i16>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QLD32U: if (!hits((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 4)) break; set(env, ip, (acc = load<u32>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QLD32S: if (!hits((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 4)) break; set(env, ip, (acc = load<i32>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QLD64: if (!hits((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 8)) break; set(env, ip, (acc = load<u64>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QST8: if (!guestStore<u8>(env, ip, a64(env, ip) + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_QST16: if (!guestStore<u16>(env, ip, a64(env, ip) + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_QST32: if (!guestStore<u32>(env, ip, a64(env, ip) + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_QST64: if (!guestStore<u64>(env, ip, a64(env, ip) + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_QLD32U_ALIGNED: if (!hitsWord((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 4)) break; set(env, ip, (acc = load<u32>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QLD64_ALIGNED: if (!hitsWord((entry = tlbEntry(env, ip, (addr = a64(env, ip) + immB(ip)))), addr, 8)) break; set(env, ip, (acc = load<u64>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_QST32_ALIGNED: if (!guestStoreWord<u32>(env, ip, a64(env, ip) + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_QST64_ALIGNED: if (!guestStoreWord<u64>(env, ip, a64(env, ip) + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_QLD_ANY: break;
      case op.TCI_QST_ANY: break;
      case op.TCI_ATOMIC_RMW: if (!rmw(env, ip)) return leaveFault(env, tb, ip); ip += 12; continue;
      case op.TCI_ATOMIC_CMPXCHG: if (!cmpxchg(env, ip)) return leaveFault(env, tb, ip); ip += 12; continue;
      // A sequentially consistent read-modify-write orders as a fence does; asc 0.28 emits an atomic.fence that its own validator rejects.
      case op.TCI_FENCE: atomic.add<u32>(env, 0, ENV_EXIT_REQUEST); ip += 4; continue;
      case op.TCI_CALL0V: if (!callVoid(env, ip, 0)) return leaveFault(env, tb, ip); ip += 8; continue;
      case op.TCI_CALL1V: if (!callVoid(env, ip, 1)) return leaveFault(env, tb, ip); ip += 12; continue;
      case op.TCI_CALL2V: if (!callVoid(env, ip, 2)) return leaveFault(env, tb, ip); ip += 12; continue;
      case op.TCI_CALL3V: if (!callVoid(env, ip, 3)) return leaveFault(env, tb, ip); ip += 16; continue;
      case op.TCI_CALL4V: if (!callVoid(env, ip, 4)) return leaveFault(env, tb, ip); ip += 16; continue;
      case op.TCI_CALL5V: if (!callVoid(env, ip, 5)) return leaveFault(env, tb, ip); ip += 20; continue;
      case op.TCI_CALL0: if (!callResult(env, ip, 0)) return leaveFault(env, tb, ip); ip += 8; continue;
      case op.TCI_CALL1: if (!callResult(env, ip, 1)) return leaveFault(env, tb, ip); ip += 12; continue;
      case op.TCI_CALL2: if (!callResult(env, ip, 2)) return leaveFault(env, tb, ip); ip += 12; continue;
      case op.TCI_CALL3: if (!callResult(env, ip, 3)) return leaveFault(env, tb, ip); ip += 16; continue;
      case op.TCI_CALL4: if (!callResult(env, ip, 4)) return leaveFault(env, tb, ip); ip += 16; continue;
      case op.TCI_CALL5: if (!callResult(env, ip, 5)) return leaveFault(env, tb, ip); ip += 20; continue;
      case op.TCI_ACC_QLD8U: if (!hits((entry = tlbEntry(env, ip, (addr = acc + immB(ip)))), addr, 1)) break; set(env, ip, (acc = load<u8>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_ACC_QLD8S: if (!hits((entry = tlbEntry(env, ip, (addr = acc + immB(ip)))), addr, 1)) break; set(env, ip, (acc = load<i8>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_ACC_QLD16U: if (!hits((entry = tlbEntry(env, ip, (addr = acc + immB(ip)))), addr, 2)) break; set(env, ip, (acc = load<u16>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_ACC_QLD16S: if (!hits((entry = tlbEntry(env, ip, (addr = acc + immB(ip)))), addr, 2)) break; set(env, ip, (acc = load<i16>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_ACC_QLD32U: if (!hits((entry = tlbEntry(env, ip, (addr = acc + immB(ip)))), addr, 4)) break; set(env, ip, (acc = load<u32>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_ACC_QLD32S: if (!hits((entry = tlbEntry(env, ip, (addr = acc + immB(ip)))), addr, 4)) break; set(env, ip, (acc = load<i32>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_ACC_QLD64: if (!hits((entry = tlbEntry(env, ip, (addr = acc + immB(ip)))), addr, 8)) break; set(env, ip, (acc = load<u64>(hostAddress(entry, addr)) as u64)); ip += 16; continue;
      case op.TCI_ACC_ADD64: set(env, ip, (acc = acc + b64(env, ip))); ip += 8; continue;
      case op.TCI_ACC_ADDI64: set(env, ip, (acc = acc + immB(ip))); ip += 8; continue;
      case op.TCI_ACC_ADD32: set(env, ip, (acc = ((acc as i32) + b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_ADDI32: set(env, ip, (acc = ((acc as i32) + immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_SUB64: set(env, ip, (acc = acc - b64(env, ip))); ip += 8; continue;
      case op.TCI_ACC_SUBI64: set(env, ip, (acc = acc - immB(ip))); ip += 8; continue;
      case op.TCI_ACC_SUB32: set(env, ip, (acc = ((acc as i32) - b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_SUBI32: set(env, ip, (acc = ((acc as i32) - immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_AND64: set(env, ip, (acc = acc & b64(env, ip))); ip += 8; continue;
      case op.TCI_ACC_ANDI64: set(env, ip, (acc = acc & immB(ip))); ip += 8; continue;
      case op.TCI_ACC_AND32: set(env, ip, (acc = ((acc as i32) & b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_ANDI32: set(env, ip, (acc = ((acc as i32) & immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_OR64: set(env, ip, (acc = acc | b64(env, ip))); ip += 8; continue;
      case op.TCI_ACC_ORI64: set(env, ip, (acc = acc | immB(ip))); ip += 8; continue;
      case op.TCI_ACC_OR32: set(env, ip, (acc = ((acc as i32) | b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_ORI32: set(env, ip, (acc = ((acc as i32) | immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_XOR64: set(env, ip, (acc = acc ^ b64(env, ip))); ip += 8; continue;
      case op.TCI_ACC_XORI64: set(env, ip, (acc = acc ^ immB(ip))); ip += 8; continue;
      case op.TCI_ACC_XOR32: set(env, ip, (acc = ((acc as i32) ^ b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_XORI32: set(env, ip, (acc = ((acc as i32) ^ immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_SHL64: set(env, ip, (acc = acc << b64(env, ip))); ip += 8; continue;
      case op.TCI_ACC_SHLI64: set(env, ip, (acc = acc << immB(ip))); ip += 8; continue;
      case op.TCI_ACC_SHL32: set(env, ip, (acc = ((acc as i32) << b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_SHLI32: set(env, ip, (acc = ((acc as i32) << immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_SHR64: set(env, ip, (acc = acc >> b64(env, ip))); ip += 8; continue;
      case op.TCI_ACC_SHRI64: set(env, ip, (acc = acc >> immB(ip))); ip += 8; continue;
      case op.TCI_ACC_SHR32: set(env, ip, (acc = ((((acc as i32)) as u32 >> (b32(env, ip)) as u32) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_SHRI32: set(env, ip, (acc = ((((acc as i32)) as u32 >> (immB32(ip)) as u32) as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_SAR64: set(env, ip, (acc = ((acc) as i64 >> (b64(env, ip)) as i64) as u64)); ip += 8; continue;
      case op.TCI_ACC_SARI64: set(env, ip, (acc = ((acc) as i64 >> (immB(ip)) as i64) as u64)); ip += 8; continue;
      case op.TCI_ACC_SAR32: set(env, ip, (acc = ((acc as i32) >> b32(env, ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_SARI32: set(env, ip, (acc = ((acc as i32) >> immB32(ip)) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_EXT8U64: set(env, ip, (acc = acc & 0xff)); ip += 8; continue;
      case op.TCI_ACC_EXT16U64: set(env, ip, (acc = acc & 0xffff)); ip += 8; continue;
      case op.TCI_ACC_MOV: set(env, ip, (acc = acc)); ip += 8; continue;
      case op.TCI_ACC_EXT32S: set(env, ip, (acc = (acc as i32) as i64 as u64)); ip += 8; continue;
      case op.TCI_ACC_EXT32U: set(env, ip, (acc = (acc as u32 as u64))); ip += 8; continue;
      case op.TCI_ACC_QST8: if (!guestStore<u8>(env, ip, acc + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_ACC_QST16: if (!guestStore<u16>(env, ip, acc + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_ACC_QST32: if (!guestStore<u32>(env, ip, acc + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_ACC_QST64: if (!guestStore<u64>(env, ip, acc + immB(ip), d64(env, ip))) break; ip += 16; continue;
      case op.TCI_ACCV_QST8: if (!guestStore<u8>(env, ip, a64(env, ip) + immB(ip), acc)) break; ip += 16; continue;
      case op.TCI_ACCV_QST16: if (!guestStore<u16>(env, ip, a64(env, ip) + immB(ip), acc)) break; ip += 16; continue;
      case op.TCI_ACCV_QST32: if (!guestStore<u32>(env, ip, a64(env, ip) + immB(ip), acc)) break; ip += 16; continue;
      case op.TCI_ACCV_QST64: if (!guestStore<u64>(env, ip, a64(env, ip) + immB(ip), acc)) break; ip += 16; continue;
      case op.TCI_ACC_BRCOND64_EQ: ip += (acc as i64) == (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_NE: ip += (acc as i64) != (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_LT: ip += (acc as i64) < (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_GE: ip += (acc as i64) >= (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_LE: ip += (acc as i64) <= (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_GT: ip += (acc as i64) > (a64(env, ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_LTU: ip += (acc as u64) < (a64(env, ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_GEU: ip += (acc as u64) >= (a64(env, ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_LEU: ip += (acc as u64) <= (a64(env, ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCOND64_GTU: ip += (acc as u64) > (a64(env, ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_EQ: ip += (acc as i64) == (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_NE: ip += (acc as i64) != (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_LT: ip += (acc as i64) < (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_GE: ip += (acc as i64) >= (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_LE: ip += (acc as i64) <= (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_GT: ip += (acc as i64) > (immA(ip) as i64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_LTU: ip += (acc as u64) < (immA(ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_GEU: ip += (acc as u64) >= (immA(ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_LEU: ip += (acc as u64) <= (immA(ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_BRCONDI64_GTU: ip += (acc as u64) > (immA(ip) as u64) ? distance(ip) : 8; continue;
      case op.TCI_ACC_SETCOND64_EQ: set(env, ip, (acc = ((acc as i64) == (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_NE: set(env, ip, (acc = ((acc as i64) != (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_LT: set(env, ip, (acc = ((acc as i64) < (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_GE: set(env, ip, (acc = ((acc as i64) >= (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_LE: set(env, ip, (acc = ((acc as i64) <= (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_GT: set(env, ip, (acc = ((acc as i64) > (b64(env, ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_LTU: set(env, ip, (acc = ((acc as u64) < (b64(env, ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_GEU: set(env, ip, (acc = ((acc as u64) >= (b64(env, ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_LEU: set(env, ip, (acc = ((acc as u64) <= (b64(env, ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCOND64_GTU: set(env, ip, (acc = ((acc as u64) > (b64(env, ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_EQ: set(env, ip, (acc = ((acc as i64) == (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_NE: set(env, ip, (acc = ((acc as i64) != (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_LT: set(env, ip, (acc = ((acc as i64) < (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_GE: set(env, ip, (acc = ((acc as i64) >= (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_LE: set(env, ip, (acc = ((acc as i64) <= (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_GT: set(env, ip, (acc = ((acc as i64) > (immB(ip) as i64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_LTU: set(env, ip, (acc = ((acc as u64) < (immB(ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_GEU: set(env, ip, (acc = ((acc as u64) >= (immB(ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_LEU: set(env, ip, (acc = ((acc as u64) <= (immB(ip) as u64)) as u64)); ip += 8; continue;
      case op.TCI_ACC_SETCONDI64_GTU: set(env, ip, (acc = ((acc as u64) > (immB(ip) as u64)) as u64)); ip += 8; continue;
      default: abort('tci: unknown op');
    }
    // a guest access that the inline check does not take
    const bytecode: i32 = load<u16>(ip);
    if (isStore(bytecode)) {
      if (!slowStore(env, ip)) return leaveFault(env, tb, ip);
    } else {
      if (!slowLoad(env, ip)) return leaveFault(env, tb, ip);
      acc = d64(env, ip);
    }
    ip += 16;
  }
}
