/** A CPU model of another target than the machine's: who comes from qemu-system-ppc names no machine, or another one. */
import { MachineRegistry } from '../system/registry.js';
import { createNodeHost } from '../node/host.js';
import { OptionError } from '../util/errors.js';

/** Machines that have a model, if `board` is not one of them; undefined: nobody has it, or `board` does. */
export async function machinesWith(model: string, board: string | undefined): Promise<readonly string[] | undefined> {
  const wanted = model.toLowerCase();
  const host = await createNodeHost({ backend: 'tci' });
  const { targets } = host;
  host.close();
  const target = targets.find(({ cpuModels }) => cpuModels.list().some(({ name }) => name.toLowerCase() === wanted));
  const names = new MachineRegistry(target?.machines ?? []).names;
  return names.length === 0 || (board !== undefined && names.includes(board)) ? undefined : names;
}

/** What went wrong, and if it is that the machine has no such CPU, which has. */
export async function withMachines(error: unknown, cpu: string | undefined, board: string | undefined): Promise<unknown> {
  if (!(error instanceof OptionError) || cpu === undefined || !error.what.startsWith('unable to find CPU model')) return error;
  const model = cpu.split(',')[0];
  const machines = await machinesWith(model, board);
  return machines === undefined ? error : new OptionError(`no CPU of this machine: '${model}'`, '-cpu', machines.map((name) => `-M ${name}`).join(' or ')); // prettier-ignore
}
