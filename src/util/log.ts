/** The log of a machine: which items are shown, of which addresses, which trace events are told, and where it goes. */
import { isInRanges, type AddressRange } from './address-range.js';
import { patternToRegExp, type TraceEvent } from './trace.js';

/** The items of `-d`, as in QEMU's util/log. */
export const LOG_ITEMS = {
  out_asm: 'show generated code (wasm, and bytecode of tci) of each translated block',
  in_asm: 'show guest assembly code of each translated block',
  op: 'show intermediate code of each translated block',
  op_opt: 'show intermediate code after optimisation',
  op_plugin: 'show intermediate code before plugins add to it',
  int: 'show interrupts and exceptions in short form',
  exec: 'show trace before each executed block (all of them in tci: slow)',
  cpu: 'show CPU registers before each executed block (as exec)',
  fpu: "include floating-point registers in what 'cpu' shows",
  mmu: 'log what each TLB miss comes to',
  cpu_reset: 'show CPU state before CPU resets',
  unimp: 'log unimplemented functionality',
  guest_errors: 'log when the guest does something invalid',
  nochain: "no block leads to the next by itself (what 'exec' shows is complete as it is)",
  plugin: 'output of plugins',
  tid: "a log file for each thread: its name must have a '%d' (guest code has one thread)",
  invalid_mem: 'log invalid memory accesses',
} as const;

/** Items of QEMU's that say nothing of any machine here, and are taken, as QEMU takes them. */
export const IDLE_LOG_ITEMS = {
  pcall: "x86's protected mode: nothing here",
  page: 'of user-mode emulation: nothing here',
  vpu: "vector registers in what 'cpu' shows: no CPU here has any",
} as const;

/** Items that are refused, and why. */
export const REFUSED_LOG_ITEMS = {
  op_ind: 'there is no lowering of indirect globals to look before (op_opt shows what is left)',
  strace: "there is no user-mode emulation (a guest's own system calls: -plugin syscalls)",
} as const;

/** `trace:PATTERN`: trace events, with `*` and `?` for any text and any character. */
export type LogItem = keyof typeof LOG_ITEMS | `trace:${string}`;
export type LogSink = (text: string) => void;

/** Failures of one kind that are told: a guest may provoke one a store. */
const TOLD_OF_A_KIND = 10;
/** Kinds that are told apart. */
const MOST_KINDS = 100;

/** What a machine writes for `-d`: one object a machine, its text goes to an injected sink. */
export class Log {
  private readonly enabled = new Set<LogItem>();
  /** What was said of trace events, the last first: the first pattern that an event matches counts. */
  private tracing: { readonly pattern: RegExp; readonly on: boolean }[] = [];
  /** Ask before looking for an event: most logs trace none. */
  traces = false;
  /** Events that were asked for, and what came of it: patterns are compared once. */
  private readonly traced = new Map<string, boolean>();
  private readonly told = new Map<string, number>();

  constructor(
    private sink: LogSink = () => {},
    items: Iterable<LogItem> = [],
    /** `-dfilter`: code elsewhere is not shown. */
    private readonly ranges?: readonly AddressRange[],
  ) {
    for (const item of items) this.set(item, true);
  }

  /** From now on the text goes there. */
  redirect(sink: LogSink): void {
    this.sink = sink;
  }

  /** Ask before building an expensive text. */
  has(item: LogItem): boolean {
    return this.enabled.has(item);
  }

  /** Whether code at this address is to be shown. */
  isInRange(address: bigint): boolean {
    return this.ranges === undefined || isInRanges(this.ranges, address);
  }

  set(item: LogItem, on: boolean): void {
    const trace = tracePattern(item);
    if (trace) {
      const { pattern } = trace;
      this.tracing = [{ pattern, on: on && !trace.isOff }, ...this.tracing.filter((each) => each.pattern.source !== pattern.source)];
      this.traces = this.tracing.some((each) => each.on);
      this.traced.clear();
    } else if (on) this.enabled.add(item);
    else this.enabled.delete(item);
  }

  /** Writes a line if `item` is enabled. */
  mask(item: LogItem, line: string): void {
    if (this.enabled.has(item)) this.sink(`${line}\n`);
  }

  isTraced(event: string): boolean {
    let on = this.traced.get(event);
    if (on === undefined) {
      on = this.tracing.find(({ pattern }) => pattern.test(event))?.on ?? false;
      this.traced.set(event, on);
    }
    return on;
  }

  /** Where it may be called often, ask `traces` first. */
  trace<Args extends readonly unknown[]>({ name, format }: TraceEvent<Args>, ...args: Args): void {
    if (this.traces && this.isTraced(name)) this.sink(`${name} ${format(...args)}\n`);
  }

  /** Something went wrong inside of wemu itself. Always told, but of each kind only the first few times, however often a guest brings it about. */
  failure(kind: string, text: string): void {
    const times = (this.told.get(kind) ?? 0) + 1;
    if (times > TOLD_OF_A_KIND || (times === 1 && this.told.size === MOST_KINDS)) return;
    this.told.set(kind, times);
    this.sink(`${text}\n`);
    if (times === TOLD_OF_A_KIND) this.sink(`further messages like this are suppressed: ${kind}\n`);
  }

  /** Writes text as it is. */
  write(text: string): void {
    this.sink(text);
  }
}

export function isLogItem(name: string): name is LogItem {
  return Object.hasOwn(LOG_ITEMS, name) || tracePattern(name) !== undefined;
}

/** Which events `trace:PATTERN` means, or `trace:-PATTERN`, which turns them off; undefined: it is another item. */
export function tracePattern(item: string): { readonly pattern: RegExp; readonly isOff: boolean } | undefined {
  const [, minus, glob] = /^trace:(-?)(.+)$/.exec(item) ?? [];
  return glob === undefined ? undefined : { pattern: patternToRegExp(glob), isOff: minus === '-' };
}
