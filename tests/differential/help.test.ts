import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { TARGETS } from '../../src/targets.js';
import { absentFamily } from '../../src/hw/core/absent-devices.js';
import { DeviceState } from '../../src/hw/core/device.js';
import { TypeRegistry } from '../../src/qom/registry.js';
import { deviceHelp, devicePropertiesHelp } from '../../src/system/help.js';
import { findOracle } from './oracle.js';
import { findPpcOracle } from './ppc-system/oracle.js';

/** The first version whose listings are as ours. */
const FIRST_VERSION = 10;
const oracle = findOracle();
const modern = oracle !== undefined && oracle.version >= FIRST_VERSION && oracle.version < FIRST_VERSION + 1;
const without = modern ? '' : ` (skipped: no QEMU ${FIRST_VERSION}; WEMU_ORACLE names one)`;

/** Properties whose lines differ, and why. What either has alone is not compared, nor are texts where QEMU has none. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'edu.dma_mask': 'tells no default there',
  bootindex: 'has no default there: it is a list of its own',
  busnr: 'has a kind of its own there, and no default',
  'pci-bridge.shpc': 'there is no hotplug controller',
  'pcie-root-port.hotplug': 'there is none',
};

/** Devices that neither board of QEMU's takes. */
const OURS: Readonly<Record<string, string>> = { vmgenid: 'QEMU has it on x86 and Arm alone' };
/** Of `qemu-system-ppc`, which has ISA. */
const OF_PPC = ['isa-serial'];
const ppc = findPpcOracle();
const modernPpc = ppc !== undefined && Math.floor(ppc.version) === FIRST_VERSION;

const listing = (device: string): string[] => {
  const isPpc = OF_PPC.includes(device);
  const [command, ...args] = (isPpc ? ppc : oracle)!.command;
  return spawnSync(command, [...args, '-M', isPpc ? '40p' : 'virt', '-device', `${device},help`], { encoding: 'utf8' }).stdout.split('\n');
};
const nameOf = (line: string): string => /^ {2}([^=]+)=/.exec(line)?.[1] ?? '';
/** Ours may have a text where QEMU has none. */
const bare = (line: string): string =>
  line.replace(/^(.*?>)\s*- (.*?)( \(default: .*\))?$/, (_, start: string, __, value = '') => `${start}${value}`);

describe.skipIf(!modern)(`help texts${without}`, () => {
  const types = new TypeRegistry(TARGETS.flatMap(({ devices }) => devices));
  const devices = types.list(DeviceState.type).filter(({ category, userCreatable }) => category !== 'cpu' && userCreatable);

  const asked = devices.filter(({ name }) => !(name in OURS) && (modernPpc || !OF_PPC.includes(name)));
  it.each(asked.map((type) => [type.name, type] as const))('-device %s,help: types and defaults', (name, type) => {
    const theirs = new Map(listing(name).map((line) => [nameOf(line), line]));
    let compared = 0;
    for (const line of devicePropertiesHelp(type).split('\n')) {
      const property = nameOf(line);
      const other = theirs.get(property);
      if (property === '' || other === undefined || property in DIFFERENT || `${name}.${property}` in DIFFERENT) continue;
      expect(bare(line)).toBe(bare(other));
      if (/ - ./.test(other)) expect(line).toMatch(/ - ./);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  it('-device help: each has its category and bus', () => {
    const [command, ...args] = oracle!.command;
    const { stdout } = spawnSync(command, [...args, '-M', 'virt', '-device', 'help'], { encoding: 'utf8' });
    const places = (text: string): Map<string, string> => {
      let title = '';
      const found = new Map<string, string>();
      for (const line of text.split('\n')) {
        if (line.endsWith(' devices:')) title = line;
        const [, name, bus = ''] = /^name "([^"]+)"(?:, bus ([^,]+))?/.exec(line) ?? [];
        if (name !== undefined) found.set(name, `${title} ${bus}`);
      }
      return found;
    };
    const theirs = places(stdout);
    // what is not built is said to be that, and not unknown
    for (const name of theirs.keys())
      expect([name, types.find(name) !== undefined || absentFamily(name) !== undefined]).toEqual([name, true]);
    for (const { name } of devices) expect([name, absentFamily(name)]).toEqual([name, undefined]);
    for (const [name, place] of places(deviceHelp(types, DeviceState.type)))
      if (theirs.has(name)) expect([name, place]).toEqual([name, theirs.get(name)]);
  });
});
