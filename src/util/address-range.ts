/** `-dfilter`: ranges of guest addresses, in QEMU's spellings. */
import { OptionError } from './errors.js';

/** Both ends belong to it. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

const MOST = (1n << 64n) - 1n;

/** The operators in the order in which QEMU looks for them: the first that is there counts, so `1-2+3` has a wrong number on its right. */
const OPERATORS: readonly (readonly [operator: string, range: (left: bigint, right: bigint) => AddressRange])[] = [
  ['-', (last, length) => ({ first: wrap(last - (length - 1n)), last })],
  ['+', (first, length) => ({ first, last: wrap(first + length - 1n) })],
  ['..', (first, last) => ({ first, last })],
];
const SPELLINGS = 'FIRST+LENGTH, LAST-LENGTH or FIRST..LAST';

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** As strtoull with base 0, but all of the text. */
function numberIn(text: string): bigint | undefined {
  if (!/^(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i.test(text)) return undefined;
  const value = BigInt(/^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text);
  return value > MOST ? undefined : value;
}

/** `0x80000000+0x100,0x80001000..0x80001fff,0x80003000-16`. @throws OptionError */
export function parseRanges(text: string, where = `-dfilter ${text}`): AddressRange[] {
  return text.split(',').map((part) => {
    const [operator, rangeOf] = OPERATORS.find(([each]) => part.includes(each)) ?? [];
    if (operator === undefined || !rangeOf) throw new OptionError('Bad range specifier', where, SPELLINGS);
    const at = part.indexOf(operator);
    const left = numberIn(part.slice(0, at));
    const right = numberIn(part.slice(at + operator.length));
    if (left === undefined) throw new OptionError(`Invalid number to the left of ${operator}`, where);
    if (right === undefined) throw new OptionError(`Invalid number to the right of ${operator}`, where);
    const range = rangeOf(left, right);
    if (range.first > range.last) throw new OptionError('Invalid range', where);
    return range;
  });
}

export const isInRanges = (ranges: readonly AddressRange[], address: bigint): boolean =>
  ranges.some(({ first, last }) => address >= first && address <= last);
