/**
 * Machines worked by a program: a test, a documentation page, an agent. The same on Node (a Machine) and on a page (a RemoteMachine): see guestOf there.
 */

/** What a machine must offer for it. */
export interface AutomatedMachine {
  /** Hears what the guest's console says. Returns what ends that. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void;
  type(input: string | Uint8Array): void;
  pause(): Promise<void>;
  resume(): void | Promise<void>;
  registers(cpu?: number): Record<string, bigint> | Promise<Record<string, bigint>>;
  readMemory(address: bigint | number, size: number, cpu?: number): Uint8Array | Promise<Uint8Array>;
}

/** The part of a terminal that a screenshot needs: xterm's Terminal is one, on a page and (@xterm/headless) on Node. */
export interface TerminalScreen {
  write(data: Uint8Array, done?: () => void): void;
  readonly rows: number;
  readonly buffer: {
    readonly active: { readonly viewportY: number; getLine(at: number): { translateToString(trimRight?: boolean): string } | undefined };
  };
}

export interface AutomationOptions {
  /** Shows what the guest says; without one there is no screenshot. `fed`: somebody writes to it already. */
  readonly screen?: TerminalScreen;
  readonly fed?: boolean;
  /** Of `waitFor`, unless it says otherwise; ms. */
  readonly timeoutMs?: number;
}

/** What was waited for did not come. Its message ends with what the guest said last. */
export class AutomationError extends Error {
  override readonly name = 'AutomationError';
}

const TIMEOUT_MS = 30_000;
/** Of the guest's output, characters that are kept. */
const MOST_TEXT = 1 << 20;
/** Of these, shown in errors. */
const SHOWN = 400;

interface Waiter {
  /** Finds it in the text from `from` on. */
  find(): { readonly text: string; readonly end: number } | undefined;
  found(text: string): void;
  failed(error: Error): void;
}

export class Automation {
  /** What the guest has said, the last of it. */
  private said = '';
  /** Up to where in `said` earlier calls of `waitFor` have come. */
  private at = 0;
  /** Characters that were said before those. */
  private dropped = 0;
  private readonly decoder = new TextDecoder();
  private readonly waiters = new Set<Waiter>();
  private readonly remove: () => void;
  private isClosed = false;

  constructor(
    private readonly machine: AutomatedMachine,
    private readonly options: AutomationOptions = {},
  ) {
    this.remove = machine.onOutput((bytes) => this.heard(bytes));
  }

  /** What the guest has said up to now; a MiB of it at most. */
  get text(): string {
    return this.said;
  }

  /**
   * Waits until the guest says this, after what the last `waitFor` has found, and resolves to it: the text, or what the expression has matched.
   * @throws AutomationError if it does not within `timeoutMs`
   */
  waitFor(wanted: string | RegExp, { timeoutMs = this.options.timeoutMs ?? TIMEOUT_MS } = {}): Promise<string> {
    if (this.isClosed) return Promise.reject(new AutomationError('the automation is closed'));
    return new Promise((resolve, reject) => {
      const find = finder(wanted);
      const end = (): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        find: () => find(this.said, this.at),
        found: (text) => (end(), resolve(text)),
        failed: (error) => (end(), reject(error)),
      };
      const timer = setTimeout(() => {
        waiter.failed(
          new AutomationError(
            `the guest has not said ${String(wanted)} within ${timeoutMs} ms; the last that it said: ${JSON.stringify(this.said.slice(-SHOWN))}`,
          ),
        );
      }, timeoutMs);
      this.waiters.add(waiter);
      this.look();
    });
  }

  /** Types it as it stands; Enter is a newline. */
  type(text: string | Uint8Array): void {
    this.machine.type(text);
  }

  /**
   * Types a line to the guest's shell, and resolves to what the command has said, without echo and prompt. `prompt`: how the shell says that it waits for the
   * next; default: a line that ends in `# ` or `$ `.
   */
  async run(command: string, { prompt = /\n\S*\s?[#$] $/, timeoutMs }: { prompt?: RegExp; timeoutMs?: number } = {}): Promise<string> {
    this.at = this.said.length;
    const start = this.dropped + this.at;
    this.type(`${command}\n`);
    const end = await this.waitFor(prompt, { timeoutMs });
    const all = this.said.slice(Math.max(0, start - this.dropped), this.at - end.length).replaceAll('\r', '');
    const echo = all.indexOf('\n');
    return echo < 0 ? '' : all.slice(echo + 1);
  }

  /** The terminal's visible lines, when it has shown all that the guest has said. @throws AutomationError without a terminal */
  async screenshot(): Promise<string> {
    const { screen } = this.options;
    if (!screen) throw new AutomationError('a screenshot needs a terminal (the option `screen`)');
    await new Promise<void>((resolve) => screen.write(new Uint8Array(0), resolve));
    const { active } = screen.buffer;
    const lines = Array.from({ length: screen.rows }, (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '');
    return lines.join('\n').trimEnd();
  }

  /** A CPU's registers at one moment, by the names of the manual. */
  async registers(cpu = 0): Promise<Record<string, bigint>> {
    return this.machine.registers(cpu);
  }
  /** Memory as a CPU sees it. @throws RangeError where nothing is mapped */
  async memory(address: bigint | number, size: number, cpu = 0): Promise<Uint8Array> {
    return this.machine.readMemory(address, size, cpu);
  }

  /** Nobody waits any more. The machine goes on. */
  close(): void {
    this.isClosed = true;
    this.remove();
    for (const waiter of [...this.waiters]) waiter.failed(new AutomationError('the automation is closed'));
  }

  private heard(bytes: Uint8Array): void {
    const { screen, fed } = this.options;
    if (screen && !fed) screen.write(bytes);
    this.said += this.decoder.decode(bytes, { stream: true });
    const over = this.said.length - MOST_TEXT;
    if (over > 0) {
      this.said = this.said.slice(over);
      this.dropped += over;
      this.at = Math.max(0, this.at - over);
    }
    this.look();
  }

  private look(): void {
    for (const waiter of [...this.waiters]) {
      const found = waiter.find();
      if (!found) continue;
      this.at = found.end;
      waiter.found(found.text);
    }
  }
}

function finder(wanted: string | RegExp): (text: string, from: number) => { text: string; end: number } | undefined {
  if (typeof wanted === 'string') {
    return (text, from) => {
      const at = text.indexOf(wanted, from);
      return at < 0 ? undefined : { text: wanted, end: at + wanted.length };
    };
  }
  const pattern = new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, '') + 'g');
  return (text, from) => {
    pattern.lastIndex = from;
    const found = pattern.exec(text);
    return found ? { text: found[0], end: found.index + found[0].length } : undefined;
  };
}
