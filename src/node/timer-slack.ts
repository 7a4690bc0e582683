/** How late Linux may wake a thread that waits: 50 us by default, so that several may wake at once (man 2 prctl, PR_SET_TIMERSLACK). */
import { readlinkSync, writeFileSync } from 'node:fs';

/**
 * A machine's thread waits for its guest's timers and is to wake in time, as QEMU's threads are. Where the system has no such setting, or does not let us, it
 * wakes 50 us later: no reason to say anything.
 */
export function wakeInTime(): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = readlinkSync('/proc/thread-self').replace(/^.*\//, '');
    writeFileSync(`/proc/${thread}/timerslack_ns`, '1');
  } catch {
    // no /proc, or a sandbox
  }
}
