/** Makes the character device that options describe. */
import { MuxChardev } from '../chardev/mux.js';
import { Chardev, NullChardev, RingBufferChardev } from '../chardev/chardev.js';
import type { ChardevOptions } from '../system/chardev-options.js';
import { takeStandard } from './descriptors.js';
import { FileChardev, openFile, StdioChardev, type ChardevUser } from './chardev.js';
import { SocketChardev } from './chardev-socket.js';

/** What waits to be written to a log that is no file, and that nobody reads. The rest is lost. */
const LOG_LIMIT = 1 << 20;

/** @throws OptionError if the host does not have what the options name */
export async function openChardev(options: ChardevOptions, user: ChardevUser): Promise<Chardev> {
  const { where, mux } = options;
  const backend = await openBackend(options, user);
  const commands = { escape: user.escape, quit: user.quit, commit: user.commit };
  if (options.logfile !== undefined) {
    const fd = openFile(options.logfile, options.logappend ? 'a' : 'w', where);
    const log = user.openOutput(fd, `'${options.logfile}'`, () => {});
    backend.log = (bytes) => void (log.backlog < LOG_LIMIT && log.write(bytes));
  }
  if (backend instanceof StdioChardev) {
    // The terminal is raw: Ctrl-A is the way out.
    const { isTyped } = backend;
    return new MuxChardev(backend, { ...commands, escapes: mux === true || isTyped, isTyped, limit: mux ? undefined : 1 });
  }
  return mux ? new MuxChardev(backend, { ...commands, escapes: true }) : backend;
}

/** Those that few machines have are loaded when one has them. */
async function openBackend(options: ChardevOptions, user: ChardevUser): Promise<Chardev> {
  const { id, where } = options;
  switch (options.backend) {
    case 'null':
      return new NullChardev(id);
    case 'ringbuf':
      return new RingBufferChardev(id, options.size);
    case 'stdio':
      for (const fd of [0, 1]) takeStandard(fd, where);
      return new StdioChardev(id, user, process.stdin, options);
    case 'file':
      return new FileChardev(id, options.path, user.openOutput, options, where);
    case 'pipe': {
      const { PipeChardev } = await import('./chardev-pipe.js');
      return new PipeChardev(id, options.path, user, where);
    }
    case 'pty': {
      const { PtyChardev } = await import('./chardev-pty.js');
      return PtyChardev.open(id, options.path, where);
    }
    case 'socket':
      return SocketChardev.open(id, options, where);
    case 'udp': {
      const { UdpChardev } = await import('./chardev-udp.js');
      return UdpChardev.open(id, options, where);
    }
  }
}
