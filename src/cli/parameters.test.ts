/** What query-command-line-options tells is what the parsers know: each of them reads a list here, and says what it asked for. */
import { describe, expect, it, vi } from 'vitest';
import { VirtMachine } from '../hw/riscv/virt.js';
import { propertiesOf } from '../qom/object.js';
import type { OptionList, ParameterKind } from '../qom/option-list.js';
import { COMMAND_LINE_OPTIONS } from '../qmp/option-commands.js';
import { parseChardev } from '../system/chardev-options.js';
import { parseDrives } from '../system/drive-options.js';
import { IDLE_PROPERTIES } from '../system/machine-plan.js';
import { COMMON_PROPERTIES } from '../system/help.js';
import { parseTrace } from '../system/log-options.js';
import * as options from '../system/options.js';
import { ALIASES } from './machine-option.js';
import { parseBoot, parseFwCfg } from './firmware-config.js';
import { parseMon } from './monitors.js';

const lists = vi.hoisted(() => [] as OptionList[]);
vi.mock(import('../qom/option-list.js'), async (original) => {
  const module = await original();
  return {
    ...module,
    parseOptions: (...args) => {
      const list = module.parseOptions(...args);
      lists.push(list);
      return list;
    },
  };
});

interface Known {
  /** Reads a list of each form that there is. */
  readonly read: () => void;
  /** Parameters that are ours, that QEMU's own list leaves out, or that are refused as not built. */
  readonly untold?: readonly string[];
  /** Told as a text, as QEMU does, though the parser wants a number. */
  readonly asText?: readonly string[];
}

const SOCKET = 'socket,id=c,host=h,port=1';
// prettier-ignore
const KNOWN: Readonly<Record<string, Known>> = {
  action: { read: () => options.parseActions(['panic=none']) },
  'semihosting-config': { read: () => options.parseSemihosting(true, ['enable=on']), untold: ['root'] },
  icount: { read: () => options.parseIcount('shift=1') },
  name: { read: () => options.parseName(['x']) },
  'smp-opts': { read: () => options.parseSmp('1') },
  memory: { read: () => options.parseMemory('1G') },
  fw_cfg: { read: () => parseFwCfg('x,string=y') },
  'boot-opts': { read: () => parseBoot(['c']) },
  trace: { read: () => parseTrace('x') },
  mon: { read: () => parseMon('c'), untold: ['id'] },
  global: { read: () => options.parseGlobal('driver=d,property=p,value=v') },
  rtc: { read: () => options.parseRtc('utc') },
  chardev: {
    read: () => ['file,id=c,path=p', 'null,id=c', 'pipe,id=c,path=p', 'ringbuf,id=c', 'stdio,id=c', SOCKET, 'socket,id=c,path=p', 'socket,id=c,fd=0', 'udp,id=c,port=1'].forEach(parseChardev),
    untold: ['id', 'abstract', 'tight', 'tls-authz', 'tls-creds', 'tn3270', 'to', 'websocket'],
    asText: ['fd'],
  },
  drive: {
    read: () => parseDrives({ drive: ['file=f'] }),
    untold: ['id', 'cache', 'readonly', ...['aio', 'auto-read-only', 'copy-on-read', 'detect-zeroes', 'driver', 'filename', 'locking'].map((name) => `file.${name}`)],
  },
};

/** What the parsers of an option asked for. */
function asked({ read }: Known): Map<string, ParameterKind> {
  lists.length = 0;
  read();
  return new Map(lists.flatMap((list) => [...list.parameters]));
}
const told = (option: string): Map<string, string> =>
  new Map(
    COMMAND_LINE_OPTIONS[option].split(' ').map((text) => {
      const [name, kind = 'string'] = text.split(':');
      return [name, kind];
    }),
  );

describe('query-command-line-options', () => {
  it.each(Object.entries(KNOWN))('tells of -%s what its parser knows', (option, known) => {
    const all = asked(known);
    for (const name of known.untold ?? []) {
      expect(all.has(name), name).toBe(true);
      all.delete(name);
    }
    for (const name of known.asText ?? []) all.set(name, 'string');
    expect(Object.fromEntries(all)).toEqual(Object.fromEntries(told(option)));
  });

  it('tells of -machine what virt has, and what other options say', () => {
    const known = new Map([['type', 'string']]);
    for (const name of ALIASES) if (name !== 'accel') known.set(name, 'string');
    for (const name of IDLE_PROPERTIES) known.set(name, 'boolean');
    for (const { name, kind } of [...propertiesOf(VirtMachine.type), ...COMMON_PROPERTIES])
      known.set(name, kind === 'bool' || kind === 'OnOffAuto' ? 'boolean' : 'string');
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(told('machine')));
  });

  it('leaves none out', () => {
    const open = ['object', 'accel', 'plugin', 'device', 'smbios']; // whose parameters are another thing's
    expect([...Object.keys(KNOWN), ...open, 'machine'].sort()).toEqual(Object.keys(COMMAND_LINE_OPTIONS).sort());
  });
});
