/** QMP's answers to wrong and right requests, here and by QEMU 10.0: both are asked the same. What differs is in a table, with the reason. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CLI } from '../support/session.js';
import { findOracle } from './oracle.js';

const oracle = findOracle();
const isReference = oracle !== undefined && Math.floor(oracle.version) === 10;

const command = (execute: string, args?: object): string => JSON.stringify(args ? { execute, arguments: args } : { execute });
const port = { driver: 'virtserialport', id: 'p1', bus: 'vs.0', nr: 5 };
const save = { 'job-id': 'j', tag: 't', vmstate: 'd0', devices: ['d0'] };

/** Lines of the human monitor: expressions, formats, and what is wrong with them. */
// prettier-ignore
const HMP: readonly string[] = [
  '', 'stop extra', 'foo', 'info foo', 'print 1+', 'print 1+2', 'print /x 10', 'print /o 10', 'print /o 0', 'print /d -1', 'print /u -1', 'print /c 65',
  'print /x 0', 'print 1/0', 'print 7%0', 'print (1', "print 'a", "print /x 'a'", 'print zzz', 'print 1 2', 'print 08', 'print 0x1ffffffffffffffff', 'print /x 2+3&1',
  'print /x 017*(1+1)', 'print /x ~0', 'print /x -1', 'print', 'print /z 1', 'x', 'xp /2xw 0x100000', 'xp /4xb 0x100000', 'xp /3ob 0x1000', 'xp /3dh 0x1000',
  'xp /1ug 0x1000', 'xp /4cb 0x1000', 'xp /2xw 0x9000000', 'x/2xw 0x1000', 'x /2xh 0x1000 0', 'i /b 0x10', 'i 0x70.8', 'o /b 0x10 1', 'sum 0x1000 16', 'sum 0x1000',
  'memsave', 'memsave 0x1000 16', 'memsave 0x40 16 "FILE"', 'memsave 0x1000 0x1ffffffff "FILE"', 'dump-guest-memory', 'dump-guest-memory -q x',
  'cpu 5', 'cpu x', 'cpu', 'cpu -1', 'qom-list', 'qom-list /nosuch', 'qom-get', 'qom-get /machine', 'qom-get /machine foo', 'qom-get /machine aclint',
  'qom-get /machine type', 'qom-set /machine', 'qom-set /machine foo bar', 'device_add', 'device_add nosuch', 'device_add serial-mm', 'device_add virtio-rng-device',
  'device_add virtio-rng-device,bus=foo', 'device_add loader,addr=0x80000000,data=1,data-len=4', 'device_del', 'device_del nosuch', 'device_del /machine/unattached',
  'device_del /machine/unattached/device[1]', 'one-insn-per-tb foo', 'nmi', 'watchdog_action foo', 'watchdog_action reset', 'log', 'logfile', 'trace-event',
  'trace-event foo on', 'trace-event virtio_mmio_read maybe', 'ringbuf_read', 'ringbuf_read foo', 'ringbuf_write ring0 a b', 'ringbuf_read ring0 10', 'chardev-send-break x',
  'gva2gpa 0x1000', 'info mem', 'info irq', 'info pic', 'info uuid', 'info name', 'info kvm', 'info tlb', 'info memory_size_summary', 'info registers -b', 'info registers 5',
  'info registers 0 1', 'info mtree -x', 'info qom-tree /nosuch', 'help cpu', 'help nosuch', 'help stop', 'help info cpus', 'help info nosuch', '? stop', 'info status',
];

/** What is asked, in this order; FILE is one that can be written. */
const SCRIPT: readonly string[] = [
  ...[command('query-status'), command('nosuch'), command('qmp_capabilities', { enable: ['oob'], x: 1 }), command('qmp_capabilities')],
  ...[command('qmp_capabilities'), `{'execute':'query-status','id':'a b'}`, '{"execute":"query-status","id":{"a":[1,2.5]}}'],
  ...[
    '{"execute":"query-status","arguments":[]}',
    '{"execute":"query-status","foo":1}',
    '{"arguments":{}}',
    '{"execute":5}',
    '[]',
    '"x"',
    '5',
  ],
  ...[
    '{"execute":"nosuch","id":7}',
    '{"exec-oob":"query-status"}',
    '{}',
    '{"execute":"stop",}',
    '{"execute" "stop"}',
    '{"execute":"stop" "a":1}',
  ],
  ...['{"execute":"stop","execute":"stop"}', '{execute:"stop"}', '{"execute":foo}', '[1 2]', '[1,]', '}', ']', '@', '["\\q"]', '["\\u12"]'],
  ...['{"execute":"query-status","id":"\\ud83d\\ude00é"}', '{"execute":"query-status","id":12345678901234567890}'],
  ...[command('query-kvm'), command('query-name'), command('query-uuid'), command('query-target'), command('query-iothreads')],
  ...[
    command('query-jobs'),
    command('query-dump'),
    command('query-memory-size-summary'),
    command('query-replay'),
    command('query-migrate'),
  ],
  ...[
    command('query-balloon'),
    command('query-hotpluggable-cpus'),
    command('query-cpus-fast'),
    command('query-vnc'),
    command('query-mice'),
  ],
  ...[command('stop'), command('cont'), command('cont'), command('stop'), command('system_reset'), command('query-status')],
  ...[command('system_wakeup'), command('inject-nmi'), command('system_powerdown')],
  ...[command('human-monitor-command'), command('human-monitor-command', { 'command-line': 5 })],
  ...[{ 'cpu-index': 'x' }, { 'cpu-index': 5 }, {}].map((more) =>
    command('human-monitor-command', { 'command-line': 'info status', ...more }),
  ),
  ...HMP.map((line) => command('human-monitor-command', { 'command-line': line })),

  ...[undefined, { val: 0 }, { val: 'x', size: 1, filename: 'f' }, { val: 1.5, size: 1, filename: 'f' }].map((args) =>
    command('memsave', args),
  ),
  ...[
    ...[{ size: 'x' }, { filename: 5 }, { filename: null }, { foo: 1 }, { 'cpu-index': 9 }, { 'cpu-index': -1 }, { val: 64 }, { val: -1 }],
    ...[{ filename: '/nosuch/f' }, {}],
  ].map((more) => command('memsave', { val: 4096, size: 16, filename: 'FILE', ...more })),
  command('pmemsave', { val: 4096, size: 16, filename: 'FILE' }),
  ...[{ protocol: 'file:/nosuch/x' }, { paging: 'x' }, { begin: 1 }, { begin: 1, length: 1 }, { format: 'foo' }, {}].map((more) =>
    command('dump-guest-memory', { paging: false, protocol: 'file:FILE', ...more }),
  ),
  ...[command('qom-list'), command('qom-list', { path: '/nosuch' }), command('qom-get', { path: '/machine' })],
  ...['nosuch', 'aclint', 'type', 'virt.flash0'].map((property) => command('qom-get', { path: '/machine', property })),
  ...['num-blocks', 'type', 'width'].map((property) => command('qom-get', { path: '/machine/virt.flash0', property })),
  ...[{}, { value: 'x' }, { value: 1 }, { value: true }].map((more) =>
    command('qom-set', { path: '/machine', property: 'aclint', ...more }),
  ),
  command('qom-set', { path: '/machine', property: 'nosuch', value: 1 }),
  command('qom-set', { path: '/machine/virt.flash0', property: 'num-blocks', value: 1 }),
  command('qom-list-types', { implements: 'nosuch' }),
  command('qom-list-types', { abstract: 'x' }),
  command('qom-list-properties', { typename: 'nosuch' }),
  ...['nosuch', 'virtio-device'].map((typename) => command('device-list-properties', { typename })),
  ...[undefined, { driver: 'nosuch' }, { driver: 'virtio-device' }, { driver: 'serial-mm' }, { driver: 'virtio-rng-device' }].map((args) =>
    command('device_add', args),
  ),
  ...[port, port, { ...port, id: 'p2' }, { ...port, id: 'p2', nr: 6, foo: 5 }, { driver: 'virtserialport', bus: 'nobus' }].map((args) =>
    command('device_add', args),
  ),
  ...[undefined, { id: 'nosuch' }, { id: 'vs' }, { id: '/machine/unattached/device[1]' }, { id: '/machine' }].map((args) =>
    command('device_del', args),
  ),
  ...[command('set-action', { reboot: 'foo' }), command('set-action', { reboot: 'reset', panic: 'pause' })],
  command('watchdog-set-action', { action: 'foo' }),
  ...['nosuch', 'nosuch*'].map((name) => command('trace-event-get-state', { name })),
  ...[{ enable: true }, { enable: true, 'ignore-unavailable': true }, {}].map((more) =>
    command('trace-event-set-state', { name: 'nosuch', ...more }),
  ),
  ...[command('snapshot-save', { ...save, 'job-id': '9j' }), command('snapshot-delete', { 'job-id': 'j', tag: 't', devices: 'd0' })],
  ...[command('snapshot-delete', { 'job-id': 'j', tag: 't', devices: [1] }), command('job-cancel', { id: 'zz' })],
  ...['nosuch', 'ring0'].map((device) => command('ringbuf-read', { device, size: 10 })),
  command('ringbuf-read', { device: 'ring0', size: 0 }),
  command('ringbuf-write', { device: 'ring0', data: 'hello' }),
  command('ringbuf-read', { device: 'ring0', size: 10 }),
  command('ringbuf-read', { device: 'ring0', size: 10, format: 'foo' }),
  command('chardev-send-break', { id: 'nosuch' }),
  '{"execute":"quit","id":"q"}',
];

/** The request's answer may differ, and why. */
const DIFFERENCES: readonly (readonly [RegExp, string])[] = [
  [/query-cpus-fast/, 'threads have other numbers'],
  [/xp \/3dh/, 'numbers in decimal are signed here'],
  [/info tlb/, 'it is there for every target, as from 11.1 on; only PowerPC has something to show'],
  [/i 0x70.8/, 'what x and print use next is kept for the lines of a person only'],
];

type Reply = Record<string, unknown>;

/** Asks all of it; for each request what came up to its answer. */
async function converse(socket: string, file: string): Promise<Reply[][]> {
  const client = connect(socket);
  await new Promise<void>((resolve, reject) => client.once('connect', resolve).once('error', reject));
  const waiting: ((line: string | undefined) => void)[] = [];
  const lines: string[] = [];
  let rest = '';
  const give = (): void => {
    while (waiting.length > 0 && lines.length > 0) waiting.shift()!(lines.shift());
  };
  client.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\r\n');
    rest = parts.pop()!;
    lines.push(...parts);
    give();
  });
  client.on('close', () => waiting.splice(0).forEach((each) => each(undefined)));
  const next = (): Promise<string | undefined> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      give();
    });
  await next();
  const replies: Reply[][] = [];
  for (const request of SCRIPT) {
    client.write(`${request.replaceAll('FILE', file)}\n`);
    const got: Reply[] = [];
    for (;;) {
      const line = await next();
      if (line === undefined) break;
      const reply = JSON.parse(line) as Reply;
      delete reply.timestamp;
      got.push(reply);
      if ('return' in reply || 'error' in reply) break;
    }
    replies.push(got);
  }
  client.end();
  return replies;
}

/** What does not matter: the case of the system's words, and the file. */
const plain = (replies: Reply[], file: string): unknown =>
  JSON.parse(
    JSON.stringify(replies)
      .replaceAll(file, 'FILE')
      .replace(/No such file/g, 'no such file'),
  );

describe('QMP', () => {
  const folder = mkdtempSync(join(oracle?.root ? join(oracle.root, 'tmp') : tmpdir(), 'wemu-qmp-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(!isReference)(`answers as QEMU 10.0${isReference ? '' : ' (skipped: no QEMU 10)'}`, async () => {
    const start = async (name: string, program: string, args: readonly string[], root: string): Promise<Reply[][]> => {
      const seen = (path: string): string => path.slice(root.length);
      const socket = join(folder, `${name}.sock`);
      const machine = '-M virt -bios none -display none -serial null -monitor none -device virtio-serial-device,id=vs'.split(' ');
      const chardev = ['-chardev', 'ringbuf,id=ring0,size=64', '-qmp', `unix:${seen(socket)},server=on,wait=on`];
      const child = spawn(program, [...args, ...machine, ...chardev], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('exit', resolve));
      try {
        for (let n = 0; ; n++) {
          const replies = await converse(socket, seen(join(folder, `${name}.bin`))).catch((error: NodeJS.ErrnoException) => error);
          if (Array.isArray(replies)) {
            expect(await ended).toBe(0);
            return replies;
          }
          if (n === 100) throw replies;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      } finally {
        child.kill('SIGKILL');
      }
    };
    const [program, ...args] = oracle!.command;
    const theirs = await start('qemu', program, args, oracle!.root);
    const ours = await start('wemu', process.execPath, [CLI, '-accel', 'tci'], '');
    const differing = SCRIPT.map((request, i) => ({
      request,
      qemu: plain(theirs[i], join(folder, 'qemu.bin').slice(oracle!.root.length)),
      wemu: plain(ours[i], join(folder, 'wemu.bin')),
    })).filter(
      ({ request, qemu, wemu }) =>
        !DIFFERENCES.some(([known]) => known.test(request)) && JSON.stringify(sorted(qemu)) !== JSON.stringify(sorted(wemu)),
    );
    expect(differing).toEqual([]);
  });
});

/** Members of objects have no order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}
