/** Logs of recorded runs: none that is broken throws anything but a line for the user, or hangs. */
import { expect } from 'vitest';
import { viewOf } from '../../src/util/bytes.js';
import { crc32 } from '../../src/util/crc32.js';
import { isUserError } from '../../src/util/errors.js';
import { RECORD_HEAD } from '../../src/replay/format.js';
import { echoMachine, LogFiles, recording, replaying, typed } from '../../tests/support/replay.js';
import { tciHost } from '../../tests/support/snapshots.js';
import type { Target } from '../target.js';

const host = await tciHost();
const files = new LogFiles();
const options = { rtcClock: 'vm' as const };

async function recorded(text: string, more = {}): Promise<Uint8Array> {
  const run = echoMachine(files.host(host), { ...options, ...recording('log', more) });
  await typed(run, text);
  await run.machine.close();
  return files.files.get('log')!;
}
const seeds = [await recorded('abcq'), await recorded('q')];

/** With the checksums that it should have, as far as it has records. */
function repaired(input: Uint8Array): Uint8Array | undefined {
  const bytes = input.slice();
  if (bytes.length < 24) return undefined;
  const view = viewOf(bytes);
  const headEnd = 24 + view.getUint32(12);
  if (headEnd > bytes.length) return undefined;
  view.setUint32(16, crc32(bytes.subarray(24, headEnd)));
  view.setUint32(20, crc32(bytes.subarray(0, 20)));
  let chain = view.getUint32(20);
  for (let at = headEnd; at + RECORD_HEAD <= bytes.length;) {
    const end = at + RECORD_HEAD + view.getUint32(at + 4);
    if (end <= bytes.length) view.setUint32(at + 8, crc32(bytes.subarray(at + RECORD_HEAD, end)));
    chain = crc32(bytes.subarray(at, at + 12), chain);
    view.setUint32(at + 12, chain);
    at = end;
  }
  return bytes;
}

/** Instructions after which it need not go on: a log may say that there are many more. */
const MOST = 200_000;

async function tryOne(bytes: Uint8Array): Promise<void> {
  files.files.set('broken', bytes);
  let run;
  try {
    run = echoMachine(files.host(host), { ...options, ...replaying('broken') });
  } catch (error) {
    return refused(error);
  }
  try {
    if (run.machine.control.travel!.instructions < MOST) run.machine.control.replayBreak(MOST);
    run.machine.state.onStop(() => run.machine.quit());
    await run.machine.run();
  } catch (error) {
    refused(error);
  } finally {
    await run.machine.close();
  }
}

function refused(error: unknown): void {
  if (!isUserError(error)) throw error;
  expect(error.message).not.toMatch(/\n|undefined/);
}

export const replayTarget: Target = {
  name: 'replay',
  seeds: () => seeds,
  async run(input) {
    await tryOne(input);
    const whole = repaired(input);
    if (whole) await tryOne(whole);
  },
};
