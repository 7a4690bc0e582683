/**
 * Trace events (QEMU's docs/devel/tracing): points in the code that can be told of one by one while a machine runs. Their names are those of QEMU's
 * trace-events files where it has them; whoever has one declares it beside the code that it is in:
 *
 *     const TRACE = traceEvents({ virtio_queue_notify: (device: string, queue: number) => `vdev ${device} n ${queue}` });
 *     if (log.traces) log.trace(TRACE.virtio_queue_notify, this.name, n);
 */

export interface TraceEvent<Args extends readonly unknown[]> {
  readonly name: string;
  /** How its arguments are shown. */
  readonly format: (...args: Args) => string;
}

type Formats = Readonly<Record<string, (...args: never[]) => string>>;
type EventsOf<F> = { readonly [Name in keyof F]: F[Name] extends (...args: infer Args) => string ? TraceEvent<Args> : never };

/**
 * Facts of the program, as QEMU's `trace-events-all`: filled while modules are loaded, and no more after that. Which of them are on is a machine's (`Log`).
 */
const names = new Set<string>();

/** All that this program has, in the order in which its modules are loaded. A register map's events are among them. */
export const traceEventNames = (): string[] => [...names];

/** Declares one that formats itself. */
export function traceEventName(name: string): string {
  names.add(name);
  return name;
}

/** @throws Error if there is one of that name already */
export function traceEvents<F extends Formats>(formats: F): EventsOf<F> {
  const entries = Object.entries(formats).map(([name, format]) => {
    if (names.has(name)) throw new Error(`there are two trace events '${name}'`);
    return [name, { name: traceEventName(name), format }];
  });
  return Object.fromEntries(entries) as EventsOf<F>;
}

/** `0x`, and as many digits as it takes, but at least so many. */
export const hex = (value: number | bigint, digits = 0): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Whether a text has a pattern's form: `*` is any text, `?` any character. */
export const isPattern = (text: string): boolean => /[*?]/.test(text);

export function patternToRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
