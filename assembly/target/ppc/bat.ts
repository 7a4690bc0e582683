// Block address translation. PEM, 7.4.
import { TLB_KIND_CODE } from '../../shared/layout';
import { hasFeature } from './cpu';
import { FEATURE_HIGH_BATS, HID2_HBE } from './shared/oea';
import { ppc } from './env';
import { PPC_DBAT, PPC_IBAT } from './shared/env';

const VS: u32 = 2;
const VP: u32 = 1;
/** BEPI and BRPN: blocks are of 128 KiB at least. */
const BLOCK_NUMBER: u32 = 0xfffe0000;
const BLOCK_LENGTH: u32 = 0x1ffc;
/** From BL in the register to the bits of an address that it says are not compared. */
const LENGTH_SHIFT: u32 = 15;
const PP: u32 = 3;
const WIMG: u32 = 0x78;

/** What the last batFind found. */
export let batPhys: u32 = 0;
/** PAGE_* rights. */
export let batRights: i32 = 0;
/** WIMG, where a PTE has it. */
export let batWimg: u32 = 0;

/** Read, write, execute, as tlbSetPage has them, by PP (PEM, table 7-10). */
@inline
function rightsOf(pp: u32): i32 {
  return pp == 0 ? 0 : pp == 2 ? 7 : 5;
}

/** How many of each kind count now. */
@inline
function inUse(env: usize): u32 {
  return hasFeature(env, FEATURE_HIGH_BATS) && (ppc(env).hid2 & HID2_HBE) != 0 ? 8 : 4;
}

/** Whether a block has the address; `user`: as seen from user mode. */
export function batFind(env: usize, addr: u32, kind: i32, user: bool): bool {
  const valid: u32 = user ? VP : VS;
  let bat = env + (kind == TLB_KIND_CODE ? PPC_IBAT : PPC_DBAT);
  for (let left = inUse(env); left > 0; left--, bat += 8) {
    const upper = load<u32>(bat);
    if ((upper & valid) == 0) continue;
    const inside = ((upper & BLOCK_LENGTH) << LENGTH_SHIFT) | ~BLOCK_NUMBER;
    if (((addr ^ upper) & ~inside) != 0) continue;
    const lower = load<u32>(bat, 4);
    batPhys = (lower & BLOCK_NUMBER & ~inside) | (addr & inside);
    batRights = rightsOf(lower & PP);
    batWimg = lower & WIMG;
    return true;
  }
  return false;
}
