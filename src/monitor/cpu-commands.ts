/** The monitor's commands about CPUs, and which of them it is about if nothing is said. Texts are QEMU 10's. */
import type { CpuState } from '../hw/core/cpu.js';
import type { MonitorContext } from './commands.js';
import { evaluate, MonitorError } from './expression.js';

/** Undefined: the machine has none. */
export const currentCpu = ({ machine, cpuIndex }: MonitorContext): CpuState | undefined => machine.cpus[cpuIndex];

/** `cpu INDEX` */
export function selectCpu(context: MonitorContext, args: string): string {
  if (args === '') throw new MonitorError('unexpected end of expression');
  const index = Number(evaluate(args, currentCpu(context)));
  if (!context.machine.cpus[index]) throw new MonitorError('invalid CPU index');
  context.cpuIndex = index;
  return '';
}

/** `info cpus`: all have one thread. */
export function cpuList({ machine, cpuIndex }: MonitorContext): string {
  const thread = machine.env.threadId === undefined ? '' : ` thread_id=${machine.env.threadId}`;
  return machine.cpus.map((cpu) => `${cpu.cpuIndex === cpuIndex ? '*' : ' '} CPU #${cpu.cpuIndex}:${thread}\n`).join('');
}

/** `info registers [-a|vcpu]` */
export function registers(context: MonitorContext, args: string): string {
  const { cpus } = context.machine;
  const cpu = currentCpu(context);
  if (args === '') return cpu ? registerText(cpu) : 'No CPU available\n';
  if (args === '-a') return cpus.map(registerText).join('');
  const index = evaluate(args, cpu);
  const wanted = cpus[Number(index)];
  if (!wanted) throw new MonitorError(`CPU#${index} not available`);
  return registerText(wanted);
}

const registerText = (cpu: CpuState): string => `\nCPU#${cpu.cpuIndex}\n${cpu.dumpState()}\n`;
