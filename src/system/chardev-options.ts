/** `-chardev BACKEND,id=ID,...`, and the short forms (`tcp:HOST:PORT,server=on`, `mon:stdio`) of `-serial`, `-monitor`, `-qmp` and `-gdb`. */
import { checkIdentifier, OptionList, parseOptions } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';

/** Where a socket listens, or connects to. */
export type SocketAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  /** A socket that whoever started wemu has left open. */
  | { readonly fd: number };

export interface SocketBackend {
  readonly backend: 'socket';
  readonly address: SocketAddress;
  readonly server: boolean;
  /** A server's: the machine does not start before somebody has come. */
  readonly wait: boolean;
  /** A client's: ms from the loss of a connection to the next try; 0: none. */
  readonly reconnectMs: number;
  /** Small writes are sent at once. */
  readonly nodelay: boolean;
  /** A server's clients are telnet programs. */
  readonly telnet: boolean;
}

export interface UdpBackend {
  readonly backend: 'udp';
  /** The other side. */
  readonly host: string;
  readonly port: number;
  /** Where datagrams are taken; port 0: any. */
  readonly localHost: string;
  readonly localPort: number;
}

export type ChardevBackend =
  | { readonly backend: 'null' }
  | { readonly backend: 'stdio'; readonly signal: boolean }
  | { readonly backend: 'file'; readonly path: string; readonly append: boolean; readonly inputPath?: string }
  | { readonly backend: 'pipe'; readonly path: string }
  /** `path`: a symbolic link to its other end. */
  | { readonly backend: 'pty'; readonly path?: string }
  | { readonly backend: 'ringbuf'; readonly size: number }
  | SocketBackend
  | UdpBackend;

export type ChardevOptions = ChardevBackend & {
  readonly id: string;
  /** Several frontends, and Ctrl-A; `typed`: Ctrl-A only on a terminal. */
  readonly mux: boolean | 'typed';
  /** A file that gets all output too. */
  readonly logfile?: string;
  readonly logappend: boolean;
  /** For messages: what the user wrote. */
  readonly where: string;
};

type Row = (list: OptionList) => ChardevBackend;

const path = (list: OptionList, kind: string): string => {
  const given = list.string('path');
  if (given === undefined || given === '') throw new OptionError(`chardev: ${kind}: no filename given`, list.where);
  return given;
};

/** By QEMU's names, as `-chardev help` lists them. */
const BACKENDS: Readonly<Record<ChardevBackend['backend'], Row>> = {
  file: (list) => {
    const append = list.bool('append') ?? false;
    return { backend: 'file', path: path(list, 'file'), append, inputPath: list.string('input-path') };
  },
  null: () => ({ backend: 'null' }),
  pipe: (list) => ({ backend: 'pipe', path: path(list, 'pipe') }),
  pty: (list) => ({ backend: 'pty', path: list.string('path') }),
  ringbuf: (list) => {
    const size = list.size('size') ?? 65536;
    if (size === 0 || (size & (size - 1)) !== 0 || size > 1 << 30)
      throw new OptionError('size of ringbuf chardev must be power of two', list.where, '1 to 1G');
    return { backend: 'ringbuf', size };
  },
  socket: parseSocket,
  stdio: (list) => ({ backend: 'stdio', signal: list.bool('signal') ?? false }),
  udp: parseUdp,
};

/** Other names of theirs, in QEMU too. */
const ALIASES: Readonly<Record<string, keyof typeof BACKENDS>> = { memory: 'ringbuf' };

/** QEMU's that are not built. */
const MISSING: Readonly<Record<string, string>> = {
  serial: "a serial line of the host's",
  parallel: "a parallel port of the host's",
  vc: 'a window with a console',
  hub: 'several backends as one',
  'qemu-vdagent': 'the clipboard of a display',
  dbus: 'D-Bus',
  spicevmc: 'SPICE',
  spiceport: 'SPICE',
  braille: 'a braille display',
  msmouse: 'a serial mouse',
  wctablet: 'a serial tablet',
  testdev: "a device of QEMU's own tests",
};
const MISSING_ALIASES: Readonly<Record<string, string>> = { tty: 'serial', parport: 'parallel' };

export const BACKEND_NAMES = Object.keys(BACKENDS);
export const CHARDEV_HELP = `Available chardev backend types: \n${BACKEND_NAMES.map((name) => `  ${name}\n`).join('')}`;

/** @throws OptionError */
export function parseChardev(text: string): ChardevOptions {
  const list = parseOptions('-chardev', text, 'backend');
  const id = list.string('id');
  if (id === undefined) throw new OptionError('chardev: no id specified', list.where);
  return read(list, id);
}

/** From keys and values of the command line. @throws OptionError */
export const chardevFromParts = (id: string, backend: string, parts: readonly (readonly [string, string])[]): ChardevOptions =>
  read(new OptionList('chardev-add', [['backend', backend], ...parts]), id);

/** What `-serial TEXT` and the like lead to: a chardev of `-chardev`, one of their own, or nothing. */
export type ChardevReference = { readonly id: string } | { readonly none: true } | { readonly options: ChardevOptions };

/** What a gdb stub's socket is, where the user does not say otherwise. */
export const GDB_SOCKET = { server: 'on', wait: 'off', nodelay: 'on' } as const;

/** `defaults`: of what the text does not say, for sockets. @throws OptionError */
export function parseChardevReference(
  option: string,
  text: string,
  id: string,
  defaults: Readonly<Record<string, string>> = {},
): ChardevReference {
  if (text === 'none') return { none: true };
  if (text.startsWith('chardev:')) return { id: text.slice('chardev:'.length) };
  return { options: read(new OptionList(`${option} ${text}`, shortForm(option, text, defaults)), id) };
}

/** Source: QEMU's qemu_chr_parse_compat. */
function shortForm(option: string, text: string, defaults: Readonly<Record<string, string>>): [string, string][] {
  if (text.startsWith('mon:')) return [...plainForm(option, text.slice('mon:'.length), defaults), ['mux', 'on']];
  return plainForm(option, text, defaults);
}
function plainForm(option: string, text: string, defaults: Readonly<Record<string, string>>): [string, string][] {
  const [kind, rest] = splitOnce(text, ':');
  if (rest === undefined) {
    if (text.startsWith('/dev/parport'))
      return [
        ['backend', 'parallel'],
        ['path', text],
      ];
    if (text.startsWith('/dev/'))
      return [
        ['backend', 'serial'],
        ['path', text],
      ];
    const [name, more] = splitOnce(text, ',');
    if (!Object.hasOwn(BACKENDS, name) && !Object.hasOwn(MISSING, name)) throw unknown(option, text);
    return [['backend', name], ...parameters(option, more)];
  }
  switch (kind) {
    case 'file':
    case 'pipe':
    case 'pty':
      return [
        ['backend', kind],
        ['path', rest],
      ]; // commas and all
    case 'tcp':
    case 'telnet':
    case 'tn3270':
    case 'websocket': {
      const [place, more] = splitOnce(rest, ',');
      const [, host, port] = /^(.*?):([^:]*)$/.exec(place) ?? [];
      if (port === undefined) throw new OptionError(`'${place}' is no address`, `${option} ${text}`, 'HOST:PORT');
      const entries: [string, string][] = [
        ['backend', 'socket'],
        ['host', host.replace(/^\[(.*)\]$/, '$1')],
        ['port', port],
      ];
      if (kind !== 'tcp') entries.push([kind, 'on']);
      return [...entries, ...Object.entries(defaults), ...parameters(option, more)];
    }
    case 'unix': {
      const [place, more] = splitOnce(rest, ',');
      const own = Object.entries(defaults).filter(([key]) => key !== 'nodelay');
      return [['backend', 'socket'], ['path', place], ...own, ...parameters(option, more)];
    }
    case 'udp':
      return [['backend', 'udp'], ...udpPlaces(option, text, rest)];
    case 'vc':
      return [['backend', kind]];
  }
  throw unknown(option, text);
}

/** `HOST:PORT@LOCAL:PORT`, of which only the first port must be there. */
function udpPlaces(option: string, text: string, rest: string): [string, string][] {
  const [, host, port, localaddr, localport] = /^([^@]*?):(\d+)(?:@(.*?):(\d+))?$/.exec(rest) ?? [];
  if (port === undefined) throw new OptionError(`'${rest}' is no address`, `${option} ${text}`, '[HOST]:PORT[@[HOST]:PORT]');
  const given = { host, port, localaddr, localport } as Readonly<Record<string, string | undefined>>;
  return Object.entries(given).flatMap(([key, value]): [string, string][] => (value ? [[key, value.replace(/^\[(.*)\]$/, '$1')]] : []));
}

const unknown = (option: string, text: string) => new OptionError(`'${text}' is not a valid char driver`, option, SHORT_FORMS);
const SHORT_FORMS = 'stdio, file:PATH, pipe:PATH, pty, tcp:HOST:PORT, telnet:HOST:PORT, udp:HOST:PORT, unix:PATH, null, none or chardev:ID';

const parameters = (option: string, text: string | undefined): [string, string][] =>
  text === undefined ? [] : parseOptions(option, text).entries;

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function read(list: OptionList, id: string): ChardevOptions {
  checkIdentifier(id, list.where);
  list.string('id');
  const name = list.required('backend');
  const kind = ALIASES[name] ?? name;
  if (!Object.hasOwn(BACKENDS, kind)) {
    const missing = MISSING[MISSING_ALIASES[name] ?? name];
    if (missing !== undefined) throw new OptionError(`not built yet: chardev backend '${name}' (${missing})`, list.where);
    throw new OptionError(
      `'${name}' is not a valid char driver name${didYouMean(name, BACKEND_NAMES)}`,
      list.where,
      `one of ${BACKEND_NAMES.join(', ')}`,
    );
  }
  const mux = list.bool('mux') ?? false;
  const logfile = list.string('logfile');
  const logappend = list.bool('logappend') ?? false;
  const backend = BACKENDS[kind as ChardevBackend['backend']](list);
  list.finish();
  return { ...backend, id, mux, logfile, logappend, where: list.where };
}

/** QEMU's words, which programs look for. */
export const ptyMessage = (path: string, { id, mux }: { readonly id: string; readonly mux?: ChardevOptions['mux'] }): string =>
  `char device redirected to ${path} (label ${id}${mux ? '-base' : ''})\n`;

/** Parameters of a socket that are QEMU's, and what they would be for. */
const SOCKET_MISSING: Readonly<Record<string, string>> = {
  tn3270: 'the tn3270 protocol',
  websocket: 'the WebSocket protocol',
  'tls-creds': 'TLS',
  'tls-authz': 'TLS',
  to: 'a range of ports',
  abstract: 'abstract Unix sockets',
};

function parseSocket(list: OptionList): SocketBackend {
  for (const [key, what] of Object.entries(SOCKET_MISSING)) {
    const given = list.string(key);
    if (given !== undefined && given !== 'off') throw new OptionError(`not built yet: ${what} (${key}=)`, list.where);
  }
  list.bool('tight');
  const socketPath = list.string('path');
  const host = list.string('host');
  const fd = list.integer('fd', 0, 0x7fff_ffff);
  if ([socketPath, host, fd].filter((each) => each !== undefined).length > 1)
    throw new OptionError("none or more than one of parameters 'path', 'fd' and 'host' is set", list.where, 'one of them');
  const server = list.bool('server') ?? false;
  const wait = list.bool('wait');
  const seconds = list.integer('reconnect', 0, 1 << 21);
  const milliseconds = list.integer('reconnect-ms', 0, 1 << 30);
  const telnet = list.bool('telnet') ?? false;
  const nodelay = !(list.bool('delay') ?? true) || (list.bool('nodelay') ?? false);
  if (wait !== undefined && !server) throw new OptionError("'wait' option is incompatible with socket in client connect mode", list.where);
  if (seconds !== undefined && milliseconds !== undefined)
    throw new OptionError("'reconnect' and 'reconnect-ms' are mutually exclusive", list.where);
  if (telnet && !server) throw new OptionError('not built yet: the telnet protocol of a client', list.where, 'server=on');
  const reconnectMs = milliseconds ?? (seconds ?? 0) * 1000;
  if (reconnectMs > 0 && server) throw new OptionError("'reconnect' option is incompatible with socket in server listen mode", list.where);
  if (reconnectMs > 0 && fd !== undefined) throw new OptionError("'reconnect' option is incompatible with 'fd' address type", list.where);
  const address = fd === undefined ? parseAddress(list, socketPath, host) : { fd };
  return { backend: 'socket', address, server, wait: wait ?? server, reconnectMs, nodelay, telnet };
}

/** Bytes of a path that a Unix socket may have. */
const PATH_LIMIT = 107;

function parseAddress(list: OptionList, socketPath: string | undefined, host: string | undefined): SocketAddress {
  if (socketPath !== undefined) {
    if (socketPath === '') throw new OptionError('a Unix socket has a path', list.where);
    if (new TextEncoder().encode(socketPath).length > PATH_LIMIT)
      throw new OptionError('UNIX socket path is too long', list.where, `at most ${PATH_LIMIT} bytes`);
    return { path: socketPath };
  }
  if (host === undefined) throw new OptionError("one of parameters 'path', 'fd' and 'host' is missing", list.where);
  list.bool('ipv4');
  list.bool('ipv6');
  const port = portOf(list, 'port');
  if (port === undefined) throw new OptionError('chardev: socket: no port given', list.where);
  return { host, port };
}

function portOf(list: OptionList, name: string): number | undefined {
  const port = list.string(name);
  if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65535))
    throw new OptionError(`invalid port '${port}'`, list.where, 'a number from 0 to 65535');
  return port === undefined ? undefined : Number(port);
}

function parseUdp(list: OptionList): UdpBackend {
  list.bool('ipv4');
  list.bool('ipv6');
  const port = portOf(list, 'port');
  if (port === undefined || port === 0) throw new OptionError('chardev: udp: remote port not specified', list.where);
  const localPort = portOf(list, 'localport') ?? 0;
  return { backend: 'udp', host: list.string('host') || 'localhost', port, localHost: list.string('localaddr') ?? '', localPort };
}
