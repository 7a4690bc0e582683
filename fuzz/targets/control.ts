/** What people and programs say to a machine: each line and each request is answered, and none is a fault of ours. */
import { ManualHostClock } from '../../src/hw/core/clock.js';
import { IdleVirt } from '../../src/hw/riscv/testing.js';
import { monitorContext } from '../../src/monitor/command.js';
import { completions, runLine } from '../../src/monitor/commands.js';
import { parseJson } from '../../src/qmp/json.js';
import { QmpSession } from '../../src/qmp/session.js';
import { MachineControl } from '../../src/system/control.js';
import { MainLoop } from '../../src/system/main-loop.js';
import { MachineRegistry } from '../../src/system/registry.js';
import { TimeoutScheduler } from '../../src/system/scheduler.js';
import { MiB } from '../../src/util/size.js';
import type { Target } from '../target.js';

/** A machine on a host without files. */
export function control(): MachineControl {
  const machine = new IdleVirt({ ramSize: MiB });
  machine.create();
  const made = new MachineControl(machine, new MainLoop(machine, new TimeoutScheduler(), new ManualHostClock()));
  made.tellFailure = (what, error) => {
    throw new Error(`a ${what} failed`, { cause: error });
  };
  return made;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const LINES = [
  ...[
    'info status',
    'info registers -a',
    'info mtree -f -d -o',
    'info qtree -b',
    'info qom-tree /machine/soc0',
    'x /8xw 0x80000000',
    'xp /3s $pc+4*(2-1)',
  ],
  ...[
    'print /c 0x41^1',
    'sum 0x1000 16',
    'i /b 0x70.8',
    'qom-set -j /machine aclint true',
    'device_add virtserialport,id=a,nr=3,name="x y"',
  ],
  ...[
    'device_del p',
    'log in_asm,int',
    'trace-event virtio_mmio_* on',
    'memsave 0 16 "f"',
    'dump-guest-memory -p f 0 4096',
    'help info mtree',
    'savevm a',
  ],
];

export const monitorTarget: Target = {
  name: 'monitor',
  most: 200,
  seeds: () => LINES.map(bytesOf),
  async run(input) {
    const context = monitorContext(control(), '1');
    const line = String.fromCharCode(...input.map((byte) => 0x20 + (((byte - 0x20) & 0x7f) % 0x5f)));
    completions(context, line);
    const answer = await runLine(context, line);
    if (answer !== '' && !answer.endsWith('\n')) throw new Error(`no whole lines: ${answer}`);
  },
};

export const REQUESTS = [
  '{"execute": "query-status", "id": [1, "a"]}',
  '{"execute": "qom-set", "arguments": {"path": "/machine", "property": "aclint", "value": true}}',
  '{"execute": "device_add", "arguments": {"driver": "virtserialport", "id": "a", "nr": 3, "bus": "virtio-serial-bus.0"}}',
  `{'execute': 'human-monitor-command', 'arguments': {'command-line': 'x /4xb 0x1000', 'cpu-index': 0}} [] 5 tru`,
  '{"execute": "pmemsave", "arguments": {"val": 4096, "size": 18446744073709551615, "filename": "f"}}',
  '{"execute": "snapshot-save", "arguments": {"job-id": "j", "tag": "t", "vmstate": "", "devices": []}}{"execute": "query-jobs"}',
  '{"execute": "query-qmp-schema"}{"execute": "quit"}',
];

export const qmpTarget: Target = {
  name: 'qmp',
  most: 2000,
  seeds: () => REQUESTS.map(bytesOf),
  async run(input) {
    const client = { writable: true, accept: () => {}, send: (text: string) => void parseJson(text.trim()) };
    const session = new QmpSession({ control: control(), version: '1', machines: new MachineRegistry([]) }, client);
    session.receive(bytesOf('{"execute": "qmp_capabilities"}'));
    session.receive(input);
    session.receive(bytesOf('\xff\n'));
    await session.idle();
    let answered = false;
    client.send = (text) => void (answered ||= text.includes('"id": "last"'));
    session.receive(Uint8Array.of(0xff, 0x0a, ...bytesOf('{"execute": "query-name", "id": "last"}')));
    await session.idle();
    if (!answered) throw new Error('it does not answer any more');
  },
};
