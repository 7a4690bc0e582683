/** Rows of the monitor's tables. */
import type { MachineControl } from '../system/control.js';
import type { Args, ArgValues } from './arguments.js';

export interface MonitorContext {
  readonly control: MachineControl;
  /** What `info version` says. */
  readonly version: string;
  /** Lines that were entered on this terminal. */
  readonly history: readonly string[];
  /** The CPU that commands are about (`cpu`). */
  cpuIndex: number;
  /** How `x` and `print` show numbers if nothing is said: as last time. */
  format: string;
  /** Bytes. */
  size: number;
  /** The user has left: nothing more is asked. */
  hasQuit: boolean;
}

export const monitorContext = (control: MachineControl, version: string, history: readonly string[] = []): MonitorContext => ({
  ...{ control, version, history },
  ...{ cpuIndex: 0, format: 'x', size: 4, hasQuit: false },
});

/** What is to be printed. */
export type Answer = string | void;

export interface Command {
  /** With aliases behind bars: `quit|q`. */
  readonly name: string;
  readonly args: Args;
  /** The arguments, as the help shows them. */
  readonly params: string;
  readonly help: string;
  /** @throws MonitorError, and whatever the user is to be told by one line */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly run: (context: MonitorContext, args: any) => Answer | Promise<Answer>;
}

/** A row; the compiler holds `run` against the arguments. */
export function command<const A extends Args>(
  name: string,
  args: A,
  params: string,
  help: string,
  run: (context: MonitorContext, args: ArgValues<A>) => Answer | Promise<Answer>,
): Command {
  return { name, args, params, help, run };
}

export function findCommand(table: readonly Command[], name: string): Command | undefined {
  return table.find((row) => row.name.split('|').includes(name));
}
