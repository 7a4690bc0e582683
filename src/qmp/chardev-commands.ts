/** QMP's commands about character devices (QAPI char.json). */
import { RingBufferChardev } from '../chardev/chardev.js';
import { textOf } from '../util/text.js';
import { command, NOTHING, type QmpCommand } from './command.js';
import { bool, EMPTY, enumeration, int, list, optional, QmpError, str, struct, union, type Members } from './schema.js';

const ChardevInfo = struct('ChardevInfo', { label: str, filename: str, 'frontend-open': bool });
const DataFormat = enumeration('DataFormat', ['utf8', 'base64']);

/** What a variant is for is in its member `data`. */
const wrapped = (name: string, members: Members) => struct(`${name}Wrapper`, { data: struct(name, members) });
const COMMON = { logfile: optional(str), logappend: optional(bool) };

const ADDRESSES = {
  inet: wrapped('InetSocketAddress', { host: str, port: str, ipv4: optional(bool), ipv6: optional(bool), to: optional(int) }),
  unix: wrapped('UnixSocketAddress', { path: str, abstract: optional(bool), tight: optional(bool) }),
};
const SocketAddressType = enumeration('SocketAddressType', Object.keys(ADDRESSES));
const SocketAddressLegacy = union('SocketAddressLegacy', { type: SocketAddressType }, 'type', ADDRESSES);

const FLAGS = ['server', 'wait', 'nodelay', 'telnet', 'tn3270', 'websocket'];
const BACKENDS = {
  file: wrapped('ChardevFile', { ...COMMON, in: optional(str), out: str, append: optional(bool) }),
  pipe: wrapped('ChardevHostdev', { ...COMMON, device: str }),
  socket: wrapped('ChardevSocket', {
    ...{ ...COMMON, addr: SocketAddressLegacy, reconnect: optional(int), 'reconnect-ms': optional(int) },
    ...Object.fromEntries(FLAGS.map((flag) => [flag, optional(bool)])),
  }),
  udp: wrapped('ChardevUdp', { ...COMMON, remote: SocketAddressLegacy, local: optional(SocketAddressLegacy) }),
  null: wrapped('ChardevCommon', COMMON),
  pty: wrapped('ChardevPty', { ...COMMON, path: optional(str) }),
  stdio: wrapped('ChardevStdio', { ...COMMON, signal: optional(bool) }),
  ringbuf: wrapped('ChardevRingbuf', { ...COMMON, size: optional(int) }),
  memory: wrapped('ChardevRingbuf', { ...COMMON, size: optional(int) }),
};
const ChardevBackendKind = enumeration('ChardevBackendKind', Object.keys(BACKENDS));
const ChardevBackend = union('ChardevBackend', { type: ChardevBackendKind }, 'type', BACKENDS);

/** Where the command line has another name for the same. */
const NAMES: Readonly<Record<string, string>> = { out: 'path', in: 'input-path', device: 'path' };

type Data = Readonly<Record<string, unknown>>;

/** As on the command line: key and value. An address is a part of its socket there, and only here are sockets servers that do not wait by default. */
function parts(kind: string, data: Data): [string, string][] {
  if (kind === 'socket') {
    const { addr, server = true, wait = false, ...rest } = data;
    const { data: place } = addr as { readonly data: Data };
    return parts('', { ...place, ...rest, ...(server ? { server, wait } : {}) });
  }
  if (kind === 'udp') {
    const { remote, local, ...rest } = data;
    const { host: localaddr, port: localport } = (local as { readonly data: Data } | undefined)?.data ?? {};
    return parts('', { ...(remote as { readonly data: Data }).data, ...(local ? { localaddr, localport } : {}), ...rest });
  }
  return Object.entries(data).map(([key, value]) => [
    NAMES[key] ?? key,
    typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value),
  ]);
}

export const CHARDEV_COMMANDS: readonly QmpCommand[] = [
  command('query-chardev', {}, list(ChardevInfo), ({ control }) =>
    control.chardevs().map(({ label, filename, open }) => ({ label, filename, 'frontend-open': open })),
  ),
  command(
    'ringbuf-read',
    { device: str, size: int, format: optional(DataFormat) },
    str,
    ({ control }, { device, size, format = 'utf8' }) => {
      const ring = ringBuffer(control.chardev(device), device);
      if (size <= 0) throw new QmpError('size must be greater than zero');
      const bytes = ring.read(Math.min(size, RingBufferChardev.ANSWER));
      return format === 'utf8' ? new TextDecoder().decode(bytes) : btoa(textOf(bytes));
    },
  ),
  command(
    'ringbuf-write',
    { device: str, data: str, format: optional(DataFormat) },
    EMPTY,
    ({ control }, { device, data, format = 'utf8' }) => {
      ringBuffer(control.chardev(device), device).write(format === 'utf8' ? new TextEncoder().encode(data) : decodeBase64(data));
      return NOTHING;
    },
  ),
  command('chardev-send-break', { id: str }, EMPTY, ({ control }, { id }) => {
    const chardev = control.chardev(id);
    if (!chardev) throw new QmpError(`Chardev '${id}' not found`);
    chardev.sendEvent('break');
    return NOTHING;
  }),
  command(
    'chardev-add',
    { id: str, backend: ChardevBackend },
    struct('ChardevReturn', { pty: optional(str) }),
    async ({ control }, args) => {
      const { type, data } = args.backend;
      const { pty } = await control.addChardev({ id: args.id, backend: type, parts: parts(type, data) });
      return pty === undefined ? NOTHING : { pty };
    },
  ),
  command('chardev-remove', { id: str }, EMPTY, ({ control }, { id }) => {
    control.removeChardev(id);
    return NOTHING;
  }),
];

function ringBuffer(chardev: unknown, id: string): RingBufferChardev {
  if (chardev === undefined) throw new QmpError(`Device '${id}' not found`);
  if (!(chardev instanceof RingBufferChardev)) throw new QmpError(`${id} is not a ringbuf device`);
  return chardev;
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new QmpError('invalid base64 encoding');
  }
}
