import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { circles, ROOMS, tsconfigs } from '../../scripts/walls.js';
import { SPRS } from '../../src/target/ppc/sprs.js';
import { CSR_NUMBERS } from '../../src/target/riscv/csr-names.js';

const top = new URL('../..', import.meta.url);
const eslint = new ESLint({ cwd: top.pathname });
const rooms: [string, { host?: string; rooms?: readonly string[] }][] = Object.entries(ROOMS);

/** Messages of the wall rules for a source text, were it in that file. */
async function broken(filePath: string, text: string): Promise<string[]> {
  const [{ messages }] = await eslint.lintText(text, { filePath });
  return messages.filter((m) => m.fatal || m.ruleId?.startsWith('walls/') || m.ruleId?.startsWith('no-restricted-')).map((m) => m.message);
}

/** A file of `room` that imports something of each other room. */
const importsOfAll = (room: string): string =>
  rooms.map(([other], i) => `import { x${i} } from '${'../'.repeat(room.split('/').length)}${other}/some.js';`).join('\n');

/** Circles of imports among the files of a folder, as paths. */
function circlesOfFiles(folder: string): string[] {
  const files = (readdirSync(new URL(folder, top), { recursive: true }) as string[]).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.d.ts'),
  );
  const imports = new Map(
    files.map((file) => {
      const text = readFileSync(new URL(`${folder}/${file}`, top), 'utf8');
      const targets = [...text.matchAll(/ from '(\.[^']+)'/g)].map(
        ([, path]) => `${posix.join(posix.dirname(file), path).replace(/\.js$/, '')}.ts`,
      );
      return [file, targets];
    }),
  );
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '));
    else if (!done.has(file)) {
      for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    }
  };
  for (const file of files) visit(file, []);
  return circles;
}

/** Registers that are called by a word of English, or as two columns of QEMU's cache plugin. */
const WORDS = ['time', 'cycle', 'seed', 'dmiss', 'imiss'];
const REGISTERS = [...CSR_NUMBERS.keys(), ...Object.values(SPRS).flatMap((sprs) => sprs.map(({ name }) => name.toLowerCase()))];
/** What only an instruction set's own folders may name, in code: names of sets, of registers, of instructions, of firmware and of QEMU's programs. */
const OF_A_TARGET = new RegExp(
  [
    ...['risc-?v', '\\brv(32|64)', '\\bRVX?_', 'powerpc', '\\bppc', '\\bharts?\\b', 'opensbi', 'openbios', 'qemu-system'],
    ...['mstatus', 'fpscr', '\\b(msr|[ms]ret|rfi|ecall|ebreak|wfi|lwarx|stwcx|mtmsr|mtspr)\\b'],
    `\\b(${[...new Set(REGISTERS)].filter((name) => !WORDS.includes(name)).join('|')})\\b`,
  ].join('|'),
  'i',
);
/**
 * Where it may stand: a target's folders; the lists of what a build has; devices, whose names are QEMU's; the guest that comes with the command line;
 * the laboratory, which has guests of each.
 */
const TARGETS_PLACES = [
  ...[/^(assembly|src)\/target\/(riscv|ppc)\//, /^src\/hw\/(riscv|ppc)\//],
  ...[/^src\/((load-)?(targets|isas)|runtimes)\.ts$/, /^assembly\/target\/(traits\/)?linked\.ts$/],
  /^src\/hw\/(?!core)/,
  /^src\/node\/guest\//,
  /^src\/(lab|cli\/lab)\/|^src\/cli\/bench\.ts$/,
];

/** Code without its comments, which may tell of any example. */
const codeOf = (text: string): string =>
  text.replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/(^|\s)\/\/.*$/gm, '');

/** Lines of a folder's files that name a target, where none should be known. */
function targetsNamedIn(folder: string): string[] {
  const files = (readdirSync(new URL(folder, top), { recursive: true }) as string[]).map((name) => `${folder}/${name}`);
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !TARGETS_PLACES.some((place) => place.test(file)))
    .flatMap((file) => {
      const lines = codeOf(readFileSync(new URL(file, top), 'utf8')).split('\n');
      return lines.flatMap((line, n) => (OF_A_TARGET.test(line) ? [`${file}:${n + 1}: ${line.trim()}`] : []));
    });
}

describe('walls of the house', () => {
  it.each(rooms.filter(([room]) => !room.endsWith('/shared')))(
    '%s imports what the table says, and nothing else',
    async (room, { rooms: allowed = [] }) => {
      const forbidden = rooms.map(([other]) => other).filter((other) => other !== room && !allowed.includes(other));
      expect(await broken(`${room}/some-file.ts`, importsOfAll(room))).toEqual(
        forbidden.map((other) => expect.stringMatching(new RegExp(`^${room} may not import ${other} `))),
      );
    },
  );

  it.each(rooms)('%s is a folder', (room) => expect(existsSync(new URL(room, top))).toBe(true));

  it.each(rooms.filter(([room, { host = 'core' }]) => room.startsWith('src') && host === 'core').map(([room]) => room))(
    '%s knows no host',
    async (room) => {
      const text = "import 'node:fs'; import 'path'; process.exit(); document.title = '';";
      expect(await broken(`${room}/some-file.ts`, text)).toEqual([
        ...[1, 2].map(() => expect.stringContaining(`${room} may not import modules of Node`)),
        ...[1, 2].map(() => expect.stringContaining('The core knows no host')),
      ]);
    },
  );

  it.each([
    ['src/hw/char/serial.ts', "export * from '../../target/riscv/cpu.js';", 'src/hw/char may not import src/target/riscv'],
    ['src/hw/char/serial.ts', "export const f = () => import('../../target/riscv/cpu.js');", 'src/hw/char may not import src/target/riscv'],
    ['src/hw/char/serial.ts', "export type T = import('../../target/riscv/cpu.js').X;", 'src/hw/char may not import src/target/riscv'],
    [
      'src/hw/char/serial.ts',
      "import type { T } from '../../target/riscv/cpu.js'; export type U = T;",
      'src/hw/char may not import src/target/riscv',
    ],
    [
      'assembly/softfloat/add.ts',
      "import { x } from '../tci'; @inline function f(): void { x(); }",
      'assembly/softfloat may not import assembly',
    ],
    [
      'src/hw/rtc/goldfish-rtc.ts',
      "import type { MachineState } from '../core/machine.js'; export type T = MachineState;",
      'src/hw/rtc may not import src/hw/core/machine.js',
    ],
    ['src/qom/object.ts', "import 'fflate';", 'src/qom may not import the package fflate'],
    ['src/browser/screen.ts', "import 'node:fs';", 'src/browser may not import modules of Node'],
    ['assembly/target/riscv/shared/riscv.ts', "import { X } from './layout.js'; X;", 'imports nothing'],
    ['src/attic/old.ts', "import 'node:fs';", 'src/attic/old.ts is in no room'],
    ['src/util/path.ts', "import '../../tests/support/engine.js';", 'tests/support/engine.js is in no room'],
  ])('%s: %s', async (file, text, message) => {
    expect(await broken(file, text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['src/node/console.ts', "import 'node:fs'; process.exit();"],
    ['src/cli/main.ts', "import { x } from '../node/index.js'; x();"],
    ['src/browser/screen.ts', "document.title = '';"],
    ['src/memory/region.test.ts', "import 'node:fs';"],
  ])('lets pass %s: %s', async (file, text) => {
    expect(await broken(file, text)).toEqual([]);
  });

  it('stand without a circle of rooms', () => expect(circles()).toEqual([]));

  it('no file of the runtime imports in a circle', () => expect(circlesOfFiles('assembly')).toEqual([]));

  it.each([
    'const pc = mepc;',
    "read('SRR0')",
    'HID0',
    "if (name === 'bl' || name === 'rfi') return;",
    'for (const hart of harts)',
    'RV_X',
  ])('%s names an instruction set', (code) => expect(code).toMatch(OF_A_TARGET));

  it.each(['assembly', 'src'])('%s names an instruction set in its own folders only, and in the lists of them', (folder) =>
    expect(targetsNamedIn(folder)).toEqual([]),
  );

  it('are those of the compiler, too', async () => {
    for (const { file, text } of await tsconfigs()) expect(readFileSync(new URL(file, top), 'utf8')).toBe(text);
  });
});
