// What the jump caches of a vCPU must always be.
import { JUMP_CACHE_ENTRIES, SPACES, SPACE_CACHE, SPACE_SIZE, SPACE_USED, TB_PC } from '../shared/layout';
import { vcpu } from '../core/vcpu';
import { isValid } from '../tb/tb';
import { cellIn, isNoted } from '../tlb/jump-cache';
import { upperHalf } from '../tlb/tables';

export function checkJumpCaches(env: usize): void {
  checkCache(vcpu(env).jumpCacheHigh, true);
  for (let n = 0, space = vcpu(env).spaces; n < SPACES; n++, space += SPACE_SIZE) {
    if (load<u32>(space, SPACE_USED) != 0) checkCache(space + SPACE_CACHE, false);
  }
}

function checkCache(cache: usize, high: bool): void {
  for (let cell = cache; cell < cache + 4 * JUMP_CACHE_ENTRIES; cell += 4) {
    const tb = load<usize>(cell);
    if (tb == 0) continue;
    const pc = load<u64>(tb, TB_PC);
    assert(isValid(tb), 'jump cache: a TB that is not valid');
    assert(cellIn(cache, pc) == cell, 'jump cache: a TB in the cell of another pc');
    assert((upperHalf(pc) != 0) == high, 'jump cache: a TB of the other half of addresses');
    assert(isNoted(cache, pc), 'jump cache: a flush of its page would not find a TB');
  }
}
