/**
 * A guest in this very process, watched: its output, how many instructions it executed when, and what its code cost. For any host: the
 * laboratory's child processes use it, and so may a page in a browser.
 */
import { countersOf, type EngineCounters } from './counters.js';
import { Machine, type MachineHost, type MachineOptions } from '../system/facade.js';
import { LineReader } from './guest-output.js';
import type { Sample } from './steady.js';

/** The state of the engine when a line of the guest's output was complete. */
export interface Mark {
  readonly line: string;
  readonly ms: number;
  readonly counters: EngineCounters;
}

export interface WatchedRun {
  readonly exitCode: number;
  readonly output: string;
  /** From the start to the end of the machine. */
  readonly seconds: number;
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
  readonly counters: EngineCounters;
}

export interface WatchOptions {
  /** Which lines are marked; default: none. */
  readonly isMark?: (line: string) => boolean;
  /** Hears the guest's output as it comes. */
  readonly onOutput?: (bytes: Uint8Array) => void;
  readonly sampleMs?: number;
  /** What counts as the start, by performance.now(); default: the call. */
  readonly since?: number;
}

const SAMPLE_MS = 50;

/** Runs the machine to its end. The guest writes to its first serial port. @throws as Machine.create, and what `onOutput` throws */
export async function watch(machineOptions: MachineOptions, host: MachineHost, options: WatchOptions = {}): Promise<WatchedRun> {
  const { isMark = () => false, onOutput, sampleMs = SAMPLE_MS, since = performance.now() } = options;
  const ms = (): number => performance.now() - since;
  const samples: Sample[] = [[0, 0]];
  const marks: Mark[] = [];
  const decoder = new TextDecoder();
  let output = '';
  const reader = new LineReader((line) => {
    if (isMark(line)) marks.push({ line, ms: ms(), counters: counters() });
  });
  let failure: unknown;
  const serial = (bytes: Uint8Array): void => {
    try {
      onOutput?.(bytes);
    } catch (error) {
      // Thrown from here it would be a bus error for the guest.
      failure ??= error;
      machine.quit();
    }
    const text = decoder.decode(bytes, { stream: true });
    output += text;
    reader.push(text);
  };
  const machine = Machine.create({ ...machineOptions, serial }, host);
  machine.endOnInternalError();
  const counters = (): EngineCounters => countersOf(machine.state.accelerator?.info?.());
  const sample = (): void => void samples.push([ms(), counters().instructions]);
  let timer: TimeoutHandle;
  const tick = (): void => {
    sample();
    timer = setTimeout(tick, sampleMs);
  };
  timer = setTimeout(tick, sampleMs);
  try {
    const { exitCode } = await machine.run();
    sample();
    if (failure !== undefined) throw failure;
    return { exitCode, output, seconds: ms() / 1000, samples, marks, counters: counters() };
  } finally {
    clearTimeout(timer);
    await machine.close();
  }
}
