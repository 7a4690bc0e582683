// Where dcbz must not be done: it makes a block of the data cache, and where that takes none, it is for software to store zeros (PEM, 6.4.6; the processors' manuals, 4.5.6).
import { vcpu } from '../../core/vcpu';
import { isCached } from './mmu';
import { hasFeature } from './cpu';
import { PAGE_BITS } from './shared/traits';
import { CACHED_VALID, FEATURE_ALIGN_WORDS, FEATURE_DCBZ_ENABLED, FEATURE_DCBZ_UNLOCKED, HID0_DCE, HID0_DLOCK } from './shared/oea';
import { ppc } from './env';

const PAGE_MASK: u32 = (1 << PAGE_BITS) - 1;

/** Whether a block may be made at an address. The page of the last answer is kept: who clears one asks for each of its blocks. */
export function takesBlock(env: usize, addr: u32): bool {
  const hid0 = ppc(env).hid0;
  if (hasFeature(env, FEATURE_DCBZ_ENABLED) && (hid0 & HID0_DCE) == 0) return false;
  if (hasFeature(env, FEATURE_DCBZ_UNLOCKED) && (hid0 & HID0_DLOCK) != 0) return false;
  if (!hasFeature(env, FEATURE_ALIGN_WORDS)) return true;
  const page = (addr & ~PAGE_MASK) | CACHED_VALID | vcpu(env).mmuIdx;
  if (page == ppc(env).cached) return true;
  if (!isCached(env, addr, vcpu(env).mmuIdx)) return false;
  ppc(env).cached = page;
  return true;
}
