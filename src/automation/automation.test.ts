import { afterEach, describe, expect, it } from 'vitest';
import { Automation, AutomationError, type AutomatedMachine } from './automation.js';

/** A guest that says what the test has it say. */
class Guest implements AutomatedMachine {
  private readonly listeners = new Set<(bytes: Uint8Array) => void>();
  typed = '';
  /** Answers to lines that are typed. */
  answer: (line: string) => string = () => '';

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  say(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    for (const listener of this.listeners) listener(bytes);
  }
  type(input: string | Uint8Array): void {
    const text = typeof input === 'string' ? input : new TextDecoder().decode(input);
    this.typed += text;
    this.say(text.replaceAll('\n', '\r\n') + this.answer(text));
  }
  async pause(): Promise<void> {}
  resume(): void {}
  registers = (): Record<string, bigint> => ({ pc: 0x8000_0000n });
  readMemory = (_: bigint | number, size: number): Uint8Array => new Uint8Array(size).fill(7);
  get heardBy(): number {
    return this.listeners.size;
  }
}

const guest = new Guest();
const automation = (options = {}): Automation => new Automation(guest, { timeoutMs: 50, ...options });
const open: Automation[] = [];
const opened = (options = {}): Automation => {
  const made = automation(options);
  open.push(made);
  return made;
};
afterEach(() => open.splice(0).forEach((each) => each.close()));

describe('automation', () => {
  it('waits for text that comes in pieces, and goes on behind it', async () => {
    const it = opened();
    const first = it.waitFor('login: ');
    guest.say('debian lo');
    guest.say('gin: root\nlogin: ');
    expect(await first).toBe('login: ');
    expect(await it.waitFor(/ro+t/)).toBe('root');
    expect(await it.waitFor('login: ')).toBe('login: ');
    await expect(it.waitFor('login: ')).rejects.toThrow(AutomationError);
  });

  it('says what the guest has said instead', async () => {
    const it = opened();
    guest.say('Kernel panic\n');
    await expect(it.waitFor(/# $/)).rejects.toThrow(/has not said \/# \$\/ within 50 ms; the last that it said: "Kernel panic\\n"/);
  });

  it('decodes characters that come in halves', async () => {
    const it = opened();
    const bytes = new TextEncoder().encode('ü');
    guest.say(bytes.subarray(0, 1));
    guest.say(bytes.subarray(1));
    expect(await it.waitFor('ü')).toBe('ü');
  });

  it('runs commands of a shell: their output alone, without echo and prompt', async () => {
    const it = opened();
    guest.answer = (line) => (line === 'uname\n' ? 'Linux\r\n~ # ' : '1\r\n2\r\n~ # ');
    expect(await it.run('uname')).toBe('Linux');
    expect(await it.run('seq 2')).toBe('1\n2');
    expect(guest.typed).toBe('uname\nseq 2\n');
  });

  it('keeps the last of what was said, and finds in it', async () => {
    const it = opened();
    for (let n = 0; n < 40; n++) guest.say('x'.repeat(65536));
    guest.say('end');
    expect(await it.waitFor('end')).toBe('end');
    expect(it.text.length).toBe(1 << 20);
  });

  it('shows the screen when it is up to date', async () => {
    let written = '';
    const waiting: (() => void)[] = [];
    const screen = {
      rows: 3,
      write(data: Uint8Array, done?: () => void) {
        written += new TextDecoder().decode(data);
        if (done) waiting.push(done);
      },
      buffer: { active: { viewportY: 1, getLine: (at: number) => ({ translateToString: () => written.split('\n')[at] ?? '' }) } },
    };
    const it = opened({ screen });
    guest.say('zero\none\ntwo\n');
    const shot = it.screenshot();
    waiting.forEach((done) => done());
    expect(await shot).toBe('one\ntwo');
    await expect(opened().screenshot()).rejects.toThrow('needs a terminal');
  });

  it('reads registers and memory, and lets go when it is closed', async () => {
    const it = automation();
    expect([await it.registers(), await it.memory(0, 2)]).toEqual([{ pc: 0x8000_0000n }, Uint8Array.of(7, 7)]);
    const waiting = it.waitFor('never', { timeoutMs: 60_000 });
    it.close();
    await expect(waiting).rejects.toThrow('closed');
    await expect(it.waitFor('x')).rejects.toThrow('closed');
    expect(guest.heardBy).toBe(0);
  });
});
