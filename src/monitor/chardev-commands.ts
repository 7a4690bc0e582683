/** The monitor's commands about character devices. Names, arguments and help texts are QEMU's (hmp-commands.hx). */
import { RingBufferChardev } from '../chardev/chardev.js';
import { parseOptions } from '../qom/option-list.js';
import { BACKEND_NAMES, ptyMessage } from '../system/chardev-options.js';
import { int, restOfLine, text } from './arguments.js';
import { command, type Command, type MonitorContext } from './command.js';
import { MonitorError } from './errors.js';

const ids = { complete: ({ control }: MonitorContext) => control.chardevs().map(({ label }) => label) };

function ringBuffer({ control }: MonitorContext, id: string): RingBufferChardev {
  const chardev = control.chardev(id);
  if (!chardev) throw new MonitorError(`Error: Device '${id}' not found`);
  if (!(chardev instanceof RingBufferChardev)) throw new MonitorError(`Error: ${id} is not a ringbuf device`);
  return chardev;
}

/** What a terminal would take for something else is shown by its code. */
const plain = (bytes: Uint8Array): string =>
  [...new TextDecoder().decode(bytes)]
    .map((character) => {
      if (character === '\\') return '\\\\';
      return character >= ' ' && character !== '\x7f' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    })
    .join('');

// prettier-ignore
export const CHARDEV_COMMANDS: readonly Command[] = [
  command('chardev-add', { args: restOfLine({ complete: () => BACKEND_NAMES }) }, 'args', 'add chardev', ({ control }, { args }) => {
    const list = parseOptions('chardev-add', args, 'backend');
    const [id, backend] = [list.string('id'), list.required('backend')];
    if (id === undefined) throw new MonitorError('Error: Chardev: no id specified');
    const made = control.addChardev({ id, backend, parts: Object.entries(list.rest()) });
    return made.then(({ pty }) => pty === undefined ? undefined : ptyMessage(pty, { id }));
  }),
  command('chardev-remove', { id: text(ids) }, 'id', 'remove chardev', ({ control }, { id }) => control.removeChardev(id)),
  command('chardev-send-break', { id: text(ids) }, 'id', 'send a break on chardev', ({ control }, { id }) => {
    const chardev = control.chardev(id);
    if (!chardev) throw new MonitorError(`Error: Chardev '${id}' not found`);
    chardev.sendEvent('break');
  }),
  command('ringbuf_read', { device: text(ids), size: int() }, 'device size', 'Read from a ring buffer character device', (context, { device, size }) => {
    const ring = ringBuffer(context, device);
    if (size <= 0) throw new MonitorError('Error: size must be greater than zero');
    return `${plain(ring.read(Math.min(size, RingBufferChardev.ANSWER)))}\n`;
  }),
  command('ringbuf_write', { device: text(ids), data: text() }, 'device data', 'Write to a ring buffer character device', (context, { device, data }) =>
    ringBuffer(context, device).write(new TextEncoder().encode(data)),
  ),
];
