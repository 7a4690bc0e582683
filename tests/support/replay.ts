/** Recorded runs for tests: a guest that tells exactly when it heard what, and a host whose files are in memory. */
import type { LogSink, LogSource } from '../../src/replay/format.js';
import type { NodeHost } from '../../src/node/host.js';
import { StreamChardev } from '../../src/chardev/chardev.js';
import { Machine, type MachineOptions } from '../../src/system/facade.js';
import { HostError, OptionError } from '../../src/util/errors.js';

/**
 * Counts rounds of a loop. For each character that is typed it prints that, and a character each for the count, the time of day and an entropy word; it powers
 * off at a `q`.
 */
// prettier-ignore
export const ECHO = new Uint8Array(Uint32Array.of(
  0x10000437, 0x00101937,                                     // lui s0, uart; lui s2, rtc
  0x00148493,                                                 // 1: addi s1, s1, 1
  0x00544283, 0x0012f293, 0xfe028ae3,                         // lbu t0, 5(s0); andi t0, t0, 1; beqz t0, 1b
  0x00044303, 0x00640023,                                     // lbu t1, 0(s0); sb t1, 0(s0)
  0x03f4f393, 0x03038393, 0x00740023,                         // andi t2, s1, 63; addi t2, t2, '0'; sb t2, 0(s0)
  0x00096383, 0x0103d393, 0x03f3f393, 0x03038393, 0x00740023, // lwu t2, 0(s2); srli t2, t2, 16; andi ...; sb t2, 0(s0)
  0x015013f3, 0x03f3f393, 0x03038393, 0x00740023,             // csrrw t2, seed, x0; andi ...; sb t2, 0(s0)
  0x07100e13, 0xfbc31ae3,                                     // li t3, 'q'; bne t1, t3, 1b
  0x001002b7, 0x00005337, 0x55530313, 0x0062a023,             // li t1, 0x5555; sw t1, finisher
  0x0000006f,                                                 // j .
).buffer);

export interface Run {
  readonly machine: Machine;
  readonly serial: StreamChardev;
  readonly output: () => string;
  readonly log: () => string;
}

/** Logs by name. */
export class LogFiles {
  readonly files = new Map<string, Uint8Array>();
  /** Bytes after which the disk is full. */
  most = Infinity;

  host(host: NodeHost): NodeHost {
    return { ...host, createFile: (name) => this.create(name), openFile: (name) => this.open(name) };
  }
  private create(name: string): LogSink {
    this.files.set(name, new Uint8Array(0));
    return {
      write: (bytes) => {
        const before = this.files.get(name)!;
        if (before.length + bytes.length > this.most) throw new HostError('No space left on device');
        const all = new Uint8Array(before.length + bytes.length);
        all.set(before);
        all.set(bytes, before.length);
        this.files.set(name, all);
      },
      close: () => {},
    };
  }
  private open(name: string): LogSource {
    const bytes = this.files.get(name);
    if (!bytes) throw new OptionError('No such file or directory');
    return { size: bytes.length, read: (at, into) => into.set(bytes.subarray(at, at + into.length)), close: () => {} };
  }
}

export function echoMachine(host: NodeHost, options: Partial<MachineOptions>): Run {
  let output = '';
  let log = '';
  const serial = new StreamChardev('serial0', (bytes) => (output += String.fromCharCode(...bytes)));
  const machine = Machine.create(
    {
      ...{ machine: 'virt', memory: '4M', bios: ECHO, cpu: 'rv64,zkr=on', rtcClock: 'host', serial },
      log: { items: [], sink: (text) => (log += text) },
      ...options,
    },
    host,
  );
  return { machine, serial, output: () => output, log: () => log };
}

export const recording = (rrfile = 'log', more: object = {}) => ({ icount: { shift: 2, rr: 'record' as const, rrfile, ...more } });
export const replaying = (rrfile = 'log', more: object = {}) => ({ icount: { shift: 2, rr: 'replay' as const, rrfile, ...more } });

export async function type(serial: StreamChardev, text: string): Promise<void> {
  for (const letter of text) {
    await new Promise((resolve) => setTimeout(resolve, 4));
    serial.input(new TextEncoder().encode(letter));
  }
}

/** Types the text, a character each few ms, while it runs to its end. */
export async function typed({ machine, serial }: Run, text: string): Promise<void> {
  const run = machine.run();
  run.catch(() => {}); // below
  await type(serial, text);
  await run;
}
