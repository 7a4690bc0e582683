/** The other side of the comparison: the same ROM on wemu, on a bare processor if it wants no more. */
import { ExitReason } from '../../../src/hw/core/cpu.js';
import { Machine } from '../../../src/system/facade.js';
import { createPpcHost, RAM_SIZE, type Tier } from '../../ppc/machine.js';
import { DONE, DONE_AT, RECORD, RECORDS } from './program.js';

const SLICE = 1_000_000;
const MOST_INSNS = 100 * SLICE;

export interface WemuEnd {
  readonly records: Uint8Array;
  /** Guest instructions. */
  readonly executed: number;
}

interface Board {
  readonly machine: string;
  readonly devices?: readonly string[];
}

/** Runs a ROM to its end, and gives back the records of `count` actions. */
export function runPpcWemu(tier: Tier, cpu: string, rom: Uint8Array, count: number, board: Board = { machine: 'ppcbare' }): WemuEnd {
  const host = createPpcHost(tier);
  try {
    const log: string[] = [];
    const machine = Machine.create(
      { ...board, cpu, memory: RAM_SIZE, bios: rom, log: { items: [], sink: (text) => log.push(text) } },
      host,
    );
    machine.state.vmStart();
    const processor = machine.cpu();
    const isDone = (): boolean => new DataView(machine.readPhysical(DONE_AT, 4).buffer).getUint32(0) === DONE;
    while (!isDone()) {
      const reason = processor.run(SLICE);
      const stuck = processor.instructionCount > MOST_INSNS || (reason !== ExitReason.Budget && reason !== ExitReason.Request && !isDone());
      if (stuck) throw new Error(`wemu (${tier}): ${ExitReason[reason]}\n${log.join('')}${processor.dumpState()}`);
    }
    return { records: machine.readPhysical(RECORDS, count * RECORD), executed: processor.instructionCount };
  } finally {
    host.close();
  }
}
