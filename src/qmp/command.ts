/** Rows of QMP's tables: commands and events. */
import type { CpuModels } from '../hw/core/cpu-models.js';
import type { MachineControl } from '../system/control.js';
import type { MachineRegistry } from '../system/registry.js';
import { struct, type Members, type QmpType, type Values } from './schema.js';

/** What commands work on. */
export interface QmpContext {
  readonly control: MachineControl;
  /** Of wemu. */
  readonly version: string;
  /** Those that can be made (query-machines). */
  readonly machines: MachineRegistry;
  /** Of the machine's target. */
  readonly cpuModels?: CpuModels;
}

export interface QmpCommand {
  readonly name: string;
  readonly args: QmpType<unknown>;
  readonly returns: QmpType<unknown>;
  /** @throws QmpError, and whatever a user is to be told by one line */
  run(context: QmpContext, args: unknown): unknown;
}

/** A row; the compiler holds `run` against the arguments and the answer. */
export function command<const A extends Members, R>(
  name: string,
  args: A,
  returns: QmpType<R>,
  run: (context: QmpContext, args: Values<A>) => R | Promise<R>,
  /** What is no argument of its own is passed on (device_add). */
  options: { readonly open?: boolean } = {},
): QmpCommand {
  return { name, args: struct(`q_obj_${name}-arg`, args, options), returns, run: (context, given) => run(context, given as Values<A>) };
}

/** The answer of a command that has none. */
export const NOTHING = {};
