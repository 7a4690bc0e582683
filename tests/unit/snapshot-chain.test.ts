/** Snapshots that build on others: each is what the machine was, and what does not fit is refused with the machine as it was. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SnapshotChain } from '../../src/migration/chain.js';
import { SECTION_HEAD } from '../../src/migration/format.js';
import { flatten } from '../../src/migration/contents.js';
import { machineDigest } from '../../src/migration/snapshot.js';
import { BytesSink, MemorySnapshotStore, type NewSnapshot } from '../../src/migration/store.js';
import type { NodeHost } from '../../src/node/host.js';
import { snapshotTools } from '../../src/node/snapshot-store.js';
import type { Machine, MachineOptions } from '../../src/system/facade.js';
import { SnapshotError, VmStateError } from '../../src/util/errors.js';
import { SeededRandom } from '../../src/util/random.js';
import { embedded, runUntil, tciHost } from '../support/snapshots.js';

const RAM = 0x8000_0000;
const PAGE = 4096;
/** Damaged files; `WEMU_SNAPSHOT_DAMAGE=10000` takes more. */
const DAMAGED = Number(process.env['WEMU_SNAPSHOT_DAMAGE'] ?? 200);

let host: NodeHost;
beforeAll(async () => {
  host = await tciHost();
});
afterAll(() => host.close());

/** Lets files be changed behind its back, and fails when it is told to. */
class Store extends MemorySnapshotStore {
  fails = false;

  override create(name: string): NewSnapshot {
    const file = super.create(name);
    const write = (bytes: Uint8Array): void | Promise<void> => {
      if (this.fails) throw new SnapshotError('the disk is full');
      return file.write(bytes);
    };
    return { ...file, write };
  }
  bytesOf(name: string): Uint8Array {
    const file = this.open(name)!;
    const bytes = new Uint8Array(file.size);
    void file.read(0, bytes);
    return bytes;
  }
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const file = super.create(name);
    await file.write(bytes);
    await file.commit();
  }
}

interface Rig {
  readonly store: Store;
  readonly machine: Machine;
  save(name: string, incremental?: boolean): Promise<void>;
}

function rig(options: Partial<MachineOptions> = {}): Rig {
  const store = new Store();
  const machine = embedded(host, { snapshots: store, ...options });
  return { store, machine, save: async (name, incremental = true) => void (await machine.control.saveSnapshot(name, { incremental })) };
}

const digest = ({ state }: Machine): number => machineDigest(state);

/** A machine as it is when it is loaded from the store. */
async function loaded(store: Store, name: string, options: Partial<MachineOptions> = {}): Promise<number> {
  const machine = embedded(host, { snapshots: store, ...options });
  try {
    await machine.control.loadSnapshot(name);
    return digest(machine);
  } finally {
    await machine.close();
  }
}

/** One that has all, and two that build on it. */
async function family(): Promise<Rig & { readonly digests: Record<string, number> }> {
  const all = rig();
  const digests: Record<string, number> = {};
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    await runUntil(all.machine, 1_000_000 * (i + 1));
    all.machine.writePhysical(RAM + 0x80_0000 + i * PAGE, Uint8Array.of(1 + i));
    await all.save(name);
    digests[name] = digest(all.machine);
  }
  return { ...all, digests };
}

describe('a snapshot that builds on another', () => {
  it('has what was written since, and is what the machine was: loaded eagerly, lazily, and as one file', async () => {
    const { store, machine, digests } = await family();
    expect(store.bytesOf('b').length).toBeLessThan(store.bytesOf('a').length);
    for (const [name, then] of Object.entries(digests)) {
      expect(await loaded(store, name), name).toBe(then);
      expect(await loaded(store, name, { incoming: true }), `${name}, lazily`).toBe(then);
      const chain = await SnapshotChain.open(store.open(name)!, snapshotTools, (parent) => store.open(parent.name));
      const out = new BytesSink();
      await flatten(chain, out, snapshotTools);
      chain.close();
      const alone = embedded(host);
      await alone.load(out.finish());
      expect(digest(alone), `${name}, flat`).toBe(then);
      await alone.close();
    }
    expect((await machine.control.snapshots()).map(({ name, parent }) => [name, parent])).toEqual([
      ['a', undefined],
      ['b', 'a'],
      ['c', 'b'],
    ]);
    await machine.close();
  });

  it('is right whatever is done in between', async () => {
    const { store, machine, save } = rig();
    const random = new SeededRandom(5);
    const digests = new Map<string, number>();
    await runUntil(machine, 1_000_000);
    await save('0');
    digests.set('0', digest(machine));
    const inMemory = machine.snapshot();
    const write = (bytes: Uint8Array): void => machine.writePhysical(RAM + 0x40_0000 + (random.next() % 2048) * PAGE, bytes);
    for (let n = 1; n <= 36; n++) {
      const what = random.next() % 8;
      if (what < 3) for (let i = 0; i < 5; i++) write(random.bytes(64));
      else if (what === 3)
        for (let i = 0; i < 50; i++) write(new Uint8Array(PAGE)); // pages become zero again
      else if (what === 4) machine.reset(inMemory);
      else if (what === 5) await runUntil(machine, Number(machine.state.clocks.virtualNow) + 50_000);
      else if (what === 6) {
        store.fails = true;
        await expect(save(`failed${n}`)).rejects.toThrow('the disk is full');
        store.fails = false;
      } else await machine.control.loadSnapshot([...digests.keys()][random.next() % digests.size]);
      if (n % 3 > 0) continue;
      await save(String(n), random.next() % 5 > 0);
      digests.set(String(n), digest(machine));
    }
    expect((await machine.control.snapshots()).filter(({ parent }) => parent !== undefined).length).toBeGreaterThan(3);
    for (const [name, then] of digests) expect(await loaded(store, name), name).toBe(then);
    await machine.close();
  }, 120_000);

  it('has all if there is nothing to build on, or that is not there any more', async () => {
    const { store, machine, save } = rig();
    const parentOf = async (name: string) => (await machine.control.snapshots()).find((each) => each.name === name)?.parent;
    await save('a', false);
    await save('b');
    expect(await parentOf('b')).toBeUndefined(); // nobody had asked to note what is written
    await save('c');
    expect(await parentOf('c')).toBe('b');
    await save('c');
    expect(await parentOf('c')).toBeUndefined(); // it cannot build on itself
    store.delete('c');
    await save('d');
    expect(await parentOf('d')).toBeUndefined();
    await store.put('d', store.bytesOf('a'));
    await save('e');
    expect(await parentOf('e')).toBeUndefined();
    await machine.close();
    const always = rig({ incremental: true });
    for (const name of ['x', 'y']) await always.machine.control.saveSnapshot(name);
    expect((await always.machine.control.snapshots()).map(({ parent }) => parent)).toEqual([undefined, 'x']);
    await always.machine.close();
  });

  it('keeps what it builds on from being deleted or replaced', async () => {
    const { machine, save } = await family();
    await expect(machine.control.deleteSnapshot('a')).rejects.toThrow("Snapshot 'a' cannot be deleted: 'b' builds on it");
    await expect(save('b', false)).rejects.toThrow("Snapshot 'b' cannot be replaced: 'c' builds on it");
    for (const name of ['c', 'b', 'a']) expect(await machine.control.deleteSnapshot(name)).toBe(true);
    await machine.close();
  });
});

describe('a machine that runs', () => {
  it('goes on while it is written, as it was at one moment, and nothing else is saved meanwhile; its end waits for that', async () => {
    const { store, machine, save } = rig();
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { create } = store;
    store.create = (name) => {
      const file = create.call(store, name);
      const write = async (bytes: Uint8Array): Promise<void> => {
        await gate;
        await file.write(bytes);
      };
      return { ...file, write };
    };
    const run = machine.run();
    const saving = save('a');
    const states: string[] = [];
    await new Promise<void>((resolve) => machine.onEvent(({ event }) => states.push(event) === 2 && resolve()));
    expect([states, machine.runState]).toEqual([['STOP', 'RESUME'], 'running']);
    await expect(save('b')).rejects.toThrow('another snapshot is being saved or loaded');
    await expect(machine.control.loadSnapshot('a')).rejects.toThrow(/is being saved or loaded|does not exist/);
    const closing = machine.close();
    go();
    await closing;
    expect(store.names()).toEqual(['a']);
    await saving;
    await run;
    expect(await loaded(store, 'a')).toBe(await loaded(store, 'a', { incoming: true }));
  });
});

describe('a machine that writes while it is saved', () => {
  // a word into each page of 4 MiB, over and over: auipc t0, 16M; li t1, 4M; add t1, t0, t1; lui t2, 1; 1: sd t2, 0(t0); add ...; bltu t0, t1, 1b; j _start
  const WRITER = new Uint8Array(
    Uint32Array.of(0x01000297, 0x00400337, 0x00628333, 0x000013b7, 0x0072b023, 0x007282b3, 0xfe62ece3, 0xfe5ff06f).buffer,
  );
  const COUNTER = 0x8100_0000;

  it('is copied as it was when it stood still, which is not for long', async () => {
    const store = new Store();
    const options = { snapshots: store, memory: '128M', kernel: undefined, append: undefined, bios: WRITER, icount: undefined };
    const machine = embedded(host, options);
    machine.writePhysical(0x8200_0000, new Uint8Array(64 << 20).fill(1));
    const run = machine.run();
    let state: number | undefined;
    let turns = 0;
    const turn = (): void => void (state === undefined && (turns++, setImmediate(turn)));
    machine.onEvent(({ event }) => {
      if (event === 'STOP') state ??= machineDigest(machine.state);
    });
    setImmediate(turn);
    await machine.control.saveSnapshot('a');
    // it was copied in pieces before it stopped
    expect(turns).toBeGreaterThan(3);
    await machine.control.stop();
    const other = embedded(host, options);
    await other.control.loadSnapshot('a');
    expect(machineDigest(other.state)).toBe(state);
    expect(other.readPhysical(COUNTER, 8)).not.toEqual(new Uint8Array(8));
    await machine.close();
    await run;
    await other.close();
  }, 60_000);
});

describe('what is refused, with the machine as it was', () => {
  it.each<[string, (store: Store) => unknown, RegExp]>([
    ['a parent that is not there', (store) => store.delete('a'), /^it builds on the snapshot 'a', which is not there$/],
    ['another one of its name', (store) => store.put('a', store.bytesOf('b')), /^it builds on a snapshot 'a' that was another one \(its digest is not [0-9a-f]{64}\)$/],
    ['a parent with a damaged head', (store) => store.put('b', store.bytesOf('b').fill(1, 30, 31)), /^its parent 'b': the snapshot is damaged: its head$/],
    ['a parent with damaged memory', (store) => store.put('a', spoilt(store.bytesOf('a'))), /^its parent 'a': the snapshot is damaged: bytes \d+ to \d+$/],
  ])('%s', async (_, spoil, says) => {
    const { store, machine } = await family();
    const before = digest(machine);
    await spoil(store);
    await expect(machine.control.loadSnapshot('c')).rejects.toThrow(says);
    await expect(machine.control.loadSnapshot('c')).rejects.toThrow(VmStateError);
    expect(digest(machine)).toBe(before);
    await machine.close();
  }); // prettier-ignore

  it('one whose parent nobody can look for', async () => {
    const { store, machine } = await family();
    await expect(machine.load(store.bytesOf('c'))).rejects.toThrow("it builds on the snapshot 'b', which is not there");
    await machine.close();
  });

  it('any damage of any of the files', async () => {
    const { store, machine, digests } = await family();
    const random = new SeededRandom(7);
    const before = digest(machine);
    const whole = new Map(['a', 'b', 'c'].map((name) => [name, store.bytesOf(name)]));
    for (let n = 0; n < DAMAGED; n++) {
      const name = ['a', 'b', 'c'][n % 3];
      const bytes = whole.get(name)!.slice();
      const at = random.next() % bytes.length;
      const kind = random.next() % 3;
      if (kind === 0) bytes[at] ^= 1 << (random.next() & 7);
      else if (kind === 1) bytes.copyWithin(at, random.next() % bytes.length, bytes.length);
      const isSame = kind === 1 && bytes.every((byte, i) => byte === whole.get(name)![i]);
      if (isSame) continue;
      await store.put(name, kind === 2 ? bytes.subarray(0, at) : bytes);
      await expect(machine.control.loadSnapshot('c'), `${n}: ${name}`).rejects.toThrow(VmStateError);
      await store.put(name, whole.get(name)!);
    }
    expect(digest(machine)).toBe(before);
    await machine.control.loadSnapshot('c');
    expect(digest(machine)).toBe(digests['c']);
    await machine.close();
  }, 600_000);
});

/** With a bit of its last payload changed. */
function spoilt(bytes: Uint8Array): Uint8Array {
  bytes[bytes.length - SECTION_HEAD - 8 - 1] ^= 1;
  return bytes;
}
