import { expect, it } from 'vitest';
import { SOFT_ENTRY_SIZE, SOFT_PAGE, SOFT_PTE0, TLB_MAX_SETS, TLB_WAYS } from '../../../assembly/target/ppc/shared/oea.js';
import { tlbText } from './tlb-text.js';

/** OpenBIOS's 603 in QEMU 10.0 (`-M 40p -cpu 603`, info tlb); that one lists 32 segment registers. */
const QEMU = `HTAB base = 0x7e00000
HTAB mask = 0xffff

Segment registers:
00 T=0 Ks=0 Kp=1 N=0 VSID=0x000400
01 T=0 Ks=0 Kp=1 N=0 VSID=0x000401
`;

const registers = (given: Readonly<Record<string, number>>) => (name: string) =>
  given[name] ?? (/^sr\d|^[di]bat[0-3][ul]$/.test(name) ? 0 : undefined);

it('has the page table, segments and blocks', () => {
  const register = registers({ sdr1: 0x7e0_0000, sr0: 0x2000_0400, sr1: 0x2000_0401, sr15: 0x8123_4567, ibat2u: 0xfff0_1ffe, ibat2l: 0xfff0_0002 });
  const text = tlbText({ register, entries: undefined, sets: 1 });
  expect(text.slice(0, QEMU.length)).toBe(QEMU);
  expect(text).toContain('\n15 T=1 Ks=0 Kp=0 BUID=0x012 CNTLR_SPEC=0x34567\n\nBATs:\ndata BAT0 BATu 00000000 BATl 00000000\n\t00000000 00000000 00000000\n');
  expect(text).toContain('\ncode BAT2 BATu fff01ffe BATl fff00002\n\tf0000000 0ff00000 0ffe0000\ncode BAT3 ');
  expect(text).not.toContain('TLB ');
}); // prettier-ignore

it('has the entries that software loads', () => {
  const entries = new Uint8Array(2 * TLB_MAX_SETS * TLB_WAYS * SOFT_ENTRY_SIZE);
  const view = new DataView(entries.buffer);
  // the data TLB's set 3, second way
  const at = ((TLB_MAX_SETS + 3) * TLB_WAYS + 1) * SOFT_ENTRY_SIZE;
  view.setUint32(at + SOFT_PTE0, 0x8000_0000, true);
  view.setUint32(at + SOFT_PAGE, 0x0012_3001, true);
  const [, , ...lines] = tlbText({ register: registers({}), entries, sets: 32 })
    .split('\n\n')
    .at(-1)!
    .split('\n');
  expect(lines.length).toBe(128); // and what is behind the last
  expect(lines.filter((line) => line.includes(' valid '))).toEqual(['data TLB 35/64 way:1 valid [00123000 00124000]']);
  expect(lines[63]).toBe('code TLB 00/64 way:0 inval [00000000 00001000]');
});
