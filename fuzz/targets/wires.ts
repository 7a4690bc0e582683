/** Bytes on the wires that a machine is controlled by: whoever is on the other side may send anything, in any pieces, and go at any time; the next one is answered. */
import { setImmediate } from 'node:timers/promises';
import { StreamChardev } from '../../src/chardev/chardev.js';
import { MuxChardev } from '../../src/chardev/mux.js';
import { bytesOf, encodePacket } from '../../src/gdbstub/packet.js';
import { GdbStub } from '../../src/gdbstub/stub.js';
import { Monitor } from '../../src/monitor/monitor.js';
import { createNodeHost } from '../../src/node/host.js';
import { QmpServer } from '../../src/qmp/qmp.js';
import { MachineRegistry } from '../../src/system/registry.js';
import { Machine } from '../../src/system/facade.js';
import { textOf } from '../../src/util/text.js';
import { Source } from '../source.js';
import type { Target } from '../target.js';
import { control, LINES, REQUESTS } from './control.js';

/** Turns of the event loop that an answer may take: much waits before it. */
const MOST_TURNS = 20_000;

class Wire {
  private output = '';
  readonly chardev: StreamChardev;

  constructor(
    id: string,
    /** Sent to who has just come, and what says that it has been heard. */
    private readonly question: string,
    private readonly answer: RegExp,
    /** Sent before it is asked again: on a mux another may have the input. */
    private readonly prefix?: string,
  ) {
    this.chardev = new StreamChardev(id, (bytes) => (this.output = (this.output + textOf(bytes)).slice(-10_000)));
    this.chardev.failed = (error) => {
      throw error;
    };
  }
  comeAgain(): void {
    this.chardev.congested(false);
    this.chardev.gone();
    this.chardev.opened();
  }
  async check(isOver: () => boolean): Promise<void> {
    this.comeAgain();
    this.output = '';
    this.chardev.input(bytesOf(this.question));
    for (let turn = 0; !this.answer.test(this.output); turn++) {
      if (isOver()) return;
      if (turn === MOST_TURNS) throw new Error(`${this.chardev.id} does not answer any more: ${JSON.stringify(this.output.slice(-500))}`);
      await setImmediate();
      if (this.prefix !== undefined && turn % 500 === 499) this.chardev.input(bytesOf(this.prefix + this.question));
    }
  }
}

/** What an input does with a wire: the first byte of each action says which. */
async function play(source: Source, wires: readonly Wire[], shape: (bytes: Uint8Array, how: number) => Uint8Array): Promise<void> {
  while (!source.isEmpty) {
    const action = source.number(1);
    const { chardev } = wires[source.number(1) % wires.length];
    switch (action & 7) {
      case 0:
        wires[source.number(1) % wires.length].comeAgain();
        break;
      case 1:
        chardev.congested((action & 8) !== 0);
        break;
      case 2:
        await setImmediate();
        break;
      case 3:
        chardev.input(source.take(source.number(1)));
        break;
      default: {
        const bytes = shape(source.take(source.number(1)), action >> 3);
        for (let times = (action & 7) === 7 ? 20 : 1; times > 0; times--) chardev.input(bytes);
      }
    }
  }
}

const action = (what: number, wire: number, bytes: Uint8Array): number[] => [what, wire, bytes.length, ...bytes];
const SHAPED = 4;
const OFTEN = 7;

/** On a mux with its commands, the monitor; and QMP. */
export const controlWireTarget: Target = {
  name: 'control-wires',
  most: 4000,
  seeds: () => [
    Uint8Array.from(LINES.flatMap((line) => action(SHAPED, 0, bytesOf(`${line}\r`)))),
    Uint8Array.from([...LINES.slice(0, 8), '\x01h\x01s\x01t\x01b\x01c\x01c'].flatMap((line) => action(OFTEN, 0, bytesOf(`${line}\n`)))),
    Uint8Array.from(
      ['\t', 'info \t\t', '\x1b[A\x1b[5~\x01\x01\x05x\x0c\x17\x7f', '\x01c'].flatMap((keys) => action(OFTEN, 0, bytesOf(keys))),
    ),
    Uint8Array.from(REQUESTS.flatMap((request) => action(SHAPED, 1, bytesOf(request.slice(0, 255))))),
    Uint8Array.from(['[[[[{"a":', '"\\u00', '\xff\xfe}', "{'execute':1}"].flatMap((text) => [...action(OFTEN, 1, bytesOf(text)), 0, 0, 1])),
  ],
  async run(input) {
    const machine = control();
    let hasQuit = false;
    machine.machine.events.listen(({ event }) => (hasQuit ||= event === 'SHUTDOWN'));
    const monitor = new Wire('monitor', 'sum 0 0\rinfo version\r', /info version[^]*\n.*\(wemu\) $/, '\x01c');
    const qmp = new Wire('qmp', '{"execute":"qmp_capabilities"}{"execute":"query-name","id":"last"}', /"id": "last"/);
    const mux = new MuxChardev(monitor.chardev, { escapes: true, quit: () => {} });
    new Monitor(machine, mux, '1');
    mux.join({ canReceive: () => 100, receive: () => {} });
    new QmpServer({ control: machine, version: '1', machines: new MachineRegistry([]) }, qmp.chardev);
    await play(new Source(input), [monitor, qmp], (bytes) => bytes);
    await qmp.check(() => hasQuit);
    await monitor.check(() => hasQuit);
  },
};

const PACKETS = [
  'qSupported:multiprocess+;xmlRegisters=i386', 'qXfer:features:read:target.xml:0,ffb', 'qXfer:threads:read::fffffff0,20', 'qXfer:memory-map:read::0,ffffffff',
  ...['?', 'g', 'G00', 'p20', 'P20=0000008000000000', 'pffffffffffffffff', 'Hg0', 'Hc-1', 'Hgp1.ffffffff', 'T1', 'qC', 'qfThreadInfo', 'qThreadExtraInfo,p1.1'],
  ...['m80000000,10', 'm80000ffc,8000', 'mffffffffffffffff,2', 'M80000ffe,4:01020304', 'M10000000,1:41', 'X80000ffe,3:a}]c', 'X0,0:', 'Xfffffffffffffffe,4:abcd'],
  ...['Z0,80000004,4', 'z0,80000004,4', 'Z2,80001000,8', 'Z3,fffffffffffffffe,8', 'Z4,80001000,0', 'Z1,0,ffffffffffffffff', 'z9,0,0'],
  ...['c', 's', 'c80000001', 'C05;80000000', 'vCont;c', 'vCont;s:p1.1;c', 'vCont;s:1;s:-1;c:ffffffff;t', 'vCont?', 'vCtrlC', 'bs', 'D', 'D;1', 'vAttach;1'],
  ...['QStartNoAckMode', 'qqemu.sstep', 'Qqemu.sstep=7', 'Qqemu.PhyMemMode:1', 'qRcmd,696e666f', 'qRcmd,7', '!', 'vMustReplyEmpty', 'vKill;2'],
]; // prettier-ignore

/** A packet; its sum may be wrong, its end missing, a run length in it. */
function packet(bytes: Uint8Array, how: number): Uint8Array {
  const whole = encodePacket(bytes);
  if (how % 8 === 1) whole[whole.length - 1] ^= 1;
  if (how % 8 === 2) return whole.subarray(0, whole.length - 3);
  if (how % 8 === 3) return Uint8Array.of(3, ...whole, 3);
  if (how % 8 === 4) return bytesOf(`-${textOf(whole)}-+`);
  return whole;
}

// auipc a0, 1; addi a1, a0, 1; sd a1, 0(a0); ld a2, 0(a0); j .
const PROGRAM = new Uint8Array(Uint32Array.of(0x0000_1517, 0x0015_0593, 0x00b5_3023, 0x0005_3603, 0x0000_006f).buffer);

export const gdbWireTarget: Target = {
  name: 'gdb-wire',
  most: 2000,
  seeds: () => [
    Uint8Array.from(PACKETS.flatMap((text) => action(SHAPED, 0, bytesOf(text)))),
    Uint8Array.from(PACKETS.flatMap((text, i) => [...action(OFTEN | ((i % 5) << 3), 0, bytesOf(text)), 2, 0])),
    Uint8Array.from(['$', '$m0,', '$a*\x1c*~*\xff#00', '#', '}}}', '\x03\x03+-+-'].flatMap((text) => action(3, 0, bytesOf(text)))),
  ],
  async run(input) {
    const host = await createNodeHost({ backend: 'tci' });
    const machine = Machine.create({ machine: 'virt', memory: '4M', bios: PROGRAM, startPaused: true }, host);
    const ended = machine.run();
    try {
      const wire = new Wire('gdb', '$qC#b4', /\$QC[^#]*1#/);
      new GdbStub(machine.control, wire.chardev, { monitor: (line) => `${line}\n`.repeat(3) });
      await play(new Source(input), [wire], packet);
      let isOver = false;
      void ended.then(() => (isOver = true));
      await wire.check(() => isOver);
    } finally {
      machine.stop();
      await ended;
      await machine.close();
      host.close();
    }
  },
};
