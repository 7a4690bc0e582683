/**
 * `info tlb`, in the layout of QEMU's for a 603: where the page table is, segment registers, BATs, and the TLBs where software loads them (pages by their place
 * in a segment: of which one is not kept).
 */
import { SOFT_ENTRY_SIZE, SOFT_PAGE, SOFT_PTE0, TLB_MAX_SETS, TLB_WAYS } from '../../../assembly/target/ppc/shared/oea.js';

export interface TlbState {
  /** A register by its name; undefined: the model has none of that name. */
  readonly register: (name: string) => number | undefined;
  /** PPC_TLB, where software loads them. */
  readonly entries: Uint8Array | undefined;
  /** Of each TLB. */
  readonly sets: number;
}

const PAGE_SIZE = 0x1000;
const SEGMENT_T = 0x8000_0000;
const PTE_VALID = 0x8000_0000;
const LAST_LOADED = 1;

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const two = (n: number): string => String(n).padStart(2, '0');

export function tlbText(state: TlbState): string {
  const sdr1 = state.register('sdr1') ?? 0;
  const base = (sdr1 & 0xffff_0000) >>> 0;
  const mask = ((sdr1 & 0x1ff) << 16) | 0xffff;
  const lines = [
    `HTAB base = 0x${base.toString(16)}`,
    `HTAB mask = 0x${mask.toString(16)}`,
    '',
    'Segment registers:',
    ...Array.from({ length: 16 }, (_, n) => segmentText(n, state.register(`sr${n}`)!)),
    '',
    'BATs:',
    ...batTexts('data', 'dbat', state),
    ...batTexts('code', 'ibat', state),
    ...softTlbTexts(state),
  ];
  return `${lines.join('\n')}\n`;
}

function segmentText(n: number, sr: number): string {
  const bit = (shift: number): number => (sr >>> shift) & 1;
  const head = `${two(n)} T=${bit(31)} Ks=${bit(30)} Kp=${bit(29)}`;
  const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
  if ((sr & SEGMENT_T) !== 0) return `${head} BUID=${hex((sr >>> 20) & 0x1ff, 3)} CNTLR_SPEC=${hex(sr & 0xf_ffff, 5)}`;
  return `${head} N=${bit(28)} VSID=${hex(sr & 0xff_ffff, 6)}`;
}

/** Of each: both words; below, the address's upper bits that are always compared, those that the length may leave out, and the length less 128 KiB. */
function batTexts(kind: string, prefix: string, { register }: TlbState): string[] {
  const texts: string[] = [];
  for (let n = 0; ; n++) {
    const [upper, lower] = [register(`${prefix}${n}u`), register(`${prefix}${n}l`)];
    if (upper === undefined || lower === undefined) return texts;
    texts.push(`${kind} BAT${n} BATu ${word(upper)} BATl ${word(lower)}`);
    texts.push(`\t${word(upper & 0xf000_0000)} ${word(upper & 0x0ffe_0000)} ${word((upper & 0x1ffc) << 15)}`);
  }
}

function softTlbTexts({ entries, sets }: TlbState): string[] {
  if (!entries) return [];
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const texts = ['', 'TLBs                       [EPN    EPN + SIZE]'];
  for (const [kind, first] of [
    ['data', TLB_MAX_SETS],
    ['code', 0],
  ] as const)
    // prettier-ignore
    for (let way = 0; way < TLB_WAYS; way++)
      for (let set = 0; set < sets; set++) {
        const at = ((first + set) * TLB_WAYS + way) * SOFT_ENTRY_SIZE;
        const isValid = (view.getUint32(at + SOFT_PTE0, true) & PTE_VALID) !== 0;
        const page = isValid ? view.getUint32(at + SOFT_PAGE, true) & ~LAST_LOADED : 0;
        const number = `${two(way * sets + set)}/${TLB_WAYS * sets}`;
        texts.push(`${kind} TLB ${number} way:${way} ${isValid ? 'valid' : 'inval'} [${word(page)} ${word(page + PAGE_SIZE)}]`);
      }
  return texts;
}
