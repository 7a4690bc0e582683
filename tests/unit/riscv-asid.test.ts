// What the TLB keeps of one address space while the guest is in another. Privileged specification, sections 4.2.1 (SFENCE.VMA) and 4.3.1 (G).
import { describe, expect, it } from 'vitest';
import { Hart, RAM } from '../support/riscv-hart.js';

const [SATP, S] = [0x180, 1];
const FLAGS = 0xcfn; // V R W X A D
const GLOBAL = 0x20n;
const VIRT = 0x4000_0000n; // slot 1 of the root: a table of its own
const KERNEL = -0x1000n & 0xffff_ffff_ffff_ffffn;
const page = (n: number) => RAM + 0x10_0000 + 0x1000 * n;
const pte = (phys: number, flags: bigint) => BigInt(phys / 0x1000) * 0x400n + flags;

/** A hart in S-mode under Sv39. Page n of RAM holds the number n. */
function spaces() {
  const hart = new Hart();
  hart.write(0x3b0, (1n << 64n) - 1n);
  hart.write(0x3a0, 0x1fn);
  for (let n = 0; n < 32; n++) hart.setPhys64(page(n), BigInt(n));
  const tables = (asid: number) => RAM + 0x1_0000 + asid * 0x1_0000;
  const high = RAM + 0xf_0000;
  /** Maps VIRT, and KERNEL through tables that all spaces share. */
  const map = (asid: number, phys: number, flags = FLAGS) => {
    const root = tables(asid);
    hart.setPhys64(root + 8, pte(root + 0x1000, 1n));
    hart.setPhys64(root + 0x1000, pte(root + 0x2000, 1n));
    hart.setPhys64(root + 0x2000, pte(phys, flags));
    hart.setPhys64(root + 8 * 511, pte(high, 1n));
    hart.setPhys64(high + 8 * 511, pte(high + 0x1000, 1n));
  };
  const mapKernel = (phys: number, flags: bigint) => hart.setPhys64(high + 0x1000 + 8 * 511, pte(phys, flags));
  const satp = (asid: number, root = asid) => (8n << 60n) | (BigInt(asid) << 44n) | BigInt(tables(root) / 0x1000);
  const enter = (asid: number, root = asid) => hart.write(SATP, satp(asid, root));
  const fence = (addr: bigint, asid: number, scope: number) => hart.call('helper_sfence_vma', addr, BigInt(asid), BigInt(scope));
  for (const asid of [1, 2]) map(asid, page(asid));
  enter(1);
  hart.enter(S);
  return { hart, map, mapKernel, enter, fence };
}
const [BY_ADDRESS, BY_ASID] = [1, 2];

describe('address spaces', () => {
  it('have their own mappings, however often they change', () => {
    const { hart, map, enter } = spaces();
    const count = 12; // more than are remembered
    for (let asid = 1; asid <= count; asid++) map(asid, page(asid));
    for (let round = 0; round < 3; round++) {
      for (const asid of [1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 5, 1]) {
        enter(asid);
        expect(hart.load(VIRT), `round ${round}, ASID ${asid}`).toBe(BigInt(asid));
      }
    }
  });

  it('keep what is remembered of them until it is flushed', () => {
    const { hart, map, enter, fence } = spaces();
    expect(hart.load(VIRT)).toBe(1n);
    enter(2);
    expect(hart.load(VIRT)).toBe(2n);
    map(1, page(5));
    enter(1);
    expect(hart.load(VIRT)).toBe(1n); // not flushed: this may be, and shows that it is not walked for again
    enter(2);
    fence(0n, 1, BY_ASID);
    map(2, page(6));
    expect(hart.load(VIRT)).toBe(2n); // another space's flush
    enter(1);
    expect(hart.load(VIRT)).toBe(5n);
    fence(0n, 2, BY_ASID);
    enter(2);
    expect(hart.load(VIRT)).toBe(6n);
  });

  it.each([
    ['an address', BY_ADDRESS, 0],
    ['an address and an ASID', BY_ADDRESS | BY_ASID, 1],
    ['an ASID', BY_ASID, 1],
    ['nothing', 0, 0],
  ])('a flush by %s reaches what was put aside', (_by, scope, asid) => {
    const { hart, map, enter, fence } = spaces();
    expect(hart.load(VIRT)).toBe(1n);
    enter(2);
    map(1, page(5));
    fence(VIRT, asid, scope);
    enter(1);
    expect(hart.load(VIRT)).toBe(5n);
  });

  it('a flush of the current space by its ASID is one of it', () => {
    const { hart, map, fence } = spaces();
    expect(hart.load(VIRT)).toBe(1n);
    map(1, page(5));
    fence(0n, 1, BY_ASID);
    expect(hart.load(VIRT)).toBe(5n);
  });

  it('the same ASID with other tables begins with nothing, also when it was used before', () => {
    const { hart, enter } = spaces();
    expect(hart.load(VIRT)).toBe(1n);
    enter(1, 2);
    expect(hart.load(VIRT)).toBe(2n);
    enter(2);
    enter(1, 1);
    expect(hart.load(VIRT)).toBe(1n);
  });

  it('share global pages, which only a flush of all spaces forgets', () => {
    const { hart, mapKernel, enter, fence } = spaces();
    mapKernel(page(7), FLAGS | GLOBAL);
    expect(hart.load(KERNEL)).toBe(7n);
    mapKernel(page(8), FLAGS | GLOBAL);
    enter(2);
    expect(hart.load(KERNEL)).toBe(7n);
    fence(0n, 2, BY_ASID);
    expect(hart.load(KERNEL)).toBe(7n);
    fence(KERNEL, 0, BY_ADDRESS);
    expect(hart.load(KERNEL)).toBe(8n);
  });

  it('do not share pages of the upper half that are not global', () => {
    const { hart, mapKernel, enter } = spaces();
    mapKernel(page(7), FLAGS);
    expect(hart.load(KERNEL)).toBe(7n);
    mapKernel(page(8), FLAGS);
    enter(2);
    expect(hart.load(KERNEL)).toBe(8n);
  });

  it('a change of paging mode forgets all', () => {
    const { hart, map, enter } = spaces();
    expect(hart.load(VIRT)).toBe(1n);
    hart.write(SATP, 0n);
    map(1, page(5));
    enter(1);
    expect(hart.load(VIRT)).toBe(5n);
  });

  it('a page that comes back still knows that a store must dirty it', () => {
    const { hart, map, enter } = spaces();
    map(1, page(1), 0x4fn); // clean: V R W X A
    expect(hart.load(VIRT)).toBe(1n);
    enter(2);
    enter(1);
    expect(hart.store(VIRT, 77n)).toBeUndefined();
    expect(hart.phys64(page(1))).toBe(77n);
    expect(hart.phys64(RAM + 0x2_2000) & 0x80n).toBe(0x80n);
  });
});
