import { load } from '../src/util/mutate.js';

/** Takes an input apart, for targets that are sequences of actions: numbers in order, zeros after the end. */
export class Source {
  private at = 0;
  constructor(private readonly bytes: Uint8Array) {}
  get isEmpty(): boolean {
    return this.at >= this.bytes.length;
  }
  /** Little-endian. */
  number(width: number): number {
    const value = load(this.bytes, this.at, width, true);
    this.at += width;
    return Number(value);
  }
  below(limit: number): number {
    return this.number(2) % limit;
  }
  take(count: number): Uint8Array {
    const part = this.bytes.slice(this.at, this.at + count);
    this.at += count;
    return part;
  }
}
