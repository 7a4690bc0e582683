/** `-daemonize` and `-pidfile`: a run in the background. Node cannot fork, so wemu starts itself anew, and stays until that one is ready. */
import { spawn } from 'node:child_process';
import { unlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { refuseInput } from '../node/input-files.js';
import { systemReason } from '../node/write.js';
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

/** @throws OptionError if it cannot be written. Returns what takes the file away again. */
export function writePidFile(path: string): () => void {
  const file = resolve(path);
  refuseInput(file, '-pidfile');
  try {
    writeFileSync(file, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    throw new OptionError(`cannot create PID file: ${systemReason(error)}`, '-pidfile');
  }
  return () => {
    try {
      unlinkSync(file);
    } catch {
      // somebody else has
    }
  };
}
