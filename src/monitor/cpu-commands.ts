/** The monitor's commands about CPUs, and which of them a line is about if nothing is said. Texts are QEMU 10's. */
import type { CpuState } from '../hw/core/cpu.js';
import { flag, int, optional } from './arguments.js';
import { MonitorError } from './errors.js';
import { command, type Command, type MonitorContext } from './command.js';

/** Undefined: the machine has none. */
export const currentCpu = ({ control, cpuIndex }: MonitorContext): CpuState | undefined => control.cpus[cpuIndex];

export function needCpu(context: MonitorContext): CpuState {
  const cpu = currentCpu(context);
  if (!cpu) throw new MonitorError('No CPU available');
  return cpu;
}

// prettier-ignore
export const CPU_INFO: readonly Command[] = [
  command('cpus', {}, '', 'show infos for each CPU', cpuList),
  command('mem', {}, '', 'show the active virtual memory mappings', (context) => needCpu(context).mappingsText() ?? 'This CPU has no list of mappings\n'),
  command(
    'registers', { all: flag('a'), vcpu: optional(int()) }, '[-a|vcpu]',
    "show the cpu registers (-a: show register info for all cpus; vcpu: specific vCPU to query; show the current CPU's registers if no argument is specified)",
    (context, { all, vcpu }) => registers(context, all, vcpu),
  ),
  command('tlb', {}, '', 'show virtual to physical memory mappings', (context) => needCpu(context).tlbText() ?? `Software does not see this CPU's TLB ('info mem' has its page tables)\n`),
];

/** All have one thread. */
function cpuList({ control, cpuIndex }: MonitorContext): string {
  const { threadId } = control.machine.env;
  const thread = threadId === undefined ? '' : ` thread_id=${threadId}`;
  return control.cpus.map((cpu) => `${cpu.cpuIndex === cpuIndex ? '*' : ' '} CPU #${cpu.cpuIndex}:${thread}\n`).join('');
}

function registers(context: MonitorContext, all: boolean, index: number | undefined): string {
  if (all) return context.control.cpus.map(registerText).join('');
  if (index === undefined) return registerText(needCpu(context));
  const cpu = context.control.cpus[index];
  return cpu ? registerText(cpu) : `CPU#${index} not available\n`;
}

const registerText = (cpu: CpuState): string => `\nCPU#${cpu.cpuIndex}\n${cpu.dumpState()}\n`;
