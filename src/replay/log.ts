/** What recording and replaying have in common: the moment that the machine is at, the guest's character devices, and sums of state. */
import type { Chardev } from '../chardev/chardev.js';
import type { MachineState } from '../hw/core/machine.js';
import { machineDigest } from '../migration/snapshot.js';
import type { Checksum } from '../migration/format.js';
import { PIECE } from '../block/backend.js';
import { ByteWriter } from '../util/bytes.js';
import { crc32 } from '../util/crc32.js';
import { ReplayChardev, type PortEvent, type PortListener } from './chardev.js';

/** What a host gives for it. */
export interface ReplayHost {
  readonly checksum?: Checksum;
  /** It cannot go on: the run is to end by that. */
  readonly failed: (error: Error) => void;
}

export abstract class ReplayLog implements PortListener {
  /** See Replay. */
  moment = 0;
  protected readonly ports: ReplayChardev[] = [];
  /** Set by `begin`. */
  protected machine!: MachineState;

  constructor(
    readonly filename: string,
    protected readonly host: ReplayHost,
  ) {}

  /** What the guest's device gets in place of the backend. */
  wrap(backend: Chardev): ReplayChardev {
    const port = new ReplayChardev(backend, this);
    this.ports.push(port);
    return port;
  }
  abstract arrived(port: ReplayChardev, what: Uint8Array | PortEvent): void;

  pass(count: number): void {
    this.moment += count;
  }

  /** Of the machine as it has been made: images, options and disks. Reads all of its disks. */
  protected async firstSum(): Promise<number> {
    const sums = new ByteWriter();
    sums.u32(this.stateSum());
    for (const { node } of this.machine.backends.drives) {
      let sum = 0;
      for (let at = 0; at < node.length; at += PIECE) {
        const piece = new Uint8Array(Math.min(PIECE, node.length - at));
        await node.read(at, piece);
        sum = crc32(piece, sum);
      }
      sums.u32(sum);
    }
    return crc32(sums.finish());
  }
  /** Of all of its state, memory too. */
  protected stateSum(): number {
    return machineDigest(this.machine, this.host.checksum);
  }
  /** Of the CPUs' registers. */
  protected registerSum(): number {
    const values = this.machine.cpus.map((cpu) => `${cpu.pc} ${cpu.instructionCount} ${cpu.registers().join(' ')}`);
    return crc32(new TextEncoder().encode(values.join('\n')));
  }
}
