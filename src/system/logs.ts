/** The log of a running machine: its items, its trace events, and where it goes. */
import type { MachineState } from '../hw/core/machine.js';
import { isUserError } from '../util/errors.js';
import { LOG_ITEMS, type LogItem } from '../util/log.js';
import { isPattern, patternToRegExp, traceEventNames } from '../util/trace.js';
import { ControlError } from './errors.js';
import { logFileName, parseLogItems } from './log-options.js';

export interface TraceEvent {
  readonly name: string;
  readonly enabled: boolean;
}

export class LogControl {
  private close: (() => void) | undefined;

  constructor(private readonly machine: MachineState) {}

  /** Those that a pattern names; all without one. */
  traceEvents(pattern = '*'): TraceEvent[] {
    const { log } = this.machine;
    const wanted = patternToRegExp(pattern);
    return traceEventNames().flatMap((name) => (wanted.test(name) ? [{ name, enabled: log.isTraced(name) }] : []));
  }

  /** False: there is no such event; a pattern may fit none. */
  setTraceEvent(pattern: string, on: boolean): boolean {
    if (!isPattern(pattern) && !traceEventNames().includes(pattern)) return false;
    this.machine.log.set(`trace:${pattern}`, on);
    this.machine.accelerator?.logChanged?.();
    return true;
  }

  /** These and no others, as in `-d`; `none`: no items at all. Trace events stay as they are. @throws OptionError, ControlError */
  setItems(text: string): void {
    const items = text === 'none' ? [] : parseLogItems(text);
    const { log, accelerator } = this.machine;
    const fixed = items.find((item) => !log.has(item) && accelerator?.isLogFixed?.(item));
    if (fixed !== undefined) throw new ControlError(`log item '${fixed}' has to be there from the start: -d ${fixed}`);
    for (const item of Object.keys(LOG_ITEMS) as LogItem[]) log.set(item, false);
    for (const item of items) log.set(item, true);
    accelerator?.logChanged?.();
  }

  /** @throws ControlError if the host cannot write it */
  setFile(file: string): void {
    const { env, log } = this.machine;
    if (!env.openLog) throw new ControlError('this host writes no files');
    try {
      const { sink, close } = env.openLog(logFileName(file, env.threadId ?? 0)!);
      log.redirect(sink);
      this.close?.();
      this.close = close;
    } catch (error) {
      throw isUserError(error) ? new ControlError(error.message) : error;
    }
  }
}
