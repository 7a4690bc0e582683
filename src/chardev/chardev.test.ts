import { describe, expect, it } from 'vitest';
import { CharBackend, Chardev, NullChardev, RingBufferChardev, StreamChardev, type CharEvent } from './chardev.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (from: string): Uint8Array => new TextEncoder().encode(from);

/** A backend whose other side comes and goes. */
class Line extends Chardev {
  ends = 0;
  constructor() {
    super('line', 'line', false);
  }
  override write(): void {}
  protected override inputEnded(): void {
    this.ends++;
  }
}

function frontend(chardev: Chardev, room = Infinity) {
  const front = new CharBackend(chardev);
  const state = { front, heard: [] as (CharEvent | string)[], room };
  front.setHandlers({
    canReceive: () => state.room,
    receive: (given) => {
      state.heard.push(text(given));
      state.room -= given.length;
    },
    event: (event) => state.heard.push(event),
  });
  return state;
}

describe('a frontend', () => {
  it('hears who comes and goes, and takes what was left behind before it hears of the end', () => {
    const line = new Line();
    const state = frontend(line, 2);
    expect(state.heard).toEqual([]);
    line.opened();
    line.opened();
    line.input(bytes('abcd'));
    line.closed();
    expect([state.heard.splice(0), line.isOpen, line.ends]).toEqual([['opened', 'ab'], true, 0]);
    state.room = 5;
    state.front.acceptInput();
    expect([state.heard.splice(0), line.isOpen, line.ends]).toEqual([['cd', 'closed'], false, 1]);
    line.closed();
    expect(state.heard).toEqual([]);
  });

  it('does not get what the one before has left when the next comes', () => {
    const line = new Line();
    const state = frontend(line, 1);
    line.opened();
    line.input(bytes('abc'));
    line.closed();
    line.opened();
    line.input(bytes('x'));
    expect([state.heard, line.queued]).toEqual([['opened', 'a', 'closed', 'opened'], 1]);
  });

  it.each([
    [undefined, ['opened', 'ab'], 2],
    [true, ['opened', 'ab', 'closed'], 0],
  ])('with nobody left takes what is there, unless it only answers (%s)', (answersOnly, heard, queued) => {
    const line = new Line();
    const all: (CharEvent | string)[] = [];
    new CharBackend(line).setHandlers({
      ...{ canReceive: () => (all.length < 2 ? 2 : 0), receive: (given) => all.push(text(given)), event: (event) => all.push(event) },
      answersOnly,
      isBusy: () => true,
    });
    line.opened();
    line.input(bytes('abcd'));
    line.gone();
    expect([all, line.queued]).toEqual([heard, queued]);
  });

  it('that is busy hears of the end when it asks for more', () => {
    const line = new Line();
    const heard: CharEvent[] = [];
    let isBusy = true;
    const front = new CharBackend(line);
    front.setHandlers({ canReceive: () => 10, receive: () => {}, event: (event) => heard.push(event), isBusy: () => isBusy });
    line.opened();
    line.input(bytes('request'));
    line.closed();
    front.acceptInput();
    expect([heard, line.ends]).toEqual([['opened'], 0]);
    isBusy = false;
    front.acceptInput();
    expect([heard, line.ends]).toEqual([['opened', 'closed'], 1]);
  });

  it('that comes late hears what has happened, in order', () => {
    const line = new Line();
    line.opened();
    line.input(bytes('early'));
    line.closed();
    expect(frontend(line).heard).toEqual(['opened', 'early', 'closed']);
  });

  it('has the backend alone, until it lets go', () => {
    const chardev = new NullChardev('c');
    const { front } = frontend(chardev);
    expect(() => frontend(chardev)).toThrow("chardev 'c' is already in use");
    front.detach();
    expect(frontend(chardev).heard).toEqual(['opened']);
  });

  it('writes to the log as well, and what a backend throws is told to it', () => {
    let output = '';
    const chardev = new StreamChardev('c', (given) => (output += text(given)));
    const { front } = frontend(chardev);
    let log = '';
    chardev.log = (given) => (log += text(given));
    front.write(bytes('both'));
    expect([output, log]).toEqual(['both', 'both']);
    const failures: unknown[] = [];
    chardev.failed = (error) => failures.push(error);
    chardev.log = () => {
      throw new Error('full');
    };
    front.write(bytes('x'));
    expect(failures).toMatchObject([{ message: 'full' }]);
  });
});

describe('a ring buffer', () => {
  it('keeps the last bytes, however they were written and read', () => {
    const ring = new RingBufferChardev('r', 8192);
    let all = '';
    for (let i = 0; i < 3000; i++) {
      const piece = `${i},`.repeat(i % 5);
      ring.write(bytes(piece));
      all = (all + piece).slice(-8192);
      if (i % 700 === 699) {
        expect(text(ring.read(100))).toBe(all.slice(0, 100));
        all = all.slice(100);
      }
    }
    expect(ring.readText()).toBe(all);
    expect(ring.readText()).toBe('');
    ring.write(bytes('x'.repeat(9000) + 'y'));
    expect(ring.readText()).toBe('x'.repeat(8191) + 'y');
  });
});
