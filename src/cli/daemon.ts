/** `-daemonize` and `-pidfile`: a run in the background. Node cannot fork, so wemu starts itself anew, and stays until that one is ready. */
import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { lockFile, systemLocks, type FileLock } from '../node/disk/lock.js';
import { refuseInput } from '../node/input-files.js';
import { systemReason, writeFully } from '../node/disk/write.js';
import { OptionError } from '../util/errors.js';

/** In the environment of the one that is started: the process that waits for it. */
const PARENT = 'WEMU_DAEMON_OF';
const READY = 'ready';

/** This process is the one that is to stay. */
export const isDaemon = (): boolean => process.env[PARENT] === String(process.ppid) && process.connected;

/**
 * Starts it, in a session of its own and without a terminal; what it has to say until it is ready comes here. Its exit status if it ended before that,
 * else 0.
 */
export async function startDaemon(): Promise<number> {
  const daemon = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, [PARENT]: String(process.pid) },
  });
  daemon.stderr!.pipe(process.stderr);
  const status = await new Promise<number>((done, failed) => {
    daemon.on('error', (error) => failed(new OptionError(`cannot start: ${systemReason(error)}`, '-daemonize')));
    daemon.on('message', (message) => message === READY && done(0));
    daemon.on('close', (code) => done(code ?? 1));
  });
  // From here on it is nobody's.
  if (daemon.connected) daemon.disconnect();
  daemon.stderr!.destroy();
  daemon.unref();
  return status;
}

/** The machine is made, and whoever wants to speak with it can. */
export function daemonReady(): void {
  if (!isDaemon()) return;
  process.send!(READY, () => process.disconnect());
}

/** It is locked, and stays there until the process ends: a later one of the same name is refused while this one runs. @throws OptionError. Returns what takes the file away again. */
export function writePidFile(path: string): () => void {
  const file = resolve(path);
  refuseInput(file, '-pidfile');
  const refuse = (why: string): OptionError => new OptionError(`cannot create PID file: ${why}`, '-pidfile');
  const { fd, lock } = openLocked(file, refuse);
  try {
    ftruncateSync(fd);
    writeFully(fd, new TextEncoder().encode(`${process.pid}\n`));
  } catch (error) {
    lock?.release();
    closeSync(fd);
    throw refuse(systemReason(error));
  }
  return () => {
    rmSync(file, { force: true });
    lock?.release();
    closeSync(fd);
  };
}

function openLocked(file: string, refuse: (why: string) => OptionError): { fd: number; lock: FileLock | undefined } {
  for (;;) {
    let fd: number | undefined;
    try {
      fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
      const lock = systemLocks(fd, 'POSIX')(0) ? 'taken' : lockFile(fd, false);
      if (lock === 'taken') throw refuse('Cannot lock pid file: another process has it');
      // whoever had it may have taken it away meanwhile
      if (statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) return { fd, lock };
      lock?.release();
      closeSync(fd);
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      throw error instanceof OptionError ? error : refuse(systemReason(error));
    }
  }
}
