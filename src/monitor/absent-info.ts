/** `info` of what no machine here has, as QEMU answers where it is not there; and of the memory that a machine's RAM is. */
import { isA } from '../qom/object.js';
import { command, type Command, type MonitorContext } from './command.js';

/** Name, answer, help text of hmp-commands-info.hx. */
const ABSENT: readonly (readonly [name: string, answer: string, help: string])[] = [
  ['balloon', 'Error: No balloon device has been activated\n', 'show balloon information'],
  ['block-jobs', 'No active jobs\n', 'show progress of ongoing block device operations'],
  ['capture', '', 'show capture information'],
  ['dump', 'Status: none\n', 'Display the latest dump status'],
  ['hotpluggable-cpus', 'Error: machine does not support hot-plugging CPUs\n', 'Show information about hotpluggable CPUs'],
  ['iothreads', '', 'show iothreads'],
  ['memory-devices', '', 'show memory devices'],
  ['mice', 'No mouse devices connected\n', 'show which guest mouse is receiving events'],
  ['network', '', 'show the network state'],
  ['numa', '0 nodes\n', 'show NUMA information'],
  ['opcount', '[TCG profiler not compiled]\n', 'show dynamic compiler opcode counters'],
  ['tpm', '', 'show the TPM device'],
  ['usb', 'Error: USB support not enabled\n', 'show guest USB devices'],
  ['usernet', '', 'show user network stack connection states'],
  ['vnc', 'None\n', 'show the vnc server status'],
];

function memdevText({ control }: MonitorContext): string {
  const backends = [...control.machine.objects.qomChildren.values()].filter(({ type }) => isA(type, 'memory-backend'));
  const texts = backends.map((backend) => {
    const value = (name: string): string => control.property(backend, name).value;
    const flags = ['merge', 'dump', 'prealloc', 'share', 'reserve'].map((name) => `  ${name}: ${value(name)}\n`);
    return `memory backend: ${backend.qomName}\n  size:  ${value('size')}\n${flags.join('')}  policy: default\n  host nodes: \n`;
  });
  return `${texts.join('')}\n`;
}

export const ABSENT_INFO: readonly Command[] = [
  ...ABSENT.map(([name, answer, help]) => command(name, {}, '', help, () => answer)),
  command('memdev', {}, '', 'show memory backends', memdevText),
];
