/**
 * What the control plane costs and gives (docs/testing.md): a command in Linux from the snapshot of one that has booted, beside booting here and in QEMU; how soon
 * a Linux of 512 MB runs that was restored; resets in memory; and what a guest pays for monitors and gdb that nobody talks to.
 *
 *     npm run control -- [start|restore|resets|idle]...
 *     WEMU_QEMUS='qemu-system-riscv64;/path/to/another' npm run control -- start
 *
 * Time of the clock, on a machine that does nothing else; best and median of ROUNDS, in turns.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Argument, Command, Option } from 'commander';
import { NullChardev } from '../src/chardev/chardev.js';
import { ClockType } from '../src/hw/core/clock.js';
import { cacheFolder, fetchGuestFiles } from '../src/node/guest/debian.js';
import { buildInitramfs, COMMAND_PORTS } from '../src/node/guest/initramfs.js';
import { createNodeHost } from '../src/node/host.js';
import { openSnapshotFile } from '../src/node/snapshot-store.js';
import { Machine } from '../src/system/facade.js';

const ROUNDS = 5;
const CLI = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const EMBEDDED = fileURLToPath(new URL('../../guests/embedded.elf', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const QEMUS = (process.env['WEMU_QEMUS'] ?? 'qemu-system-riscv64').split(';');
const SILENT = { start: () => {}, update: () => {}, stop: () => {} };
const folder = mkdtempSync(join(tmpdir(), 'wemu-control-'));
process.once('exit', () => rmSync(folder, { recursive: true }));

interface Run {
  readonly name: string;
  readonly command: readonly string[];
  /** How often (ROUNDS). */
  readonly rounds?: number;
}

/** Seconds of the clock. @throws Error if it does not end well */
function timed([program, ...args]: readonly string[]): number {
  const before = performance.now();
  const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: status ${status}\n${stderr?.toString()}`);
  return (performance.now() - before) / 1000;
}

/** In turns, so that a host whose speed changes is the same to all. */
function race(runs: readonly Run[]): Map<string, number> {
  const times = new Map<string, number[]>(runs.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const { name, command, rounds = ROUNDS } of runs) if (round < rounds) times.get(name)!.push(timed(command));
  const best = new Map<string, number>();
  for (const [name, all] of times) {
    all.sort((a, b) => a - b);
    best.set(name, all[0]);
    say(name, `${all[0].toFixed(2)} s, median ${all[all.length >> 1].toFixed(2)} s`);
  }
  return best;
}

const say = (name: string, text: string): void => void process.stdout.write(`${name.padEnd(44)} ${text}\n`);
const percent = (a: number, b: number): string => `${((a / b - 1) * 100).toFixed(1)} %`;

async function start(): Promise<void> {
  const files = await fetchGuestFiles(['kernel', 'busybox', 'firmware'], SILENT);
  const initrd = join(folder, 'initrd');
  writeFileSync(initrd, buildInitramfs({ busybox: readFileSync(files.busybox), command: ['true'] }));
  const board = [
    '-M',
    'virt',
    '-m',
    '512M',
    '-nographic',
    '-no-reboot',
    '-bios',
    files.firmware,
    '-kernel',
    files.kernel,
    '-initrd',
    initrd,
  ];
  const linux = [process.execPath, CLI, 'linux'];
  for (let n = 0; n < 3; n++) timed([...linux, '--', 'true']); // it boots, is kept, and has its translations
  const best = race([
    { name: 'wemu linux -- true', command: [...linux, '--', 'true'] },
    { name: 'wemu linux --fresh -- true', command: [...linux, '--fresh', '--', 'true'], rounds: 3 },
    ...QEMUS.map((qemu) => ({
      name: `${qemu}, the same`,
      command: [...qemu.split(' '), ...board, '-append', 'console=ttyS0 quiet loglevel=1 panic=-1'],
      rounds: 3,
    })),
  ]);
  const [kept, ...others] = best.values();
  [...best.keys()].slice(1).forEach((name, i) => say(`  of ${name}`, (kept / others[i]).toFixed(3)));
}

/** In a process of its own, which has read its engine, and nothing of the guest. */
async function restoreOnce(path: string): Promise<void> {
  const host = await createNodeHost();
  // what `wemu linux -- true` has
  const devices = ['vmgenid', ...COMMAND_PORTS.devices];
  const backends = [COMMAND_PORTS.output, COMMAND_PORTS.input].map((id) => ['chardev', id, new NullChardev(id)] as const);
  const machine = Machine.create({ machine: 'virt', memory: '512M', devices, backends, incoming: true, serial: () => {} }, host);
  const begin = performance.now();
  const file = openSnapshotFile(path);
  await machine.load(file, { lazy: { released: () => file.close(), failed: () => {} } });
  const loaded = performance.now();
  // the first thing that happens after an instruction
  const timer = machine.state.clocks.timer(ClockType.Virtual, () => {
    machine.state.vmStopRequest('paused');
    machine.loop.leave();
  });
  timer.modNs(machine.state.clocks.virtualNow + 1n);
  await machine.run();
  process.stdout.write(JSON.stringify([loaded - begin, performance.now() - begin]));
  await machine.close();
  host.close();
}

function restore(): void {
  const booted = join(cacheFolder() ?? '', 'booted');
  const [name] = readdirSync(booted);
  const times = Array.from({ length: ROUNDS }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [SELF, '--restore', join(booted, name)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as [number, number];
  }).sort(([, a], [, b]) => a - b);
  const [loaded, ran] = times[ROUNDS >> 1];
  say(
    'restore of a Linux of 512 MB',
    `${loaded.toFixed(0)} ms; until it runs ${ran.toFixed(0)} ms (median; best ${times[0][1].toFixed(0)})`,
  );
}

function resets(): void {
  const { stdout } = spawnSync(process.execPath, [fileURLToPath(new URL('resets.js', import.meta.url))], { encoding: 'utf8' });
  process.stdout.write(stdout);
}

function idle(): void {
  const socket = (name: string): string => `unix:${join(folder, name)},server=on,wait=off`;
  const asked = ['--gdb', socket('gdb'), '--qmp', socket('qmp'), '--monitor', socket('hmp'), '--trace', 'nobody_*'];
  const wemu = [process.execPath, CLI];
  const compute = [...wemu, '-M', 'virt', '-bios', 'none', '-kernel', EMBEDDED, '-append', 'scale=20'];
  const loop = 'i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done';
  const system = [...wemu, 'linux', '--fresh'];
  const best = race([
    { name: 'compute', command: compute },
    { name: 'compute, gdb, QMP, monitor, trace', command: [...compute, ...asked] },
    { name: 'system', command: [...system, '--', 'sh', '-c', loop] },
    { name: 'system, gdb', command: [...system, '--gdb', socket('gdb'), '--', 'sh', '-c', loop] },
  ]);
  const [plainCompute, compute1, plainSystem, system1] = best.values();
  say('  more', `compute ${percent(compute1, plainCompute)}, system ${percent(system1, plainSystem)}`);
}

const PARTS: Readonly<Record<string, () => void | Promise<void>>> = { start, restore, resets, idle };
const NAMES = Object.keys(PARTS);
const command = new Command('npm run control --')
  .description('What the control plane costs and gives.')
  .addArgument(new Argument('[parts...]', 'what to measure').choices(NAMES).default(NAMES))
  .addOption(new Option('--restore <snapshot>').hideHelp())
  .parse();
const { restore: snapshot } = command.opts<{ restore?: string }>();
if (snapshot !== undefined) await restoreOnce(snapshot);
else for (const name of command.processedArgs[0] as string[]) await PARTS[name]();
