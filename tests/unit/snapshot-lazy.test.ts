/** Machines whose memory is read from their snapshot when it is used: they are as others, and nobody sees a byte that was not looked at. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesSource, SECTION_HEAD, type DirectSource } from '../../src/migration/format.js';
import { machineDigest, readSnapshot } from '../../src/migration/snapshot.js';
import { MemorySnapshotStore } from '../../src/migration/store.js';
import { createNodeHost, type NodeHost } from '../../src/node/host.js';
import type { Machine, MachineOptions } from '../../src/system/facade.js';
import { HostError, SnapshotError } from '../../src/util/errors.js';
import { embedded, runUntil, snapshotOf, tciHost } from '../support/snapshots.js';

const RAM = 0x8000_0000;
const MiB = 1 << 20;
/** Windows of memory in use: two of the guest's own, and those of `make`. */
const FILLED = [5, 6, 9, 13];

let tci: NodeHost;
let wasm: NodeHost;
let saved: Uint8Array;
let then: number;
beforeAll(async () => {
  tci = await tciHost();
  wasm = await createNodeHost({ sync: true });
  const machine = embedded(tci);
  await runUntil(machine, 1_000_000);
  for (const n of FILLED) machine.writePhysical(RAM + n * MiB + 4096, Uint8Array.of(n, 2, 3));
  then = machineDigest(machine.state);
  saved = await snapshotOf(machine);
  await machine.close();
});
afterAll(() => {
  tci.close();
  wasm.close();
});

/** A source that says which bytes were asked for, and can be spoilt. */
class Watched implements DirectSource {
  readonly size = saved.length;
  readonly bytes = saved.slice();
  readonly asked: (readonly [number, number])[] = [];
  released = 0;
  failed: string[] = [];

  readonly readNow = (at: number, into: Uint8Array): void => {
    this.asked.push([at, into.length]);
    bytesSource(this.bytes).readNow(at, into);
  };
  readonly read = this.readNow;
  readonly lazy = { released: () => void this.released++, failed: ({ message }: Error) => void this.failed.push(message) };
}

interface Rig {
  readonly machine: Machine;
  readonly source: Watched;
  /** Of all bytes that were asked for, those of sections of memory. */
  windowsRead(): Promise<number>;
}

async function lazily(host = tci, options: Partial<MachineOptions> = {}): Promise<Rig> {
  const machine = embedded(host, { incoming: true, ...options });
  const source = new Watched();
  await machine.load(source, { lazy: source.lazy });
  const windowsRead = async (): Promise<number> => {
    const at = new Set<number>();
    await readSnapshot(bytesSource(saved), {}, (section) => section.kind === 2 && at.add(section.at));
    return new Set(source.asked.filter(([from, length]) => at.has(from) && length > SECTION_HEAD).map(([from]) => from)).size;
  };
  return { machine, source, windowsRead };
}

/** A while. */
const goOn = (machine: Machine): Promise<void> => runUntil(machine, Number(machine.state.clocks.virtualNow) + 1_000_000);

/** Where the payload of the window is that has a byte of RAM. */
async function payloadAt(address: number): Promise<number> {
  let found = 0;
  await readSnapshot(bytesSource(saved), {}, ({ kind, index, offset, at }, { ram }) => {
    const isThere = kind === 2 && ram[index].name.endsWith('board.ram') && offset === Math.floor((address - RAM) / MiB) * MiB;
    if (isThere) found = at;
  });
  expect(found).toBeGreaterThan(0);
  return found;
}

describe('memory that is read when it is used', () => {
  it('is not read before', async () => {
    const { machine, windowsRead, source } = await lazily();
    expect(await windowsRead()).toBe(0);
    machine.readPhysical(RAM + 5 * MiB, 8);
    expect(await windowsRead()).toBe(1);
    expect(source.released).toBe(0);
    await machine.close();
    expect(source.released).toBe(1);
  });

  it.each(['tci', 'wasm'] as const)(
    'makes no difference to the guest: %s',
    async (backend) => {
      const host = backend === 'tci' ? tci : wasm;
      const eager = embedded(tci);
      await eager.load(saved);
      const { machine, windowsRead, source } = await lazily(host);
      for (const each of [eager, machine]) await goOn(each);
      const read = await windowsRead();
      expect(read).toBeGreaterThan(0);
      expect(machineDigest(machine.state)).toBe(machineDigest(eager.state));
      expect(await windowsRead()).toBeGreaterThan(read); // the digest has read the rest
      expect(source.released).toBe(1);
      await eager.close();
      await machine.close();
    },
    60_000,
  );

  it.each<[string, (machine: Machine) => unknown]>([
    ['saved', snapshotOf],
    ['saved in memory, and put back', (machine) => machine.reset(machine.snapshot())],
    ['read by a debugger', (machine) => machine.readPhysical(RAM + 5 * MiB - 8, 2 * MiB)],
    ['summed', (machine) => machine.control.checksum(BigInt(RAM), 16 * MiB)],
    ['read by a device', (machine) => machine.state.addressSpace.readBytes(RAM + 9 * MiB, new Uint8Array(MiB))],
  ])('is right when it is %s', async (_, use) => {
    const { machine } = await lazily();
    await use(machine);
    expect(machineDigest(machine.state)).toBe(then);
    await machine.close();
  });

  it('is right where it is written before it has come, and after a reset', async () => {
    const eager = embedded(tci);
    await eager.load(saved);
    const { machine } = await lazily();
    for (const each of [eager, machine]) {
      each.writePhysical(RAM + 9 * MiB + 4097, Uint8Array.of(77));
      each.state.addressSpace.writeTx(RAM + 13 * MiB + 4096, 4, 0x1234);
      each.reset();
    }
    expect(machineDigest(machine.state)).toBe(machineDigest(eager.state));
    for (const each of [eager, machine]) await goOn(each);
    expect(machineDigest(machine.state)).toBe(machineDigest(eager.state));
    await eager.close();
    await machine.close();
  }, 60_000);

  it('comes before another snapshot takes its place', async () => {
    const { machine, source } = await lazily();
    await machine.load(saved);
    expect(source.released).toBe(1);
    expect(machineDigest(machine.state)).toBe(then);
    await machine.close();
  });

  it('is as it is of one that is loaded by name', async () => {
    const snapshots = new MemorySnapshotStore();
    const file = snapshots.create('one');
    await file.write(saved);
    await file.commit();
    const machine = embedded(tci, { incoming: true, snapshots });
    await machine.control.loadSnapshot('one');
    await machine.control.saveSnapshot('one'); // in its own place
    expect(machineDigest(machine.state)).toBe(then);
    await machine.control.loadSnapshot('one');
    expect(machineDigest(machine.state)).toBe(then);
    await machine.close();
  });
});

describe('a file that is not what it was', () => {
  const CHANGED = /^the machine's memory cannot be read from its snapshot any more: the snapshot is damaged: bytes \d+ to \d+$/;

  it.each(['tci', 'wasm'] as const)('ends a guest that needs it, before it has seen any of it: %s', async (backend) => {
    const output: string[] = [];
    const { machine, source } = await lazily(backend === 'tci' ? tci : wasm, { serial: (text: Uint8Array) => output.push(String(text)) });
    source.bytes[(await payloadAt(RAM)) + 100] ^= 1;
    const before = machine.state.clocks.instructionCount;
    const error = await machine.run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(HostError);
    expect((error as Error).message).toMatch(CHANGED);
    expect([source.failed, output]).toEqual([[(error as Error).message], []]);
    expect(machine.state.clocks.instructionCount).toBe(before);
    expect(machine.runState).toBe('internal-error');
    await machine.close();
    expect(source.released).toBe(1);
  });

  it('is told to who looks at what it had, a device too', async () => {
    const { machine, source } = await lazily();
    source.bytes[(await payloadAt(RAM + 9 * MiB)) + 40] ^= 1;
    expect(machine.readPhysical(RAM + 5 * MiB + 4096, 1)).toEqual(Uint8Array.of(5));
    for (let n = 0; n < 2; n++) expect(() => machine.readPhysical(RAM + 9 * MiB, 8)).toThrow(HostError);
    expect(() => machine.state.addressSpace.writeTx(RAM + 9 * MiB, 4, 1)).toThrow(HostError);
    await expect(snapshotOf(machine)).rejects.toThrow(CHANGED);
    await machine.close();
  });

  it('may also have become shorter, or be gone', async () => {
    const { machine, source } = await lazily();
    const readNow = (): never => {
      throw new SnapshotError('cannot read it');
    };
    Object.assign(source, { readNow });
    expect(() => machine.readPhysical(RAM + 5 * MiB, 8)).toThrow(HostError);
    await machine.close();
  });
});
