/** What assembly/lockstep.ts has found, in words. */
import * as lockstep from '../../../../assembly/shared/check.js';
import { TB_PC } from '../../../../assembly/shared/layout.js';
import type { GlobalDef } from '../../../tcg/context.js';

export interface LockstepParts {
  readonly memory: WebAssembly.Memory;
  /** The record of assembly/shared/check.ts. */
  readonly record: number;
  /** The vCPU's env, as tci left it. */
  readonly env: number;
  /** Names of the registers. */
  readonly globals: readonly GlobalDef[];
  /** TB pointers of the region that a TB belongs to. */
  regionOf(tb: number): readonly number[] | undefined;
  /** Guest-physical address of a linear-memory address. */
  physicalOf(host: number): number | undefined;
}

/** The first difference in a line, then where the stretch began, its region, and the registers that it changed. */
export function lockstepReport({ memory, record, env, globals, regionOf, physicalOf }: LockstepParts): string {
  const view = new DataView(memory.buffer);
  const get = (field: number): number => view.getUint32(record + field, true);
  const get64 = (field: number): bigint => view.getBigUint64(record + field, true);
  const [at, width] = [get(lockstep.LOCKSTEP_AT), get(lockstep.LOCKSTEP_WIDTH)];
  const values = `${hex(get64(lockstep.LOCKSTEP_GENERATED))} in generated code, ${hex(get64(lockstep.LOCKSTEP_TCI))} in tci`;
  const nameOf = (offset: number): string => globals.find((global) => global.offset === offset)?.name ?? `env+${hex(offset)}`;
  const place = (): string => {
    const physical = physicalOf(at);
    return physical === undefined ? `host address ${hex(at)}` : `physical address ${hex(physical)}`;
  };
  const difference = (): string => {
    switch (get(lockstep.LOCKSTEP_KIND)) {
      case lockstep.LOCKSTEP_REGISTER:
        return `${nameOf(at)} is ${values}`;
      case lockstep.LOCKSTEP_MEMORY:
        return `memory at ${place()} (${width} bytes) is ${values}`;
      case lockstep.LOCKSTEP_EARLY:
        return `generated code faults after ${get64(lockstep.LOCKSTEP_GENERATED)} instructions, tci after ${get64(lockstep.LOCKSTEP_TCI)}`;
      default:
        return `tci faults after ${get64(lockstep.LOCKSTEP_TCI)} instructions, where generated code went on`;
    }
  };
  const tb = get(lockstep.LOCKSTEP_TB);
  const region = (regionOf(tb) ?? [tb]).map((each) => hex(view.getBigUint64(each + TB_PC, true)) + (each === tb ? '*' : ''));
  const state = (offset: number, n: number): bigint =>
    view.getBigUint64(record + lockstep.LOCKSTEP_SIZE + n * lockstep.LOCKSTEP_STATE + offset, true);
  const rows = globals.flatMap(({ name, offset }) => {
    const row = [state(offset, 0), state(offset, 1), view.getBigUint64(env + offset, true)];
    return row.every((value) => value === row[0])
      ? []
      : [`  ${name.padEnd(8)}${row.map((value) => hex(value).padEnd(20)).join('')}`.trimEnd()];
  });
  return [
    `generated code and tci differ: ${difference()}`,
    `  after ${get(lockstep.LOCKSTEP_RAN)} instructions from pc ${hex(get64(lockstep.LOCKSTEP_PC))}, in the region of ${region.join(' ')}`,
    `  ${''.padEnd(8)}${['before', 'generated code', 'tci'].map((title) => title.padEnd(20)).join('')}`.trimEnd(),
    ...rows,
  ].join('\n');
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
