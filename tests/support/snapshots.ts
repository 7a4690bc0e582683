/** Machines for tests of snapshots. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ClockType } from '../../src/hw/core/clock.js';
import { BytesSink } from '../../src/migration/store.js';
import { createNodeHost, type NodeHost } from '../../src/node/host.js';
import { Machine, type MachineOptions } from '../../src/system/facade.js';
import { SeededRandom } from '../../src/util/random.js';

const EMBEDDED = readFileSync(fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url)));

export const tciHost = (): Promise<NodeHost> => createNodeHost({ backend: 'tci' });

/** The embedded guest, whose runs repeat. */
export const embedded = (host: NodeHost, options: Partial<MachineOptions> = {}): Machine =>
  Machine.create(
    {
      machine: 'virt',
      memory: '16M',
      bios: 'none',
      kernel: EMBEDDED,
      append: 'scale=1',
      icount: 'shift=0',
      rtcBaseMs: 0,
      serial: () => {},
      ...options,
    },
    host,
  );

/** Runs until guest time `ns`, or the guest's end. */
export async function runUntil(machine: Machine, ns: number): Promise<void> {
  const timer = machine.state.clocks.timer(ClockType.Virtual, () => {
    machine.state.vmStopRequest('paused'); // no slice more
    machine.loop.leave();
  });
  timer.modNs(BigInt(ns));
  await machine.run();
  timer.del();
}

export async function snapshotOf(machine: Machine): Promise<Uint8Array> {
  const sink = new BytesSink();
  await machine.save(sink);
  return sink.finish();
}

const SIZES = [1, 2, 4, 8] as const;

/** Does to the registers of all devices what no driver would; rings and buffers of noise are in RAM from `ram` on. */
export function scramble({ state }: Machine, seed: number, ram: number, accesses = 20_000): void {
  const random = new SeededRandom(seed);
  const devices = () => state.addressSpace.flatView().ranges.filter((r) => r.region.kind === 'i/o' || r.region.kind === 'romd');
  for (let i = 0; i < accesses; i++) {
    if (i % 1000 === 0) state.addressSpace.writeBytes(ram, random.bytes(0x4000));
    const ranges = devices();
    const { start, size } = ranges[random.next() % ranges.length];
    const at = start + (random.next() % Math.min(size, 0x200));
    const width = SIZES[random.next() % 4];
    const kind = random.next() % 3;
    const value = kind === 0 ? random.next() % 64 : kind === 1 ? ram + (random.next() % 0x2000) : random.next();
    const address = at - (at % width);
    if (random.next() % 2) state.addressSpace.readTx(address, width);
    else state.addressSpace.writeTx(address, width, value >>> 0, random.next());
  }
}
