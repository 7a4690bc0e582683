/** A `node:fs` that fails as hosts do: short reads and writes, interrupted calls, full and broken disks, slow ones. For vi.mock. */
import type * as fs from 'node:fs';
import { SeededRandom } from '../src/util/random.js';

type Fs = typeof fs;

/** Errors by call: what POSIX lets each of them answer, beyond what the tests bring about themselves. */
const ERRORS: Readonly<Partial<Record<keyof Fs, readonly string[]>>> = {
  openSync: ['EMFILE', 'EACCES', 'ENOSPC', 'EIO'],
  readSync: ['EIO'],
  writeSync: ['ENOSPC', 'EIO', 'EDQUOT'],
  fsyncSync: ['EIO', 'ENOSPC'],
  renameSync: ['EIO', 'EACCES', 'ENOSPC'],
  mkdirSync: ['EACCES', 'ENOSPC', 'EROFS'],
  utimesSync: ['EROFS', 'EACCES'],
  readdirSync: ['EIO', 'EACCES'],
  readFileSync: ['EIO', 'EMFILE'],
  writeFileSync: ['ENOSPC', 'EIO'],
};
/** Of those that answer a callback. */
const LATER_ERRORS: Readonly<Partial<Record<keyof Fs, readonly string[]>>> = {
  read: ['EIO'],
  write: ['ENOSPC', 'EIO', 'EDQUOT'],
  fdatasync: ['EIO', 'ENOSPC'],
};
/** What a slow disk takes now and then, ms. */
const SLOW_MS = 3;
type Answer = (error: Error | null, ...values: unknown[]) => void;

/** What goes wrong in a call: nothing at first. */
export class Faults {
  private random = new SeededRandom(0);
  /** Of so many calls, one fails for good; Infinity: none. */
  private errors = Infinity;
  private isShort = false;
  /** Errors that were given. */
  count = 0;

  /** From now on, by `seed`. */
  start(seed: number, { errors = Infinity, short = true } = {}): void {
    this.random = new SeededRandom(seed);
    this.errors = errors;
    this.isShort = short;
    this.count = 0;
  }
  stop(): void {
    this.errors = Infinity;
    this.isShort = false;
  }

  wrap(real: Fs): Fs {
    const wrapped = { ...real } as Record<string, unknown>;
    for (const [name, codes] of Object.entries(ERRORS)) {
      const call = real[name as keyof Fs] as (...args: unknown[]) => unknown;
      wrapped[name] = (...args: unknown[]) => {
        if (this.errors !== Infinity && this.random.next() % this.errors === 0)
          throw this.error(name, codes[this.random.next() % codes.length]);
        return call(...args);
      };
    }
    const { readSync, writeSync } = wrapped as unknown as Fs;
    // libuv repeats a write that a signal has interrupted, and not a read.
    wrapped['readSync'] = (fd: number, into: NodeJS.ArrayBufferView, at: number, length: number, position: number | null) => {
      if (this.isShort && this.random.next() % 4 === 0) throw this.error('read', 'EINTR');
      return readSync(fd, into, at, this.shorter(length ?? into.byteLength), position);
    };
    wrapped['writeSync'] = (fd: number, bytes: Uint8Array, at = 0, length = bytes.length - at, position: number | null = null) => {
      if (this.isShort && this.random.next() % 8 === 0) throw this.error('write', 'EAGAIN');
      return writeSync(fd, bytes, at, this.shorter(length), position);
    };
    for (const [name, codes] of Object.entries(LATER_ERRORS)) wrapped[name] = this.wrapLater(name, codes, real[name as keyof Fs] as never);
    return { ...wrapped, default: wrapped } as unknown as Fs;
  }

  /** A call whose last argument is its callback; the fourth of `read` and `write` is how much. */
  private wrapLater(name: string, codes: readonly string[], call: (...args: unknown[]) => void): (...args: unknown[]) => void {
    return (...args) => {
      const answer = args.at(-1) as Answer;
      const later: Answer = (...values) => {
        if (this.isShort && this.random.next() % 8 === 0) setTimeout(() => answer(...values), SLOW_MS);
        else answer(...values);
      };
      const failure = (code: string): unknown => setImmediate(() => later(this.error(name, code)));
      if (this.errors !== Infinity && this.random.next() % this.errors === 0) return failure(codes[this.random.next() % codes.length]);
      if (this.isShort && name === 'read' && this.random.next() % 4 === 0) return failure('EINTR');
      const given = [...args.slice(0, -1), later];
      if (name !== 'fdatasync') given[3] = this.shorter(given[3] as number);
      call(...given);
    };
  }

  private shorter(length: number): number {
    return this.isShort && length > 1 ? 1 + (this.random.next() % length) : length;
  }
  private error(call: string, code: string): Error {
    this.count++;
    return Object.assign(new Error(`${code}: made up, ${call}`), { code, syscall: call });
  }
}
