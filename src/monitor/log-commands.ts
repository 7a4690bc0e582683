/** The monitor's commands about the log and trace events. Names, arguments and help texts are QEMU's (hmp-commands.hx). */
import { LOG_ITEMS } from '../util/log.js';
import { file, optional, text, type Arg } from './arguments.js';
import { ArgumentError, MonitorError } from './errors.js';
import { command, type Command, type MonitorContext } from './command.js';

const onOff: Arg<boolean> = {
  complete: () => ['on', 'off'],
  parse(line) {
    const word = line.word();
    if (word !== 'on' && word !== 'off') throw new ArgumentError("Expected 'on' or 'off'");
    return word === 'on';
  },
};
const events = { complete: ({ control }: MonitorContext) => control.logs.traceEvents().map(({ name }) => name) };

// prettier-ignore
export const LOG_COMMANDS: readonly Command[] = [
  command(
    'log', { items: text({ complete: () => ['none', ...Object.keys(LOG_ITEMS)] }) }, 'item1[,...]', "activate logging of the specified items",
    ({ control }, { items }) => control.logs.setItems(items),
  ),
  command('logfile', { filename: file() }, 'filename', "output logs to 'filename'", ({ control }, { filename }) => control.logs.setFile(filename)),
  command(
    'trace-event', { name: text(events), option: onOff }, 'name on|off',
    'changes status of a specific trace event (name: event name pattern)',
    ({ control }, { name, option }) => {
      if (!control.logs.setTraceEvent(name, option)) throw new MonitorError(`unknown event "${name}"`);
    },
  ),
];

// prettier-ignore
export const LOG_INFO: readonly Command[] = [
  command(
    'trace-events', { name: optional(text(events)) }, '[name]', 'show available trace-events & their state (name: event name pattern)',
    ({ control }, { name }) => control.logs.traceEvents(name).map((event) => `${event.name} : state ${event.enabled ? 1 : 0}\n`).join(''),
  ),
];
