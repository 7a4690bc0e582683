/**
 * That one file is not written to by two processes. Node cannot lock files, so those of wemu's tell each other by files of this user's in the temporary
 * folder: nothing is changed beside the file, and what a killed process leaves is known by its being gone. Others' locks are heeded where the system lists
 * them (Linux: proc_locks(5)); others know nothing of ours.
 */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOwnFolder, isRefusal, makeFolder } from './files.js';

export interface FileLock {
  /** Of the file that tells others. */
  readonly name: string;
  release(): void;
}

const lockFolder = (): string => join(tmpdir(), `wemu-locks-${process.getuid?.() ?? 'user'}`);
let count = 0;

/** Many may read, or one may write. `beside`: a lock that one has on it already. `taken`: another has the file; undefined: this system has no place for locks. */
export function lockFile(fd: number, readOnly: boolean, beside?: FileLock): FileLock | 'taken' | undefined {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  const folder = lockFolder();
  const file = `${dev}-${ino}.`;
  const own = `${file}${readOnly ? 'r' : 'w'}.${process.pid}-${startTime(process.pid)}.${count++}`;
  try {
    makeFolder(folder);
    isOwnFolder(folder);
    closeSync(openSync(join(folder, own), 'wx', 0o600));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
  const release = (): void => rmSync(join(folder, own), { force: true });
  // Ours is there before we look for others': of two at once, one at least sees the other.
  for (const name of readdirSync(folder)) {
    if (name === own || name === beside?.name || !name.startsWith(file)) continue;
    const [, mode, pid, start] = /\.([rw])\.(\d+)-(\d*)\.\d+$/.exec(name) ?? [];
    if (!isAlive(Number(pid), start)) rmSync(join(folder, name), { force: true });
    else if (!readOnly || mode === 'w') {
      release();
      return 'taken';
    }
  }
  return { name: own, release };
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startTime(pid) === start;
}

/** Tells a process from a later one of the same number; empty where the system does not say. Source: proc_pid_stat(5). */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return ''; // no Linux
  }
}

/** As the system lists them. */
export type LockKind = 'OFDLCK' | 'POSIX';

/** Which bytes of a file are locked so, by anybody. */
export function systemLocks(fd: number, kind: LockKind): (byte: number) => boolean {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const hex = (n: bigint): string => n.toString(16).padStart(2, '0');
  const file = `${hex(major)}:${hex(minor)}:${ino}`;
  let text: string;
  try {
    text = readFileSync('/proc/locks', 'latin1');
  } catch {
    return () => false; // no Linux
  }
  // 1: OFDLCK ADVISORY  READ  -1 fe:01:1234 100 101
  const ranges = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[1] === kind && words[5] === file)
    .map((words) => [Number(words[6]), words[7] === 'EOF' ? Infinity : Number(words[7])] as const);
  return (byte) => ranges.some(([first, last]) => first <= byte && byte <= last);
}
