/** What `-d`, `-D` and `-trace` mean. */
import { isHelp, parseOptions } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';
import { IDLE_LOG_ITEMS, isLogItem, LOG_ITEMS, REFUSED_LOG_ITEMS, type LogItem } from '../util/log.js';
import { didYouMean } from '../util/suggest.js';

/** `-d item,item`. Those of QEMU that say nothing of such a machine are taken. @throws OptionError */
export function parseLogItems(text: string): LogItem[] {
  const where = `-d ${text}`;
  return text.split(',').flatMap((item): LogItem[] => {
    if (isLogItem(item)) return [item];
    if (Object.hasOwn(IDLE_LOG_ITEMS, item)) return [];
    if (Object.hasOwn(REFUSED_LOG_ITEMS, item))
      throw new OptionError(`no log item '${item}': ${REFUSED_LOG_ITEMS[item as keyof typeof REFUSED_LOG_ITEMS]}`, where);
    throw new OptionError(`unknown log item '${item}'${didYouMean(item, Object.keys(LOG_ITEMS)) || "; '-d help' lists them"}`, where);
  });
}

/** The text of `-d help`. */
export function logHelp(): string {
  const rows = (items: Readonly<Record<string, string>>): string =>
    Object.entries(items)
      .map(([name, text]) => `${name.padEnd(15)} ${text}\n`)
      .join('');
  const events = { 'trace:PATTERN': 'enable trace events; -PATTERN disables them' };
  const refused = Object.fromEntries(Object.entries(REFUSED_LOG_ITEMS).map(([name, text]) => [name, `not here: ${text}`]));
  return `Log items (comma separated):\n${rows({ ...LOG_ITEMS, ...IDLE_LOG_ITEMS, ...refused, ...events })}\nUse "-d trace:help" to get a list of trace events.\n\n`;
}

/**
 * The name of a log file: `%d` in it is the number of the process, which is that of the thread that runs guest code. `needsNumber`: `-d tid`, which
 * wants one. @throws OptionError
 */
export function logFileName(template: string | undefined, processId: number, needsNumber = false, option = '-D'): string | undefined {
  const [first, ...rest] = template?.split('%') ?? [''];
  if (rest.length > 1 || rest.some((part) => !part.startsWith('d')))
    throw new OptionError(`Bad logfile template: ${template}`, option, "at most one %, which is '%d'");
  if (rest.length === 0 && needsNumber) throw new OptionError("Filename template with '%d' required for 'tid'", option);
  return rest.length === 0 ? template : `${first}${processId}${rest[0].slice(1)}`;
}

/** What one `-trace` says. */
export interface TraceChoice {
  readonly items: readonly LogItem[];
  /** A file with patterns. */
  readonly events?: string;
  /** Where the log goes, as `-D`. */
  readonly file?: string;
}

/** `-trace [[enable=]PATTERN][,events=FILE][,file=FILE]`. @throws OptionError */
export function parseTrace(text: string): TraceChoice {
  const list = parseOptions('-trace', text, 'enable');
  const [pattern, events, file] = [list.string('enable'), list.string('events'), list.string('file')];
  list.finish();
  return { items: pattern === undefined ? [] : [traceItem(pattern, list.where)], events, file };
}

/** The lines of a file of `events=`: a pattern each, `-PATTERN` to turn them off, `#` for what is none. @throws OptionError */
export const parseTraceEvents = (text: string, where: string): LogItem[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => traceItem(line, where));

function traceItem(pattern: string, where: string): LogItem {
  const item = `trace:${pattern}`;
  if (!isLogItem(item)) throw new OptionError(`'${pattern}' is no pattern of trace events`, where);
  return item as LogItem;
}

/** Whether one `-trace`, or an item of `-d`, asks for the list of events. */
export const wantsTraceHelp = (d: string | undefined, traces: readonly string[] = []): boolean =>
  d?.split(',').includes('trace:help') === true || traces.some((text) => isHelp(text.replace(/^enable=/, '')));
