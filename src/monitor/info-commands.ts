/** The monitor's `info` commands. Names, arguments and help texts are QEMU's (hmp-commands-info.hx). */
import { providesInterruptStats } from '../hw/core/interrupt-stats.js';
import { flatViewText, mtreeText } from '../memory/mtree.js';
import type { MachineControl } from '../system/control.js';
import { roughSize } from '../util/size.js';
import { ABSENT_INFO } from './absent-info.js';
import { blockDevice, flag, optional } from './arguments.js';
import { command, type Command, type MonitorContext } from './command.js';
import { CPU_INFO } from './cpu-commands.js';
import { LOG_INFO } from './log-commands.js';
import { OBJECT_INFO } from './object-commands.js';
import { REPLAY_INFO } from './replay-commands.js';

const drives = { complete: ({ control }: MonitorContext) => control.drives().map(({ device }) => device) };

// prettier-ignore
export const INFO_COMMANDS: readonly Command[] = [
  command('block', { device: optional(blockDevice(drives)) }, '[device]', 'show info of one block device or all block devices', blockText),
  command('chardev', {}, '', 'show the character devices', ({ control }) =>
    control.chardevs().map(({ label, filename }) => `${label}: filename=${filename}\n`).join(''),
  ),
  command('history', {}, '', 'show the command line history', ({ history = [] }) => history.map((line, i) => `${i}: '${line}'\n`).join('')),
  command('irq', {}, '', 'show the interrupts statistics (if available)', interruptCounts),
  command('jit', {}, '', 'show dynamic compiler info', ({ control }) => control.jitText()),
  command('kvm', {}, '', 'show KVM information', () => 'kvm support: not compiled\n'),
  command('memory_size_summary', {}, '', 'show the amount of initially allocated and present hotpluggable (if enabled) memory in bytes.', ({ control }) =>
    `base memory: ${control.machine.ramSize}\n`,
  ),
  command(
    'mtree', { flat: flag('f'), dispatch: flag('d'), owner: flag('o'), disabled: flag('D') }, '[-f][-d][-o][-D]',
    'show memory tree (-f: dump flat view for address spaces;-d: dump dispatch tree, valid with -f only);-o: dump region owners/parents;-D: dump disabled regions',
    ({ control }, { flat, ...options }) => (flat ? flatViewText(control.addressSpaces(), options) : mtreeText(control.addressSpaces(), options)),
  ),
  command('name', {}, '', 'show the current VM name', ({ control }) => (control.name === undefined ? '' : `${control.name}\n`)),
  command('pic', {}, '', 'show PIC state', ({ control }) => interruptControllers(control).map(({ interruptText }) => interruptText).join('')),
  command('roms', {}, '', 'show roms', ({ control }) => control.machine.roms.text()),
  command('snapshots', {}, '', 'show the currently saved VM snapshots', snapshotsText),
  command('status', {}, '', 'show the current VM status (running|paused)', ({ control }) => {
    const { state, running } = control.status;
    return `VM status: ${running ? 'running' : 'paused'}${running || state === 'paused' ? '' : ` (${state})`}\n`;
  }),
  command('uuid', {}, '', 'show the current VM UUID', ({ control }) => `${control.uuid}\n`),
  command('version', {}, '', 'show the version of wemu', ({ version }) => `${version}\n`),
  ...ABSENT_INFO, ...CPU_INFO, ...LOG_INFO, ...OBJECT_INFO, ...REPLAY_INFO,
].sort((a, b) => (a.name < b.name ? -1 : 1));

const interruptControllers = ({ machine }: MachineControl) => machine.realizedDevices.filter(providesInterruptStats);

function interruptCounts({ control }: MonitorContext): string {
  const told = interruptControllers(control).filter(({ interruptCounts: counts }) => counts.length > 0);
  return told
    .map(({ typeName, interruptCounts: counts }) => {
      const rows = counts.map((count, n) => (count > 0 ? `${String(n).padStart(2)}: ${count}\n` : ''));
      return `IRQ statistics for ${typeName}:\n${rows.join('')}`;
    })
    .join('');
}

function blockText({ control }: MonitorContext, { device }: { device?: string }): string {
  const found = control.drives().filter((drive) => device === undefined || drive.device === device);
  if (found.length === 0 && device !== undefined) return `Error: Device '${device}' not found\n`;
  const texts = found.map(({ device: id, file, driver, readOnly, user, writeCache, noFlush }) => {
    const attached = user === undefined ? '' : `    Attached to:      ${user}\n`;
    const cache = `${writeCache ? 'writeback' : 'writethrough'}${noFlush ? ', ignore flushes' : ''}`;
    return `${id}: ${file} (${driver}${readOnly ? ', read-only' : ''})\n${attached}    Cache mode:       ${cache}\n`;
  });
  return texts.join('\n');
}

/** As `qemu-img snapshot -l` prints them. */
async function snapshotsText({ control }: MonitorContext): Promise<string> {
  const rows = await control.snapshots();
  if (rows.length === 0) return 'There is no snapshot available.\n';
  const line = (...[id, tag, size, date, clock]: readonly string[]): string =>
    `${id.padEnd(7)} ${tag.padEnd(16)} ${size.padStart(8)} ${date.padStart(19)} ${clock.padStart(15)}\n`;
  const texts = rows.map(({ name, size, date, clock, problem }) =>
    problem === undefined
      ? line('--', name, roughSize(size), new Date(date).toISOString().slice(0, 19).replace('T', ' '), clockText(clock))
      : `${line('--', name, roughSize(size), '', '').trimEnd()} unusable: ${problem}\n`,
  );
  return `List of snapshots present on all disks:\n${line('ID', 'TAG', 'VM SIZE', 'DATE', 'VM CLOCK')}${texts.join('')}`;
}

/** Hours, minutes, seconds. */
function clockText(ns: bigint): string {
  const part = (value: bigint, digits: number): string => String(value).padStart(digits, '0');
  const ms = ns / 1_000_000n;
  return `${part(ms / 3_600_000n, 4)}:${part((ms / 60_000n) % 60n, 2)}:${part((ms / 1000n) % 60n, 2)}.${part(ms % 1000n, 3)}`;
}
