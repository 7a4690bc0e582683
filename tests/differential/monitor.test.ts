/** The monitor's commands against QEMU 10's: none is unknown here, and what no machine has is answered alike. */
import { describe, expect, it } from 'vitest';
import { ABSENT_INFO } from '../../src/monitor/absent-info.js';
import { findCommand, monitorContext } from '../../src/monitor/command.js';
import { COMMANDS, INFO_COMMANDS, INFO_NOT_BUILT, NOT_BUILT, runLine, type Command } from '../../src/monitor/commands.js';
import { createNodeHost } from '../../src/node/host.js';
import { Machine } from '../../src/system/facade.js';
import { findOracle } from './oracle.js';
import { qemuSays } from './tree-comparison.js';

const oracle = findOracle();
const isQemu10 = oracle !== undefined && Math.floor(oracle.version) === 10;
const QEMU = oracle?.command ?? [];
const OPTIONS = '-M virt -m 128M -nodefaults';
const namesIn = (help: string, prefix: RegExp): string[] =>
  help
    .split('\n')
    .flatMap((line) => prefix.exec(line)?.slice(1, 2) ?? [])
    .flatMap((names) => names.split('|'));

describe.skipIf(!isQemu10)(`the monitor${isQemu10 ? '' : ' (skipped: no QEMU 10)'}`, () => {
  const wemuSays = async (command: string): Promise<string> => {
    const host = await createNodeHost({ backend: 'tci' });
    const machine = Machine.create({ machine: 'virt', memory: '128M', bios: new Uint8Array(4) }, host);
    const text = await runLine(monitorContext(machine.control, ''), command);
    host.close();
    return text;
  };

  it("knows the names of QEMU's commands", async () => {
    const commands = namesIn(await qemuSays(QEMU, OPTIONS, 'help'), /^([a-z?][-\w|?]*) .*(?: -- |$)/);
    const items = namesIn(await qemuSays(QEMU, OPTIONS, 'info'), /^info ([-\w]+) /);
    expect(commands.length).toBeGreaterThan(100);
    expect(items.length).toBeGreaterThan(60);
    const known = (table: readonly Command[], missing: ReadonlySet<string>) => (name: string) =>
      missing.has(name) || findCommand(table, name) !== undefined;
    expect(commands.filter((name) => !known(COMMANDS, NOT_BUILT)(name))).toEqual([]);
    expect(items.filter((name) => !known(INFO_COMMANDS, INFO_NOT_BUILT)(name))).toEqual([]);
  });

  it.each(ABSENT_INFO.map(({ name }) => name))('info %s is answered alike', async (name) => {
    expect(await wemuSays(`info ${name}`)).toBe(await qemuSays(QEMU, OPTIONS, `info ${name}`));
  });
});
