/** The items of `-d`, as in QEMU's util/log. */
export const LOG_ITEMS = {
  guest_errors: 'log when the guest does something invalid',
  unimp: 'log unimplemented functionality',
  in_asm: 'show guest assembly code of each translated block',
  op: 'show intermediate code of each translated block',
  op_opt: 'show intermediate code after optimisation',
  out_asm: 'show generated code (wasm, and bytecode of tci) of each translated block',
  int: 'show interrupts and exceptions in short form',
  exec: 'show trace before each executed block (all of them in tci: slow)',
  cpu: 'show CPU registers before each executed block (as exec)',
} as const;

export type LogItem = keyof typeof LOG_ITEMS;
export type LogSink = (text: string) => void;

/** What a machine writes for `-d`: one object a machine, its text goes to an injected sink. */
export class Log {
  private readonly enabled = new Set<LogItem>();

  constructor(
    private readonly sink: LogSink = () => {},
    items: Iterable<LogItem> = [],
  ) {
    for (const item of items) this.enabled.add(item);
  }

  /** Ask before building an expensive text. */
  has(item: LogItem): boolean {
    return this.enabled.has(item);
  }

  set(item: LogItem, on: boolean): void {
    if (on) this.enabled.add(item);
    else this.enabled.delete(item);
  }

  /** Writes a line if `item` is enabled. */
  mask(item: LogItem, line: string): void {
    if (this.enabled.has(item)) this.sink(`${line}\n`);
  }

  /** Writes text as it is. */
  write(text: string): void {
    this.sink(text);
  }
}

export function isLogItem(name: string): name is LogItem {
  return Object.hasOwn(LOG_ITEMS, name);
}
