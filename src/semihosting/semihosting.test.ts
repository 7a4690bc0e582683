import { describe, expect, it } from 'vitest';
import { RingBufferChardev, StreamChardev } from '../chardev/chardev.js';
import { Refusal } from './errno.js';
import { HandleTable } from './handles.js';
import { OPERATIONS } from './operations.js';
import { Semihosting } from './semihosting.js';
import type { HostFiles, SemihostingConfig, SemihostingGuest } from './services.js';

const BASE = 0x8000_0000n;
const SIZE = 1 << 20;
const [BLOCK, TEXT, BUFFER] = [BASE, BASE + 0x100n, BASE + 0x1000n];
const FAILED = -1n;

/** One megabyte of memory, of which the first bytes are the parameter block. */
class Guest implements SemihostingGuest {
  readonly memory = new Uint8Array(SIZE);
  constructor(readonly wordSize: 4 | 8 = 8) {}

  private at(address: bigint, size: number): Uint8Array | undefined {
    const offset = Number(address - BASE);
    return offset >= 0 && offset + size <= SIZE ? this.memory.subarray(offset, offset + size) : undefined;
  }
  read(address: bigint, into: Uint8Array): boolean {
    const bytes = this.at(address, into.length);
    if (bytes) into.set(bytes);
    return bytes !== undefined;
  }
  mayWrite(address: bigint, size: number): boolean {
    return this.at(address, size) !== undefined;
  }
  write(address: bigint, bytes: Uint8Array): boolean {
    this.at(address, bytes.length)?.set(bytes);
    return this.mayWrite(address, bytes.length);
  }
  put(address: bigint, text: string): bigint {
    this.write(address, new TextEncoder().encode(`${text}\0`));
    return address;
  }
  text(address: bigint, size: number): string {
    return new TextDecoder().decode(this.at(address, size));
  }
  word(n: number): bigint {
    const view = new DataView(this.memory.buffer);
    return this.wordSize === 8 ? view.getBigUint64(8 * n, true) : BigInt(view.getUint32(4 * n, true));
  }
}

/** Files that are only in memory. */
class MemoryFiles implements HostFiles {
  readonly files = new Map<string, Uint8Array>();
  opened = 0;
  open(name: string, mode: { truncate: boolean; append: boolean }) {
    if (!this.files.has(name) && !mode.truncate && !mode.append) throw new Refusal('ENOENT');
    if (mode.truncate || !this.files.has(name)) this.files.set(name, new Uint8Array(0));
    this.opened++;
    const bytes = () => this.files.get(name)!;
    return {
      read: (into: Uint8Array, position: number) => {
        const part = bytes().subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      write: (from: Uint8Array, position: number) => {
        const all = new Uint8Array(Math.max(bytes().length, position + from.length));
        all.set(bytes());
        all.set(from, position);
        this.files.set(name, all);
      },
      size: () => bytes().length,
      close: () => void this.opened--,
    };
  }
  remove(name: string): void {
    if (!this.files.delete(name)) throw new Refusal('ENOENT');
  }
  rename(from: string, to: string): void {
    const bytes = this.files.get(from);
    if (!bytes) throw new Refusal('ENOENT');
    this.files.delete(from);
    this.files.set(to, bytes);
  }
}

function rig(config: SemihostingConfig = {}, wordSize: 4 | 8 = 8) {
  const guest = new Guest(wordSize);
  const [stdin, stdout, stderr, console] = ['in', 'out', 'err', 'console'].map((id) => new RingBufferChardev(id, 1 << 20));
  const files = new MemoryFiles();
  const exits: number[] = [];
  const held = new Set<object>();
  const machine = {
    elapsedNs: () => 0x1_2345_6789n,
    wallNs: () => 1_700_000_000_500_000_000n,
    freeMemory: () => ({ start: 0x8000_2000, end: 0x87e0_0000 }),
    exit: (status: number) => void exits.push(status),
    hold: (owner: object, on: boolean) => void (on ? held.add(owner) : held.delete(owner)),
  };
  const host = new Semihosting({ stdin, stdout, stderr, files, ...config }, machine, console);
  const begin = (operation: number, parameter: bigint) => host.call(guest, operation, parameter);
  const raw = (operation: number, parameter: bigint): bigint => {
    const call = begin(operation, parameter);
    for (let turn = 0; turn < 1e5; turn++) {
      const { done, value } = call.next();
      if (done === true) return value;
    }
    throw new Error('the call does not end');
  };
  /** With a block of these words. */
  const call = (operation: number, ...words: (bigint | number)[]): bigint => {
    const bytes = new Uint8Array(guest.wordSize * words.length);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => {
      if (guest.wordSize === 8) view.setBigUint64(8 * i, BigInt.asUintN(64, BigInt(word)), true);
      else view.setUint32(4 * i, Number(BigInt.asUintN(32, BigInt(word))), true);
    });
    guest.write(BLOCK, bytes);
    return raw(operation, BLOCK);
  };
  const open = (name: string, mode: number): bigint => call(0x01, guest.put(TEXT, name), mode, name.length);
  return { guest, host, files, exits, held, begin, raw, call, open, stdin, stdout, stderr, console };
}
const written = (chardev: RingBufferChardev): string => chardev.readText();

describe('semihosting', () => {
  it('has the operations of the specification', () => {
    expect([...OPERATIONS.values()].map(({ name }) => name.slice(4)).join(' ')).toBe(
      'OPEN CLOSE WRITEC WRITE0 WRITE READ READC ISERROR ISTTY SEEK FLEN TMPNAM REMOVE RENAME CLOCK TIME SYSTEM ERRNO GET_CMDLINE HEAPINFO ' +
        'EXIT SYNCCACHE EXIT_EXTENDED ELAPSED TICKFREQ',
    );
  });

  it('SYS_WRITEC and SYS_WRITE0 write to the console, or without one to stderr', () => {
    const { guest, raw, console } = rig();
    guest.put(TEXT, 'hello');
    expect([raw(0x03, TEXT), raw(0x04, TEXT)]).toEqual([0xdeadbeefn, 0xdeadbeefn]);
    expect(written(console)).toBe('hhello');
    const stderr = new RingBufferChardev('err', 64);
    const alone = new Semihosting({ stderr }, rig().host.machine, undefined);
    guest.put(TEXT, 'x');
    for (const _ of alone.call(guest, 0x04, TEXT));
    expect(written(stderr)).toBe('x');
  });

  it('SYS_WRITE0 of a text that does not end is refused where memory ends', () => {
    const { guest, raw, call } = rig();
    guest.memory.fill(0x61);
    expect(raw(0x04, TEXT)).toBe(FAILED);
    expect(call(0x13)).toBe(14n);
  });

  it('SYS_OPEN: :tt is stdin, stdout or stderr by its mode; handles are the first free', () => {
    const { guest, open, call, stdout, stderr } = rig();
    expect([open(':tt', 0), open(':tt', 4), open(':tt', 8)]).toEqual([1n, 2n, 3n]);
    guest.put(BUFFER, 'text');
    expect([call(0x05, 2, BUFFER, 4), call(0x05, 3, BUFFER, 2)]).toEqual([0n, 0n]);
    expect([written(stdout), written(stderr)]).toEqual(['text', 'te']);
    expect([call(0x05, 1, BUFFER, 4), call(0x13)]).toEqual([4n, 9n]);
    expect([call(0x06, 2, BUFFER, 4), call(0x0a, 2, 0), call(0x0c, 2), call(0x09, 2)]).toEqual([4n, FAILED, 0n, 0n]);
    expect([call(0x02, 1), call(0x02, 1), open(':tt', 4)]).toEqual([0n, FAILED, 1n]);
  });

  it('SYS_OPEN refuses other modes, names whose length is wrong or too large, and more files than there may be', () => {
    const { guest, open, call } = rig();
    expect([open(':tt', 12), call(0x13)]).toEqual([FAILED, 22n]);
    expect([call(0x01, guest.put(TEXT, 'name'), 4, 3), call(0x13)]).toEqual([FAILED, 22n]);
    expect([open('n'.repeat(5000), 4), call(0x13)]).toEqual([FAILED, 36n]);
    expect([call(0x01, 1, 4, 3), call(0x13)]).toEqual([FAILED, 14n]);
    for (let n = 1; n <= HandleTable.LIMIT; n++) expect(open('f', 4)).toBe(BigInt(n));
    expect([open('f', 4), call(0x13)]).toEqual([FAILED, 24n]);
  });

  it('files are written, sought, measured and read; append always writes at the end', () => {
    const { guest, open, call, files } = rig();
    expect(open('f', 6)).toBe(1n);
    guest.put(BUFFER, 'abcdef');
    expect([call(0x05, 1, BUFFER, 6), call(0x0c, 1), call(0x0a, 1, 4), call(0x06, 1, BUFFER, 6)]).toEqual([0n, 6n, 0n, 4n]);
    expect(guest.text(BUFFER, 2)).toBe('ef');
    expect([call(0x0a, 1, -1), call(0x13)]).toEqual([FAILED, 22n]);
    expect([call(0x0a, 1, 100), call(0x06, 1, BUFFER, 6)]).toEqual([0n, 6n]);
    expect([open('f', 10), call(0x06, 2, BUFFER, 2), call(0x05, 2, BUFFER, 2)]).toEqual([2n, 0n, 0n]);
    expect(new TextDecoder().decode(files.files.get('f'))).toBe('abcdefab');
    expect([open('f', 0), call(0x05, 3, BUFFER, 1), call(0x13)]).toEqual([3n, 1n, 9n]);
    expect([call(0x09, 3), call(0x13), call(0x09, 9), call(0x13)]).toEqual([0n, 25n, FAILED, 9n]);
  });

  it('large transfers give way and come out whole', () => {
    const { guest, open, begin, call } = rig();
    open('f', 6);
    guest.memory.fill(0x55, 0x1000);
    expect(call(0x05, 1, BUFFER, 500_000)).toBe(0n);
    call(0x0a, 1, 0);
    guest.memory.fill(0, 0x1000);
    const words = new BigUint64Array([1n, BUFFER, 600_000n]);
    guest.write(BLOCK, new Uint8Array(words.buffer));
    let turns = 0;
    const read = begin(0x06, BLOCK);
    let result = read.next();
    for (; result.done !== true; result = read.next()) turns++;
    expect([result.value, turns]).toEqual([100_000n, 7]);
    expect(guest.memory.subarray(0x1000, 0x1000 + 500_000).every((byte) => byte === 0x55)).toBe(true);
  });

  it('transfers from and to where no memory is move what they can, and no length is too large', () => {
    const { guest, open, call } = rig();
    open('f', 6);
    expect([call(0x05, 1, 0, 16), call(0x13)]).toEqual([16n, 14n]);
    expect(call(0x05, 1, BUFFER, -1)).toBe(BigInt.asUintN(64, -1n) - BigInt(65536 * Math.floor((SIZE - 0x1000) / 65536)));
    call(0x0a, 1, 0);
    expect([call(0x06, 1, 0, 16), call(0x13)]).toEqual([16n, 14n]);
    expect([call(0x06, 1, BUFFER, 0), guest.memory[0x1000]]).toEqual([0n, 0]);
  });

  it('SYS_READ of :tt waits for input, takes what is there, and sees the end', () => {
    const { guest, open, begin, call, stdin, held } = rig();
    open(':tt', 0);
    stdin.input(new TextEncoder().encode('abc'));
    expect(call(0x06, 1, BUFFER, 16)).toBe(13n);
    guest.write(BLOCK, new Uint8Array(new BigUint64Array([1n, BUFFER, 2n]).buffer));
    const waiting = begin(0x06, BLOCK);
    expect([waiting.next().done, waiting.next().done, held.size]).toEqual([false, false, 1]);
    stdin.input(new TextEncoder().encode('xyz'));
    expect([held.size, waiting.next().value, guest.text(BUFFER, 2)]).toEqual([0, 0n, 'xy']);
    stdin.sendEvent('closed');
    expect([call(0x06, 1, BUFFER, 16), call(0x06, 1, BUFFER, 16)]).toEqual([15n, 16n]);
  });

  it('SYS_READC waits for the console, also after its end; a call that is dropped holds nothing', () => {
    const { begin, console, held } = rig();
    const waiting = begin(0x07, 0n);
    waiting.next();
    console.input(Uint8Array.of(0x41));
    expect(waiting.next()).toEqual({ done: true, value: 0x41n });
    console.sendEvent('closed');
    const forever = begin(0x07, 0n);
    expect([forever.next().done, forever.next().done, held.size]).toEqual([false, false, 1]);
    forever.return(0n);
    expect(held.size).toBe(0);
  });

  it('input that a device reads stays with it', () => {
    const shared = new StreamChardev('serial0', () => {});
    shared.attach({ canReceive: () => 1, receive: () => {} });
    const { machine } = rig().host;
    const forever = new Semihosting({}, machine, shared).call(new Guest(), 0x07, 0n);
    expect(forever.next().done).toBe(false);
    shared.input(Uint8Array.of(1));
    expect(forever.next().done).toBe(false);
  });

  it(':semihosting-features', () => {
    const { guest, open, call } = rig();
    expect([open(':semihosting-features', 4), call(0x13), open(':semihosting-features', 1)]).toEqual([FAILED, 13n, 1n]);
    expect([call(0x0c, 1), call(0x09, 1), call(0x06, 1, BUFFER, 8)]).toEqual([5n, 0n, 3n]);
    expect([...guest.memory.subarray(0x1000, 0x1005)]).toEqual([0x53, 0x48, 0x46, 0x42, 0x03]);
    expect([call(0x0a, 1, 5), call(0x0a, 1, 6), call(0x13), call(0x05, 1, BUFFER, 1)]).toEqual([0n, FAILED, 22n, 1n]);
  });

  it('SYS_REMOVE, SYS_RENAME, SYS_TMPNAM', () => {
    const { guest, open, call, files } = rig();
    open('a', 4);
    guest.put(BUFFER, 'bb');
    expect([call(0x0f, guest.put(TEXT, 'a'), 1, BUFFER, 2), [...files.files.keys()]]).toEqual([0n, ['bb']]);
    expect([call(0x0e, BUFFER, 2), call(0x0e, BUFFER, 2), call(0x13)]).toEqual([0n, FAILED, 2n]);
    expect([call(0x0d, BUFFER, 0x1a5, 32), guest.text(BUFFER, 12), call(0x0d, BUFFER, 0, 11)]).toEqual([0n, 'wemu-tmp-a5\0', FAILED]);
  });

  it('without files that the user names there are none', () => {
    const { open, call, guest } = rig({ files: undefined });
    expect([open('/etc/passwd', 0), call(0x13), call(0x0e, guest.put(TEXT, 'x'), 1)]).toEqual([FAILED, 13n, FAILED]);
  });

  it('SYS_ISERROR looks at the sign of a word', () => {
    expect([-1, 0, 5, 0x8000_0000].map((word) => rig().call(0x08, word))).toEqual([1n, 0n, 0n, 0n]);
    expect([-1, 0, 0x8000_0000].map((word) => rig({}, 4).call(0x08, word))).toEqual([1n, 0n, 1n]);
  });

  it('clocks: guest time in centiseconds, ns and ticks, the calendar in seconds', () => {
    const { raw, guest } = rig();
    expect([raw(0x10, 0n), raw(0x11, 0n), raw(0x31, 0n), raw(0x30, BLOCK), guest.word(0)]).toEqual([
      488n,
      1_700_000_000n,
      1_000_000_000n,
      0n,
      0x1_2345_6789n,
    ]);
    const narrow = rig({}, 4);
    expect([narrow.raw(0x30, BLOCK), narrow.guest.word(0), narrow.guest.word(1), narrow.raw(0x30, 0n)]).toEqual([
      0n,
      0x2345_6789n,
      1n,
      FAILED,
    ]);
  });

  it('SYS_GET_CMDLINE wants room for the NUL', () => {
    const { guest, call } = rig({ commandLine: 's4 x' });
    expect([call(0x15, BUFFER, 4), call(0x13), guest.word(1)]).toEqual([FAILED, 7n, 4n]);
    expect([call(0x15, BUFFER, 5), guest.word(1), guest.text(BUFFER, 5)]).toEqual([0n, 4n, 's4 x\0']);
    const none = rig();
    expect([none.call(0x15, BUFFER, 1), none.guest.word(1)]).toEqual([0n, 0n]);
  });

  it('SYS_HEAPINFO: heap and stack share what is free', () => {
    const { guest, call } = rig();
    expect(call(0x16, BLOCK)).toBe(0n);
    expect([0, 1, 2, 3].map((n) => guest.word(n))).toEqual([0x8000_2000n, 0x87e0_0000n, 0x87e0_0000n, 0x8000_2000n]);
    expect(call(0x16, 1)).toBe(FAILED);
  });

  it('SYS_EXIT and SYS_EXIT_EXTENDED end with a status, and never answer', () => {
    const { guest, begin, exits, raw } = rig();
    for (const [reason, status] of [
      [0x20026, 5],
      [0x20026, 300],
      [0x20026, -1],
      [0x20023, 5],
    ]) {
      guest.write(BLOCK, new Uint8Array(new BigInt64Array([BigInt(reason), BigInt(status)]).buffer));
      for (const operation of [0x18, 0x20]) expect(begin(operation, BLOCK).next().done).toBe(false);
    }
    expect(exits).toEqual([5, 5, 44, 44, 255, 255, 1, 1]);
    expect(raw(0x18, 0x20026n)).toBe(FAILED);
    const narrow = rig({}, 4);
    narrow.begin(0x18, 0x20026n).next();
    narrow.begin(0x18, 0x20023n).next();
    expect(narrow.exits).toEqual([0, 1]);
  });

  it('SYS_SYSTEM, and what is no operation, is refused', () => {
    const { guest, call } = rig();
    expect([call(0x12, guest.put(TEXT, 'true'), 4), call(0x13), call(0x14), call(0xffff), call(0x19)]).toEqual([
      FAILED,
      38n,
      FAILED,
      FAILED,
      0n,
    ]);
  });

  it('a reset closes what is open', () => {
    const { host, open, files, call } = rig();
    open('a', 4);
    open(':tt', 4);
    host.reset();
    expect([files.opened, call(0x02, 1), open('a', 0)]).toEqual([0, FAILED, 1n]);
  });
});
