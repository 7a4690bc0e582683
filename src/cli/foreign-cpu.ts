/** A CPU model of another target than the machine's: who comes from qemu-system-ppc names no machine, or another one. */
import { MachineRegistry } from '../system/registry.js';
import { createNodeHost } from '../node/host.js';
import { OptionError, UnknownCpuModel } from '../util/errors.js';

/** Machines that take a model, if `board` is none of its target's; undefined: nobody has it, or `board`'s target does. */
export async function machinesWith(model: string, board: string | undefined): Promise<readonly string[] | undefined> {
  const wanted = model.toLowerCase();
  const host = await createNodeHost({ backend: 'tci' });
  const { targets } = host;
  host.close();
  const target = targets.find(({ cpuModels }) => cpuModels.list().some(({ name }) => name.toLowerCase() === wanted));
  const machines = target?.machines ?? [];
  if (machines.length === 0 || (board !== undefined && new MachineRegistry(machines).names.includes(board))) return undefined;
  return new MachineRegistry(machines.filter(({ type }) => type.ext.takesCpu?.(wanted) !== false)).names;
}

/** What went wrong, and if it is that the machine's target has no such CPU, which machine has. */
export async function withMachines(error: unknown, board: string | undefined): Promise<unknown> {
  if (!(error instanceof UnknownCpuModel)) return error;
  const { model } = error;
  const machines = await machinesWith(model, board);
  return machines === undefined ? error : new OptionError(`no CPU of this machine: '${model}'`, '-cpu', machines.map((name) => `-M ${name}`).join(' or ')); // prettier-ignore
}
