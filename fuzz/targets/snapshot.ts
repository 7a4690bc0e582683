/** Snapshot files: none that is broken changes a machine, and what is taken can be run. */
import { expect } from 'vitest';
import { machineDigest } from '../../src/migration/snapshot.js';
import { SECTION_HEAD } from '../../src/migration/format.js';
import { MemorySnapshotStore } from '../../src/migration/store.js';
import type { Machine } from '../../src/system/facade.js';
import { viewOf } from '../../src/util/bytes.js';
import { crc32 } from '../../src/util/crc32.js';
import { VmStateError } from '../../src/util/errors.js';
import { embedded, runUntil, snapshotOf, tciHost } from '../../tests/support/snapshots.js';
import type { Target } from '../target.js';

const host = await tciHost();
// addi x5, x5, 1; auipc x6, 16; sw x5, 0(x6); j 0
const PROGRAM = new Uint8Array(Uint32Array.of(0x00128293, 0x00010317, 0x00532023, 0xff5ff06f).buffer);
const store = new MemorySnapshotStore();
const options = {
  machine: 'spike',
  memory: '4M',
  bios: PROGRAM,
  kernel: undefined,
  append: undefined,
  snapshots: store,
  incremental: true,
};
const machine: Machine = embedded(host, options);
await runUntil(machine, 20_000);
const good = await named('parent');
await runUntil(machine, 40_000);
const child = await named('child');
const later = await snapshotOf(machine);

async function named(name: string): Promise<Uint8Array> {
  await machine.control.saveSnapshot(name);
  const file = store.open(name)!;
  const bytes = new Uint8Array(file.size);
  await file.read(0, bytes);
  return bytes;
}

/** With the checksums that it should have, as far as it has sections: so that what is behind them is looked at. */
function repaired(input: Uint8Array): Uint8Array | undefined {
  const bytes = input.slice();
  if (bytes.length < 24) return undefined;
  const view = viewOf(bytes);
  const headEnd = 24 + view.getUint32(12);
  if (headEnd > bytes.length) return undefined;
  view.setUint32(16, crc32(bytes.subarray(24, headEnd)));
  view.setUint32(20, crc32(bytes.subarray(0, 20)));
  let chain = 0;
  let count = 0;
  for (let at = headEnd; at + SECTION_HEAD <= bytes.length; count++) {
    const end = at + SECTION_HEAD + view.getUint32(at + 16);
    if (end > bytes.length) return undefined;
    if (bytes[at] === 3 && end - at === SECTION_HEAD + 8) {
      view.setUint32(at + SECTION_HEAD, count);
      view.setUint32(at + SECTION_HEAD + 4, chain);
    }
    view.setUint32(at + 20, crc32(bytes.subarray(at + SECTION_HEAD, end)));
    view.setUint32(at + 24, crc32(bytes.subarray(at, at + 24)));
    chain = crc32(bytes.subarray(at, at + SECTION_HEAD), chain);
    at = end;
  }
  return bytes;
}

async function tryOne(bytes: Uint8Array): Promise<void> {
  const before = machineDigest(machine.state);
  try {
    await machine.load(bytes, { parents: ({ name }) => store.open(name) });
  } catch (error) {
    if (!(error instanceof VmStateError)) throw error;
    expect(error.message).not.toMatch(/\n|undefined/);
    expect(machineDigest(machine.state), 'changed by what was refused').toBe(before);
    return;
  }
  await runUntil(machine, Number(machine.state.clocks.virtualNow) + 5000);
  machine.reset();
  await machine.load(good);
}

export const snapshotTarget: Target = {
  name: 'snapshot',
  seeds: () => [good, later, child],
  async run(input) {
    await tryOne(input);
    const whole = repaired(input);
    if (whole) await tryOne(whole);
  },
};
