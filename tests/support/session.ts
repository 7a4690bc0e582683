/** The built command line as a child process: on a terminal of its own or on pipes, with expect-style reading. */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { which } from './tools.js';

/** dist/src/cli/main.js: `npm test` builds it first. */
export const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** `script` of util-linux gives a child a terminal. */
export const hasPty = which('script') !== undefined;

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs wemu to its end. */
export function wemu(
  args: readonly string[],
  { input, timeout = 60_000 }: { input?: string | Uint8Array; timeout?: number } = {},
): Finished {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [CLI, ...args], {
    input: input ?? '',
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: 64 << 20,
  });
  if (error) throw new Error(`wemu ${args.join(' ')}: ${error.message}\n${stdout.subarray(-2000)}\n${stderr.subarray(-2000)}`);
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

export const shellQuote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A running program that is typed to and read from. */
export class Session {
  output = '';
  status: number | undefined;
  /** What has been matched so far: `expect` looks behind it only. */
  private seen = 0;
  private readonly child: ChildProcessWithoutNullStreams;
  private changed = (): void => {};

  /** `pty`: on a terminal, through `script`; the shell text is run as it is. */
  private constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { env: { ...process.env, TERM: 'dumb' } });
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString('latin1');
      this.changed();
    };
    this.child.stdout.on('data', take);
    this.child.stderr.on('data', take);
    this.child.stdin.on('error', () => {}); // the child may be gone when we type
    this.child.on('close', (code, signal) => {
      this.status = code ?? (signal ? -1 : 0);
      this.changed();
    });
  }

  /** wemu with pipes. */
  static pipes(args: readonly string[]): Session {
    return new Session(process.execPath, [CLI, ...args]);
  }
  /** wemu on a terminal of its own. */
  static terminal(args: readonly string[]): Session {
    return Session.shell(`exec ${['node', CLI, ...args].map(shellQuote).join(' ')}`);
  }
  /** A shell script on a terminal of its own. */
  static shell(text: string): Session {
    return new Session('script', ['-qefc', text, '/dev/null']);
  }
  /** Any other program. */
  static program(command: string, args: readonly string[]): Session {
    return new Session(command, args);
  }

  send(text: string): void {
    this.child.stdin.write(text, 'latin1');
  }
  end(): void {
    this.child.stdin.end();
  }

  /** Waits until `pattern` appears behind what was matched before; returns the match. */
  async expect(pattern: RegExp | string, timeoutMs: number): Promise<string> {
    const find = (): [number, string] | undefined => {
      const rest = this.output.slice(this.seen);
      if (typeof pattern === 'string') return rest.includes(pattern) ? [rest.indexOf(pattern), pattern] : undefined;
      const match = pattern.exec(rest);
      return match ? [match.index, match[0]] : undefined;
    };
    await this.until(() => find() !== undefined || this.status !== undefined, timeoutMs, `waiting for ${pattern}`);
    const found = find();
    if (!found) throw new Error(`ended with status ${this.status} before ${pattern}; output ends:\n${this.output.slice(-3000)}`);
    this.seen += found[0] + found[1].length;
    return found[1];
  }

  /** Waits for the end; the exit status. */
  async ended(timeoutMs: number): Promise<number> {
    await this.until(() => this.status !== undefined, timeoutMs, 'waiting for the end');
    return this.status!;
  }

  /** The process that runs wemu (under `script`, a descendant). */
  get wemuPid(): number {
    const visit = (pid: number): number | undefined => {
      if (readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')[1] === CLI) return pid;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
      for (const child of children ? children.split(' ') : []) {
        const found = visit(Number(child));
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const pid = visit(this.child.pid!);
    if (pid === undefined) throw new Error('wemu is not running');
    return pid;
  }

  /** As Ctrl-C on its terminal. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Closes the terminal: `script` goes, and what runs on it stays. */
  hangUp(): void {
    this.child.kill('SIGKILL');
  }

  /** Ends whatever still runs; for afterEach. */
  kill(): void {
    if (this.status !== undefined) return;
    try {
      process.kill(this.wemuPid, 'SIGKILL');
    } catch {
      // gone already
    }
    this.child.kill('SIGKILL');
  }

  private async until(done: () => boolean, timeoutMs: number, what: string): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${what}: nothing for ${timeoutMs} ms; output ends:\n${this.output.slice(-3000)}`));
      }, timeoutMs);
      this.changed = () => {
        if (!done()) return;
        clearTimeout(timer);
        this.changed = () => {};
        resolve();
      };
    });
  }
}
