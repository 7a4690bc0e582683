/** One structure of SMBIOS, as it is written down: fields, of which texts are numbers, and behind them these texts. Source: DMTF DSP0134 3.0, 6.1. */
import { concat } from '../../util/bytes.js';

export class Structure {
  private readonly fields: number[];
  private readonly texts: Uint8Array[] = [];

  constructor(type: number, handle: number) {
    this.fields = [type, 0, handle & 0xff, handle >>> 8];
  }

  u8(...values: number[]): this {
    this.fields.push(...values.map((value) => value & 0xff));
    return this;
  }
  u16(...values: number[]): this {
    for (const value of values) this.u8(value, value >>> 8);
    return this;
  }
  u32(...values: number[]): this {
    for (const value of values) this.u16(value, value >>> 16);
    return this;
  }
  u64(...values: bigint[]): this {
    for (const value of values) this.u32(Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
    return this;
  }
  /** A text's number; 0 for none, and for one that is empty. */
  text(...texts: (string | undefined)[]): this {
    for (const text of texts) this.u8(text ? this.texts.push(new TextEncoder().encode(text)) : 0);
    return this;
  }
  /** As many texts as are told, without numbers. */
  list(texts: readonly Uint8Array[]): this {
    this.texts.push(...texts.filter(({ length }) => length > 0));
    return this.u8(texts.length);
  }

  get bytes(): Uint8Array {
    const NUL = Uint8Array.of(0);
    this.fields[1] = this.fields.length;
    return concat([Uint8Array.from(this.fields), ...this.texts.flatMap((text) => [text, NUL]), ...(this.texts.length ? [] : [NUL]), NUL]);
  }
}
