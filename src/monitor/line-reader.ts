/** A line of the monitor, as arguments are read from it. */
import type { CpuState } from '../hw/core/cpu.js';
import { ArgumentError } from './errors.js';

/** A line, read from left to right. */
export class LineReader {
  at = 0;
  constructor(
    readonly text: string,
    /** Whose registers expressions mean. */
    readonly cpu?: CpuState,
  ) {}

  get next(): string {
    return this.text[this.at] ?? '';
  }
  get atEnd(): boolean {
    this.skipSpace();
    return this.at === this.text.length;
  }
  skipSpace(): void {
    while (/\s/.test(this.next)) this.at++;
  }
  /** All up to the end, without spaces around. */
  rest(): string {
    const rest = this.text.slice(this.at).trim();
    this.at = this.text.length;
    return rest;
  }
  /** Up to a space; in double quotes with spaces, and backslashes before `n`, `r`, `\`, `'` and `"`. Undefined: nothing is left. */
  word(): string | undefined {
    this.skipSpace();
    if (this.next === '') return undefined;
    return this.next === '"' ? this.quoted() : this.match(/\S+/y);
  }
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private quoted(): string {
    let out = '';
    for (this.at++; this.next !== '"'; this.at++) {
      if (this.next === '') throw new ArgumentError('unterminated string');
      if (this.next !== '\\') {
        out += this.next;
        continue;
      }
      this.at++;
      const known = { n: '\n', r: '\r', '\\': '\\', "'": "'", '"': '"' }[this.next];
      if (known === undefined) throw new ArgumentError(`unsupported escape code: '\\${this.next}'`);
      out += known;
    }
    this.at++;
    return out;
  }
}
