/** The items of `-d`, as in QEMU's util/log. */
export const LOG_ITEMS = {
  guest_errors: 'log when the guest does something invalid',
  invalid_mem: 'log invalid memory accesses',
  unimp: 'log unimplemented functionality',
  in_asm: 'show guest assembly code of each translated block',
  op: 'show intermediate code of each translated block',
  op_opt: 'show intermediate code after optimisation',
  out_asm: 'show generated code (wasm, and bytecode of tci) of each translated block',
  int: 'show interrupts and exceptions in short form',
  cpu_reset: 'show CPU state before CPU resets',
  exec: 'show trace before each executed block (all of them in tci: slow)',
  cpu: 'show CPU registers before each executed block (as exec)',
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
  private readonly told = new Map<string, number>();

  constructor(
    private sink: LogSink = () => {},
    items: Iterable<LogItem> = [],
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

  set(item: LogItem, on: boolean): void {
    const pattern = tracePattern(item);
    if (pattern) {
      this.tracing = [{ pattern, on }, ...this.tracing.filter((each) => each.pattern.source !== pattern.source)];
      this.traces = this.tracing.some((each) => each.on);
    } else if (on) this.enabled.add(item);
    else this.enabled.delete(item);
  }

  /** Writes a line if `item` is enabled. */
  mask(item: LogItem, line: string): void {
    if (this.enabled.has(item)) this.sink(`${line}\n`);
  }

  isTraced(event: string): boolean {
    return this.tracing.find(({ pattern }) => pattern.test(event))?.on ?? false;
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

/** Which events `trace:PATTERN` means; undefined: it is another item. */
export function tracePattern(item: string): RegExp | undefined {
  const glob = /^trace:(.+)$/.exec(item)?.[1];
  if (glob === undefined) return undefined;
  const source = glob
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
