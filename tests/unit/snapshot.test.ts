/** Snapshots of machines: what is in them, what is refused, and that a machine that is loaded goes on as the one that was saved. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceState } from '../../src/hw/core/device.js';
import { HART_FIELDS } from '../../src/target/riscv/hart-state.js';
import { fieldValues } from '../../src/migration/schema.js';
import { machineDigest, readSnapshot } from '../../src/migration/snapshot.js';
import { bytesSource } from '../../src/migration/format.js';
import { MemorySnapshotStore } from '../../src/migration/store.js';
import type { NodeHost } from '../../src/node/host.js';
import { Machine, type MachineOptions } from '../../src/system/facade.js';
import { VmStateError } from '../../src/util/errors.js';
import { NullChardev } from '../../src/chardev/chardev.js';
import { embedded, runUntil, scramble, snapshotOf, tciHost } from '../support/snapshots.js';

/** In memory; a digest takes longer than many of them. */
const RESETS = 10_000;
const CHECKED = 500;

let host: NodeHost;
beforeAll(async () => {
  host = await tciHost();
});
afterAll(() => host.close());

/** A ROM for PowerPC, where it begins. */
const BRANCH_TO_ITSELF = Uint8Array.from({ length: 0x104 }, (_, at) => (at === 0x100 ? 0x48 : 0));

/** Machines that have every kind of device between them. */
const EVERYTHING: readonly Partial<MachineOptions>[] = [
  {
    devices: [
      'virtio-rng-device,max-bytes=100,period=1000',
      'virtio-serial-device',
      'virtconsole,chardev=con',
      'virtserialport,chardev=port,name=org.example.port',
      'loader,addr=0x80f00000,data=1,data-len=4',
      'vmgenid',
    ],
    drives: [{ id: 'disk', bytes: new Uint8Array(1 << 16), readonly: true }],
    globals: ['virtio-mmio.force-legacy=off'],
    smp: 2,
  },
  { machine: 'virt,aclint=on', devices: ['virtio-rng-device', 'virtio-serial-device'] },
  { machine: 'virt,aia=aplic' },
  { machine: 'virt,aia=aplic-imsic', smp: 2 },
  {
    devices: [
      'pci-bridge,chassis_nr=1,id=below',
      'virtio-rng-pci,bus=below',
      'virtio-serial-pci',
      'edu',
      'pci-testdev',
      'pci-serial,chardev=con',
      'i6300esb',
      'pcie-root-port,id=port,chassis=2',
      'virtio-rng-pci,bus=port',
    ],
  },
  {
    drives: ['d', 'e', 'f'].map((id) => ({ id, interface: 'none' as const, bytes: new Uint8Array(1 << 16), readonly: true })),
    devices: [
      'virtio-blk-pci,drive=d',
      ...['blk-pci-transitional,drive=e', 'rng-pci-transitional', 'serial-pci-transitional'].map((name) => `virtio-${name}`),
      ...['blk-pci-non-transitional,drive=f', 'rng-pci-non-transitional', 'serial-pci-non-transitional'].map((name) => `virtio-${name}`),
    ],
  },
  { machine: 'spike' },
  { machine: 'cpiom', kernel: undefined, append: undefined, bios: BRANCH_TO_ITSELF },
  {
    machine: '40p',
    kernel: undefined,
    append: undefined,
    bios: BRANCH_TO_ITSELF,
    devices: ['isa-serial,index=2', 'isa-parallel,index=1,chardev=port'],
  },
];

const make = (options: Partial<MachineOptions>): Machine => {
  const backends = [new NullChardev('con'), new NullChardev('port')].map((chardev) => ['chardev', chardev.id, chardev] as const);
  return embedded(host, { backends, ...options });
};

/** Bytes of each section but RAM, by path. */
async function sections(snapshot: Uint8Array): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  await readSnapshot(bytesSource(snapshot), {}, ({ kind, index, payload }, head) => {
    if (kind === 1) all[head.devices[index].path] = Buffer.from(payload).toString('hex');
  });
  return all;
}

/** What a guest would read, by device. */
const registersOf = ({ state }: Machine): unknown =>
  state.realizedDevices.map(({ canonicalPath, registerMaps }) => ({ path: canonicalPath, registerMaps }));

describe('every kind of device', () => {
  it('is in one of the machines below', () => {
    const machines = EVERYTHING.map(make);
    const there = new Set(machines.flatMap(({ state }) => state.realizedDevices.map(({ type }) => type.name)));
    const missing = host.types.list(DeviceState.type).filter(({ name }) => !there.has(name) && !/-riscv-cpu$|^powerpc-cpu$/.test(name));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  // What has no state of its own.
  const STATELESS = ['cpiom-config', 'gpex-pcihost', 'loader', 'platform-bus-device', 'riscv.hart_array', 'riscv.sifive.test', 'rs6000-mc'];
  it('has a table, or no state', () => {
    const without = EVERYTHING.map(make).flatMap(({ state }) => state.realizedDevices.filter(({ vmState }) => !vmState));
    expect([...new Set(without.map(({ typeName }) => typeName))].sort()).toEqual(STATELESS);
  });

  it.each(EVERYTHING.map((options) => [options.machine ?? 'virt', options] as const))(
    'of %s is saved, loaded into a new machine, and saved with the same bytes',
    async (_, options) => {
      for (const seed of [1, 2, 3]) {
        const a = make(options);
        await runUntil(a, 300_000);
        scramble(a, seed, 0x8080_0000);
        await a.state.backends.drained();
        const saved = await snapshotOf(a);
        const b = make(options);
        await runUntil(b, 100_000); // not quite new
        scramble(b, seed + 100, 0x8080_0000, 3000);
        await b.load(saved);
        expect(machineDigest(b.state)).toBe(machineDigest(a.state));
        expect(await sections(await snapshotOf(b))).toEqual(await sections(saved));
        expect(registersOf(b)).toEqual(registersOf(a)); // a field that is in no table is in no section
        await a.close();
        await b.close();
      }
    },
    120_000,
  );
});

describe('a hart', () => {
  it('has all of its part of the env in a snapshot, once', () => {
    for (const [i, { name, at, size, count }] of HART_FIELDS.entries()) {
      expect(size * count, name).toBeGreaterThan(0);
      const before = HART_FIELDS[i - 1];
      if (before) expect(at, name).toBeGreaterThanOrEqual(before.at + before.size * before.count);
    }
    expect(HART_FIELDS.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['x', 'f', 'loadRes', 'loadVal', 'mstatus', 'mip', 'extIrq', 'satp']),
    );
  });

  it('is told by the names of its registers', async () => {
    const a = embedded(host);
    a.writeRegister('mscratch', 0x1234n);
    a.writeRegister('x5', 77n);
    let values = new Map<string, string>();
    await readSnapshot(bytesSource(await snapshotOf(a)), {}, ({ kind, index, payload }, { devices }) => {
      if (kind === 1 && devices[index].type.endsWith('riscv-cpu')) values = fieldValues(devices[index].schema, payload);
    });
    expect([values.get('device.vcpu.mscratch'), values.get('device.vcpu.x[5]')]).toEqual(['0x1234', '0x4d']);
    await a.close();
  });
});

describe('a machine that is loaded', () => {
  it.each([
    ['one hart', {}],
    ['two harts', { smp: 2 }],
  ] as const)(
    'goes on as the one that was saved: %s',
    async (_, options) => {
      const a = embedded(host, options);
      const saved: Uint8Array[] = [];
      for (const ns of [100_000, 3_000_000, 20_000_000]) {
        await runUntil(a, ns);
        saved.push(await snapshotOf(a));
      }
      await a.run();
      for (const snapshot of saved) {
        const b = embedded(host, options);
        await b.load(snapshot);
        await b.run();
        expect(machineDigest(b.state)).toBe(machineDigest(a.state));
        await b.close();
      }
      await a.close();
    },
    60_000,
  );

  it('goes on at once if it was running, and its own past is gone', async () => {
    const a = embedded(host);
    await runUntil(a, 100_000);
    const saved = await snapshotOf(a);
    await runUntil(a, 5_000_000);
    await a.load(saved);
    expect(a.state.clocks.virtualNow).toBe(100_000n);
    a.resume();
    await a.load(saved);
    expect(a.runState).toBe('running');
    await a.close();
  });

  it('needs no boot images in memory before', async () => {
    const a = embedded(host);
    await runUntil(a, 100_000);
    const b = embedded(host, { incoming: true });
    await b.load(await snapshotOf(a));
    expect(machineDigest(b.state)).toBe(machineDigest(a.state));
    await a.close();
    await b.close();
  });

  it('has the input that its guest has not read', async () => {
    const a = embedded(host);
    a.writeSerial('typed');
    const b = embedded(host);
    await b.load(await snapshotOf(a));
    const waiting = (machine: Machine): string => new TextDecoder().decode(machine.control.serialPorts[0].waitingInput);
    expect(waiting(a)).not.toBe('');
    expect(waiting(b)).toBe(waiting(a));
    await a.close();
    await b.close();
  });
});

describe('what is refused, with the machine as it was', () => {
  const refusal = async (snapshot: Uint8Array, options: Partial<MachineOptions> = {}): Promise<string> => {
    const machine = embedded(host, options);
    await runUntil(machine, 50_000);
    const before = machineDigest(machine.state);
    const said = await machine.load(snapshot).then(
      () => 'nothing',
      (error: unknown) => (error instanceof VmStateError ? error.message : String(error)),
    );
    expect(machineDigest(machine.state)).toBe(before);
    await machine.close();
    return said;
  };
  let saved: Uint8Array;
  beforeAll(async () => {
    const a = embedded(host);
    await runUntil(a, 100_000);
    saved = await snapshotOf(a);
    await a.close();
  });

  it.each<[string, Partial<MachineOptions>, RegExp]>([
    ['another machine', { machine: 'spike' }, /^the snapshot is of another machine: a 'virt', this one is a 'spike'$/],
    ['another size of RAM', { memory: '32M' }, /^the snapshot is of another machine: '.*' has 16 MiB, this one's 32 MiB \(-m\)$/],
    ['more harts', { smp: 2 }, /it has 1 CPUs, this one 2 \(-smp\)$/],
    ['another CPU', { cpu: 'rv64,zba=off' }, /^the snapshot does not fit: .*the CPU is another one: its 'ext' is 0x/],
    ['another kind of time', { icount: 'shift=3' }, /its time is -icount shift=0, this one's -icount shift=3$/],
    ['another device', { devices: ['virtio-rng-device'] }, /it has no 'virtio-rng-device' at \/machine/],
  ])('%s', async (_, options, says) => {
    expect(await refusal(saved, options)).toMatch(says);
  });

  it('a device that this machine has not', async () => {
    const a = embedded(host, { devices: ['virtio-rng-device'] });
    expect(await refusal(await snapshotOf(a))).toMatch(/this one has no 'virtio-rng-device' at \/machine/);
    await a.close();
  });

  it('a newer format', async () => {
    const newer = saved.slice();
    newer[11] = 9;
    expect(await refusal(newer)).toMatch(/damaged: its first bytes/); // its checksum says so first
  });

  it('a file that ends anywhere, or has more', async () => {
    for (const length of [0, 7, 23, 24, 1000, saved.length - 1])
      expect(await refusal(saved.subarray(0, length))).toMatch(/^(the|this is no) snapshot/);
    expect(await refusal(Buffer.concat([saved, saved.subarray(0, 1)]))).toMatch(/damaged: there is more behind its end/);
  });

  it('a change of any byte', async () => {
    const machine = embedded(host);
    const before = machineDigest(machine.state);
    for (let at = 0; at < saved.length; at += at < 200 ? 1 : 997) {
      const damaged = saved.slice();
      damaged[at] ^= 1 << (at & 7);
      await expect(machine.load(damaged), `byte ${at}`).rejects.toThrow(VmStateError);
    }
    expect(machineDigest(machine.state)).toBe(before);
    await machine.close();
  });

  it('a disk that the guest may write', async () => {
    const machine = embedded(host, { drives: [{ id: 'disk', bytes: new Uint8Array(1 << 16) }] });
    await expect(snapshotOf(machine)).rejects.toThrow("Device 'disk' is writable but does not support snapshots");
    await machine.close();
  });
});

describe('in memory', () => {
  it('a machine goes back, thousands of times, to exactly what it was, and runs the same from there', async () => {
    const machine = embedded(host);
    await runUntil(machine, 1_000_000);
    const snapshot = machine.snapshot();
    const then = machineDigest(machine.state);
    await runUntil(machine, 1_050_000);
    const after = machineDigest(machine.state);
    const { tbs } = machine.state.accelerator!.info!().tci;
    for (let n = 0; n < RESETS; n++) {
      machine.reset(snapshot);
      if (n % CHECKED === 0) expect(machineDigest(machine.state), `reset ${n}`).toBe(then);
      if (n % CHECKED === 0) await runUntil(machine, 1_050_000);
      else machine.state.addressSpace.write(0x8080_0000 + 4096 * (n % 64), 4, n); // as a device does
      if (n % CHECKED === 0) expect(machineDigest(machine.state), `run ${n}`).toBe(after);
    }
    expect(machine.state.accelerator!.info!().tci.tbs, 'code stays').toBe(tbs);
    await machine.close();
  }, 120_000);

  it('puts back what guest and devices wrote, and no more; code that was overwritten, too', async () => {
    const machine = embedded(host, { kernel: undefined, append: undefined });
    const { addressSpace } = machine.state;
    const word = (at: number): number => addressSpace.read(at, 4);
    const PROGRAM = 0x8000_0000;
    // auipc x5, 0x300; addi x6, x0, 7; sw x6, 0(x5); j .
    const program = [0x00300297, 0x00700313, 0x0062a023, 0x0000006f];
    program.forEach((insn, i) => addressSpace.write(PROGRAM + 4 * i, 4, insn));
    machine.writeRegister('pc', BigInt(PROGRAM));
    const snapshot = machine.snapshot();
    const { dirtyPages } = machine.state.accelerator!;
    expect(dirtyPages!.written()).toEqual([]);
    await runUntil(machine, 1000);
    expect([word(0x8030_0000), dirtyPages!.written().length]).toEqual([7, 1]);
    addressSpace.write(PROGRAM + 4, 4, 0x00900313); // addi x6, x0, 9
    expect(dirtyPages!.written().length).toBe(2);
    machine.reset(snapshot);
    expect([word(0x8030_0000), word(PROGRAM + 4), dirtyPages!.written()]).toEqual([0, program[1], []]);
    await runUntil(machine, 1000);
    expect(word(0x8030_0000)).toBe(7);
    await machine.close();
  });

  it('several are kept; one of another machine is refused; an end is no end', async () => {
    const machine = embedded(host);
    await runUntil(machine, 100_000);
    const first = machine.snapshot();
    const one = machineDigest(machine.state);
    await runUntil(machine, 3_000_000);
    const second = machine.snapshot();
    const two = machineDigest(machine.state);
    await machine.run();
    expect(machine.runState).toBe('shutdown');
    machine.reset(first);
    expect([machineDigest(machine.state), machine.runState]).toEqual([one, 'prelaunch']);
    machine.reset(second);
    expect(machineDigest(machine.state)).toBe(two);
    const file = await snapshotOf(machine);
    machine.reset(first);
    await machine.load(file);
    expect(machineDigest(machine.state)).toBe(two);
    machine.reset(first);
    expect(machineDigest(machine.state)).toBe(one);
    const other = embedded(host);
    expect(() => other.reset(first)).toThrow('the snapshot is of another machine');
    await other.close();
    await machine.close();
  }, 60_000);
});

describe('by name', () => {
  it('they are saved, listed, loaded and deleted', async () => {
    const machine = embedded(host, { snapshots: new MemorySnapshotStore() });
    const { control } = machine;
    await runUntil(machine, 100_000);
    await control.saveSnapshot('one');
    const then = machineDigest(machine.state);
    await runUntil(machine, 200_000);
    await control.saveSnapshot('two');
    expect((await control.snapshots()).map(({ name, clock, size }) => [name, clock >= 100_000n, size > 1000])).toEqual([
      ['one', true, true],
      ['two', true, true],
    ]);
    await control.loadSnapshot('one');
    expect(machineDigest(machine.state)).toBe(then);
    expect([await control.deleteSnapshot('one'), await control.deleteSnapshot('one')]).toEqual([true, false]);
    await expect(control.loadSnapshot('one')).rejects.toThrow("Snapshot 'one' does not exist in one or more devices");
    for (const name of ['a/b', '..', '', 'a\nb', '\x1b[31m', '\ud800', 'é'.repeat(101)]) {
      await expect(control.saveSnapshot(name)).rejects.toThrow('cannot be the name of a snapshot');
      await expect(control.loadSnapshot(name)).rejects.toThrow('does not exist in one or more devices');
      expect(await control.deleteSnapshot(name)).toBe(false);
    }
    await machine.close();
  });
});
