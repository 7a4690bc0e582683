/** Addresses of a machine by what people call them. */
import type { MachineState } from '../hw/core/machine.js';
import type { AddressRange } from '../util/address-range.js';
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';
import type { Place, Range } from './config.js';

const MOST = (1n << 64n) - 1n;
const NUMBER = /^(0x[\da-f]+|\d+)$/i;
const WITH_OFFSET = /^(.+?)\s*([+-])\s*(0x[\da-f]+|\d+)$/i;

export class Places {
  constructor(private readonly machine: MachineState) {}

  /** @throws OptionError about `where` */
  address(place: Place, where: string): bigint {
    const text = String(place).trim();
    const [, base, sign, offset] = WITH_OFFSET.exec(text) ?? [undefined, text, '+', '0'];
    const start = NUMBER.test(base) ? BigInt(base) : this.symbol(base, where).address;
    const address = sign === '+' ? start + BigInt(offset) : start - BigInt(offset);
    if (address < 0n || address > MOST) throw new OptionError(`'${text}' is no address`, where);
    return address;
  }

  /** @throws OptionError about `where` */
  range(range: Range, where: string): AddressRange {
    const ends = range.split('..');
    if (ends.length > 2) throw new OptionError(`invalid range '${range}'`, where, "a symbol, or 'FIRST..LAST'");
    if (ends.length === 2) {
      const [first, last] = ends.map((end) => this.address(end, where));
      if (first > last) throw new OptionError(`'${range}' ends before it begins`, where);
      return { first, last };
    }
    const { address, size } = this.symbol(range.trim(), where);
    if (size === 0n) throw new OptionError(`symbol '${range}' has no size`, where, "'FIRST..LAST'");
    return { first: address, last: address + size - 1n };
  }

  private symbol(name: string, where: string): { readonly address: bigint; readonly size: bigint } {
    const { symbols } = this.machine;
    for (const table of symbols) {
      const found = table.find(name);
      if (found) return found;
    }
    if (symbols.length === 0) throw new OptionError(`there are no symbols to find '${name}' in`, where, 'an address, or -symbols FILE');
    const known = symbols.flatMap((table) => [...table].map((symbol) => symbol.name));
    throw new OptionError(`there is no symbol '${name}'${didYouMean(name, known)}`, where);
  }

  /** `0x80000010 <main>` */
  describe(address: bigint): string {
    const symbol = this.machine.symbolAt(address);
    return `0x${address.toString(16)}${symbol === undefined ? '' : ` <${symbol}>`}`;
  }
}

/** What is in none of `ranges`. */
export function outside(ranges: readonly AddressRange[]): AddressRange[] {
  const gaps: AddressRange[] = [];
  let next = 0n;
  for (const { first, last } of [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1))) {
    if (first > next) gaps.push({ first: next, last: first - 1n });
    if (last >= next) next = last + 1n;
  }
  if (next <= MOST) gaps.push({ first: next, last: MOST });
  return gaps;
}
