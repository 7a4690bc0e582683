/** libvirt and wemu: what it asks of an emulator before it uses it, and of a machine that it starts; and libvirt itself, where it is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CLI, shellQuote } from '../support/session.js';
import { which } from '../support/tools.js';

const properties = (typename: string) => ['device-list-properties', { typename }] as const;

/** All that libvirt 9.0 asks, in its order: of an empty machine, and of the machine of a domain. What it is refused, as by QEMU, has the error. */
const QUESTIONS: readonly (readonly [command: string, args?: object, refusal?: string])[] = [
  ...([['qmp_capabilities'], ['query-version'], ['query-target'], ['query-qmp-schema'], ['query-commands'], ['query-kvm']] as const),
  ['qom-list-types'],
  properties('virtio-blk-pci'),
  ...[
    'scsi-hd',
    'ide-hd',
    'PIIX4_PM',
    'kvm-pit',
    'ICH9-LPC',
    'virtio-balloon-pci',
    'virtio-balloon-ccw',
    'virtio-balloon-device',
    'usb-host',
  ].map((type) => [...properties(type), `Device '${type}' not found`] as const),
  ...['memory-backend-file', 'virt-machine', 'none-machine'].map((typename) => ['qom-list-properties', { typename }] as const),
  ...([['query-machines'], ['query-cpu-definitions'], ['query-tpm-models'], ['query-tpm-types'], ['query-command-line-options']] as const),
  ['query-migrate-capabilities'],
  ['query-cpu-model-expansion', { type: 'static', model: { name: 'host' } }, 'The requested expansion type is not supported'],
  ['migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] }],
  ...([['query-chardev'], ['query-cpus-fast'], ['query-named-block-nodes', { flat: true }]] as const),
  ['qom-list', { path: '/machine/peripheral' }],
  ...([['query-block'], ['query-blockstats'], ['cont'], ['query-status']] as const),
];

/** The file is there a moment before somebody listens. */
async function connected(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect(path);
    if (await new Promise((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))) return socket;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it('answers what libvirt 9.0 asks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-libvirt-'));
  const path = join(folder, 'qmp');
  // its own words, but for -daemonize
  const args = '-S -no-user-config -nodefaults -nographic -machine none,accel=kvm:tcg'.split(' ');
  const child = spawn(process.execPath, [CLI, ...args, '-qmp', `unix:${path},server=on,wait=off`], { stdio: 'ignore' });
  try {
    const socket = (await connected(path)).setEncoding('utf8');
    let text = '';
    socket.on('data', (more: string) => void (text += more));
    for (const [execute, given] of QUESTIONS) socket.write(`${JSON.stringify({ execute, arguments: given })}\n`);
    socket.write('{"execute": "quit"}');
    await new Promise((resolve) => socket.on('close', resolve));
    type Answer = { readonly return?: unknown; readonly error?: { readonly desc: string } };
    const all = text
      .trim()
      .split('\r\n')
      .map((line) => JSON.parse(line) as Answer);
    const answers = all.filter((each) => 'return' in each || 'error' in each).slice(0, -1);
    expect(answers.map(({ error }, i) => [QUESTIONS[i][0], error?.desc])).toEqual(
      QUESTIONS.map(([command, , refusal]) => [command, refusal]),
    );
    const answerTo = (command: string): unknown => answers[QUESTIONS.findIndex(([each]) => each === command)].return;
    expect(answerTo('query-target')).toEqual({ arch: 'riscv64' });
    expect(answerTo('qom-list-types')).toContainEqual({ name: 'tcg-accel', parent: 'accel' });
    expect(answerTo('query-machines')).toContainEqual(
      expect.objectContaining({ name: 'virt', 'default-ram-id': 'riscv_virt_board.ram', 'default-cpu-type': 'rv64-riscv-cpu' }),
    );
    const ofMemory = answers[QUESTIONS.findIndex(([, given]) => (given as { typename?: string })?.typename === 'memory-backend-file')];
    expect(ofMemory.return).toEqual(
      expect.arrayContaining(['mem-path', 'align', 'pmem', 'size'].map((name) => expect.objectContaining({ name }) as object)),
    );
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});

const virsh = which('virsh');
const driver = ['x86_64', 'aarch64', 'riscv64'].some((arch) =>
  existsSync(`/usr/lib/${arch}-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so`),
);
const missing =
  virsh === undefined || !driver ? ' (skipped: no libvirt with its QEMU driver: libvirt-clients, libvirt-daemon-driver-qemu)' : '';
const FIRMWARE = fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url));

it.skipIf(missing !== '')(`is probed and started by libvirt${missing}`, { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-lv-'));
  try {
    const emulator = join(folder, 'qemu-system-riscv64');
    writeFileSync(emulator, `#!/bin/sh\nexec ${shellQuote(process.execPath)} ${shellQuote(CLI)} "$@"\n`, { mode: 0o755 });
    mkdirSync(join(folder, 'etc'));
    // nothing that wants a system around it
    const settings = ['stdio_handler = "file"', 'security_driver = "none"', 'user = "root"', 'group = "root"', 'cgroup_controllers = []'];
    writeFileSync(
      join(folder, 'etc', 'qemu.conf'),
      [...settings, 'namespaces = []', 'remember_owner = 0', 'dynamic_ownership = 0', ''].join('\n'),
    );
    const port = `<source mode='bind' path='${folder}/serial'/>`;
    const domain = (name: string, serial: string): void =>
      writeFileSync(
        join(folder, `${name}.xml`),
        `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
       <os><type arch='riscv64' machine='virt'>hvm</type><loader type='rom' readonly='yes'>${FIRMWARE}</loader></os>
       <devices><emulator>${emulator}</emulator><memballoon model='none'/><controller type='usb' model='none'/>
       ${serial}</devices></domain>`,
      );
    domain('guest', `<serial type='unix'>${port}</serial><console type='unix'>${port}</console>`);
    domain('terminal', "<serial type='pty'/>");
    const say = (command: string, args?: object): string =>
      `qemu-monitor-command guest ${shellQuote(JSON.stringify({ execute: command, arguments: args }))}`;
    const commands = [
      `domcapabilities --emulatorbin ${emulator} --arch riscv64 --machine virt`,
      `create ${folder}/guest.xml`,
      ...['domstate guest', 'suspend guest', 'domstate guest', say('query-status'), 'resume guest', say('query-status')],
      ...[say('device_add', { driver: 'virtio-rng-device' }), 'qemu-monitor-command guest --hmp info name'],
      say('snapshot-save', { 'job-id': 'j', tag: 't', vmstate: '', devices: [] }),
      ...[say('query-jobs'), 'destroy guest'],
      ...[`create ${folder}/terminal.xml`, 'ttyconsole terminal', 'destroy terminal'],
    ];
    const { stdout, stderr } = spawnSync(virsh!, ['-c', `qemu:///embed?root=${folder}`, commands.join('; ')], {
      encoding: 'utf8',
      timeout: 200_000,
      env: { ...process.env, LIBVIRT_DEBUG: '', LIBVIRT_LOG_OUTPUTS: `3:file:${folder}/messages` },
    });
    const words = stdout
      .replace(/"id":"libvirt-\d+"/g, '"id"')
      .split(/\r?\n/)
      .filter(Boolean);
    expect([words.slice(0, 5), stderr]).toEqual([
      [
        '<domainCapabilities>',
        `  <path>${emulator}</path>`,
        '  <domain>qemu</domain>',
        '  <machine>virt</machine>',
        '  <arch>riscv64</arch>',
      ],
      '',
    ]);
    expect(words.slice(words.indexOf('</domainCapabilities>') + 1)).toEqual([
      `Domain 'guest' created from ${folder}/guest.xml`,
      ...['running', "Domain 'guest' suspended", 'paused', '{"return":{"status":"paused","running":false},"id"}'],
      ...["Domain 'guest' resumed", '{"return":{"status":"running","running":true},"id"}'],
      `{"id","error":{"class":"GenericError","desc":"Bus 'virtio-mmio-bus.7' does not support hotplugging"}}`,
      ...['guest', '{"return":{},"id"}', expect.stringMatching(/"type":"snapshot-save"/), "Domain 'guest' destroyed"],
      ...[
        `Domain 'terminal' created from ${folder}/terminal.xml`,
        expect.stringMatching(/^\/dev\/pts\/\d+$/),
        "Domain 'terminal' destroyed",
      ],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
