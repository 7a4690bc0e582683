// Pages of the target that this module is linked with, and the TLB check (shared/layout.ts), which is made of them.
import { TLB_ENTRY_SIZE_BITS } from '../../shared/layout';
import { PAGE_BITS } from './linked';

export { PAGE_BITS };
/** Bytes. */
export const PAGE_SIZE = 1 << PAGE_BITS;
/** From an address to the offset of its entry. */
export const TLB_INDEX_SHIFT = PAGE_BITS - TLB_ENTRY_SIZE_BITS;
/** Of the page, to be sign-extended to 64 bits. */
export const TLB_PAGE_MASK = -PAGE_SIZE;
