/**
 * The walls of the house: which room may import which. One table; from it come ESLint's rule (eslint.config.js), the projects of tsc and their
 * references (`node scripts/walls.js` writes src/tsconfig.*.json), and the test that both hold (tests/unit/walls.test.ts).
 *
 * A room is a folder, without the folders in it. What is not listed is not allowed, and an import from a folder without a row is an error.
 */
import { writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';

const ROOT = new URL('..', import.meta.url);

// What every room below may stand on.
const BASE = ['src/qom', 'src/util'];
const DEVICE = [...BASE, 'src/memory', 'src/hw/core'];
/** Devices by kind. */
const KINDS = [
  ...[
    'audio',
    'block',
    'char',
    'dma',
    'input',
    'intc',
    'isa',
    'misc',
    'net',
    'nvram',
    'pci',
    'pci-host',
    'rtc',
    'scsi',
    'smbios',
    'southbridge',
    'timer',
    'virtio',
    'watchdog',
  ],
].map((kind) => `src/hw/${kind}`);
/** They live on the services that DeviceState hands on. */
const NO_MACHINE = ['src/hw/core/machine.js', 'src/hw/core/machine-class.js', 'src/hw/core/device-add.js'];
const ACCEL = ['src/accel', 'src/accel/tcg', 'src/accel/tcg/codegen'];

/**
 * A room, the rooms that it may import beside itself, of these the files that it may not, and the packages that it may. `host`: whose globals and modules
 * its code may use; `core`, the default, knows none: neither Node nor a browser.
 * @type {Record<string, { host?: 'core' | 'node' | 'browser', rooms?: string[], without?: string[], packages?: string[] }>}
 */
export const ROOMS = {
  // ---- the runtime: AssemblyScript, but for the constants that tsc compiles, too
  'assembly/shared': {},
  'assembly/target/riscv/shared': {}, // constants that tsc compiles, too
  'assembly/target/ppc/shared': {},
  'assembly/target/traits': { rooms: ['assembly/shared', 'assembly/target/riscv/shared'] },
  'assembly/softfloat': { rooms: ['assembly/target/traits'] },
  'assembly/core': { rooms: ['assembly/shared', 'assembly/target/traits'] },
  'assembly/tlb': { rooms: ['assembly/shared', 'assembly/core', 'assembly/target/traits'] },
  'assembly/tb': { rooms: ['assembly/shared', 'assembly/core', 'assembly/tlb', 'assembly/target/traits'] },
  'assembly/target/riscv': {
    rooms: ['assembly/shared', 'assembly/core', 'assembly/softfloat', 'assembly/target/riscv/shared', 'assembly/tb', 'assembly/tlb'],
  },
  'assembly/target/ppc': {
    rooms: ['assembly/shared', 'assembly/core', 'assembly/softfloat', 'assembly/target/ppc/shared', 'assembly/tb', 'assembly/tlb'],
  },
  'assembly/target': { rooms: ['assembly/shared', 'assembly/core', 'assembly/target/riscv'] },
  'assembly/softmmu': {
    rooms: ['assembly/shared', 'assembly/core', 'assembly/target', 'assembly/target/traits', 'assembly/tb', 'assembly/tlb'],
  },
  'assembly/check': {
    rooms: ['assembly/shared', 'assembly/core', 'assembly/target/traits', 'assembly/tlb', 'assembly/tb', 'assembly/target'],
  },
  'assembly/target/riscv/access': {
    rooms: ['assembly/shared', 'assembly/core', 'assembly/softmmu', 'assembly/target/riscv', 'assembly/target/riscv/shared'],
  },
  'assembly/target/ppc/access': {
    rooms: ['assembly/shared', 'assembly/core', 'assembly/softmmu', 'assembly/target/ppc', 'assembly/target/ppc/shared'],
  },
  assembly: {
    rooms: [
      ...['assembly/shared', 'assembly/core', 'assembly/tlb', 'assembly/tb', 'assembly/softmmu', 'assembly/check'],
      ...['assembly/target', 'assembly/target/traits'],
    ],
  },

  // ---- what everything stands on
  'src/util': { packages: ['fflate'] },
  'src/qom': { rooms: ['src/util'] },
  'src/memory': { rooms: BASE },
  'src/chardev': { rooms: ['src/util'] },
  'src/block': { rooms: ['src/util'] },
  'src/semihosting': { rooms: ['src/chardev'] },

  // ---- translation
  'src/tcg': { rooms: ['assembly/shared'] },
  'src/tcg/tci': { rooms: ['assembly/shared', 'src/tcg'] },
  'src/tcg/wasm': { rooms: ['assembly/shared', 'src/tcg'], packages: ['#binaryen'] },
  'src/target': { rooms: ['src/hw/core', 'src/qom', 'src/tcg'] },
  'src/accel': {},
  'src/accel/tcg/codegen': { rooms: ['assembly/shared', 'src/accel', 'src/target', 'src/tcg', 'src/tcg/tci', 'src/tcg/wasm', 'src/util'] },
  'src/accel/tcg/check': {
    rooms: ['assembly/shared', 'src/accel', 'src/accel/tcg', 'src/accel/tcg/codegen', 'src/tcg', 'src/tcg/wasm', 'src/util'],
  },
  'src/accel/tcg': {
    rooms: [
      'assembly/shared',
      'src/accel',
      'src/accel/tcg/codegen',
      'src/memory',
      'src/target',
      'src/tcg',
      'src/tcg/tci',
      'src/tcg/wasm',
      'src/util',
    ],
  },

  // ---- machines: the core of all, devices by kind, targets, boards
  'src/hw/core': { rooms: [...BASE, 'src/accel', 'src/block', 'src/chardev', 'src/memory', 'src/semihosting'], packages: ['fflate'] },
  'src/backends': { rooms: [...BASE, 'src/hw/core'], without: NO_MACHINE },
  'src/hw/block': { rooms: DEVICE, without: NO_MACHINE },
  'src/hw/pci': { rooms: DEVICE, without: NO_MACHINE },
  'src/hw/pci-host': { rooms: [...DEVICE, 'src/hw/pci'], without: NO_MACHINE },
  'src/hw/isa': { rooms: DEVICE, without: NO_MACHINE },
  'src/hw/char': { rooms: [...DEVICE, 'src/chardev', 'src/hw/isa', 'src/hw/pci'], without: NO_MACHINE },
  'src/hw/intc': { rooms: [...DEVICE, 'src/hw/isa'], without: NO_MACHINE },
  'src/hw/timer': { rooms: [...DEVICE, 'src/hw/isa'], without: NO_MACHINE },
  'src/hw/audio': { rooms: [...DEVICE, 'src/hw/isa', 'src/hw/timer'], without: NO_MACHINE },
  'src/hw/dma': { rooms: [...DEVICE, 'src/hw/isa'], without: NO_MACHINE },
  'src/hw/input': { rooms: [...DEVICE, 'src/hw/isa'], without: NO_MACHINE },
  'src/hw/net': { rooms: [...DEVICE, 'src/hw/pci'], without: NO_MACHINE },
  'src/hw/scsi': { rooms: [...DEVICE, 'src/hw/pci'], without: NO_MACHINE },
  'src/hw/southbridge': {
    rooms: [
      ...[...DEVICE, 'src/chardev', 'src/hw/audio', 'src/hw/char', 'src/hw/dma', 'src/hw/input', 'src/hw/intc', 'src/hw/isa', 'src/hw/pci'],
      'src/hw/timer',
    ],
    without: NO_MACHINE,
  },
  'src/hw/misc': { rooms: [...DEVICE, 'src/hw/pci'], without: NO_MACHINE },
  'src/hw/smbios': { rooms: BASE },
  'src/hw/nvram': { rooms: DEVICE, without: NO_MACHINE },
  'src/hw/rtc': { rooms: [...DEVICE, 'src/hw/isa'], without: NO_MACHINE },
  'src/hw/watchdog': { rooms: [...DEVICE, 'src/hw/pci'], without: NO_MACHINE },
  'src/hw/virtio': { rooms: [...DEVICE, 'src/backends', 'src/block', 'src/chardev', 'src/hw/pci'], without: NO_MACHINE },
  'src/target/riscv': {
    rooms: [...DEVICE, 'assembly/shared', 'assembly/target/riscv/shared', 'src/accel/tcg', 'src/semihosting', 'src/target', 'src/tcg'],
  },
  'src/target/ppc': {
    rooms: [...DEVICE, 'assembly/shared', 'assembly/target/ppc/shared', 'src/accel/tcg', 'src/target', 'src/tcg'],
  },
  'src/hw': { rooms: ['src/qom', 'src/hw/core', ...KINDS] },
  'src/hw/riscv': {
    rooms: [...[...DEVICE, 'src/target', 'src/target/riscv'], ...['src/hw', ...KINDS]],
  },

  'src/hw/ppc': {
    rooms: [...[...DEVICE, 'src/chardev', 'src/target', 'src/target/ppc'], ...['src/hw', ...KINDS]],
  },

  // ---- snapshots
  'src/migration': { rooms: [...BASE, 'src/block', 'src/memory', 'src/hw/core'] },

  // ---- runs that are recorded and replayed
  'src/replay': { rooms: [...BASE, 'src/block', 'src/chardev', 'src/hw/core', 'src/migration'] },

  // ---- plugins: their API and host, and those that come with wemu
  'src/plugin': { rooms: [...BASE, 'assembly/shared', 'src/accel/tcg', 'src/hw/core', 'src/memory', 'src/tcg'] },
  'src/plugins': { rooms: ['src/plugin', 'src/util'] },

  // ---- what works a machine
  'src/system': {
    rooms: [
      ...DEVICE,
      'src/accel',
      'src/backends',
      'src/block',
      'src/chardev',
      'src/migration',
      'src/plugin',
      'src/replay',
      'src/semihosting',
    ],
  },
  'src/monitor': { rooms: [...DEVICE, 'src/accel', 'src/block', 'src/chardev', 'src/hw/pci', 'src/migration', 'src/system'] },
  'src/gdbstub': { rooms: ['src/chardev', 'src/hw/core', 'src/memory', 'src/system', 'src/util'] },
  'src/qmp': { rooms: [...DEVICE, 'src/accel', 'src/backends', 'src/block', 'src/chardev', 'src/hw/pci', 'src/monitor', 'src/system'] },
  'src/gustave': { rooms: ['src/hw/core', 'src/migration', 'src/plugin', 'src/system', 'src/util'] },
  'src/lab': { rooms: ['src/accel', 'src/system', 'src/util'], packages: ['vega', 'vega-lite'] },
  'src/automation': { rooms: ['src/chardev'] },
  src: {
    rooms: [
      ...DEVICE,
      ...ACCEL,
      'assembly/shared',
      'src/backends',
      'src/block',
      'src/chardev',
      'src/gustave',
      'src/hw/ppc', // the list of targets
      'src/hw/riscv',
      'src/migration',
      'src/plugin',
      'src/semihosting',
      'src/system',
      'src/target',
      'src/target/riscv', // the list of instruction sets
      'src/target/ppc',
      'src/tcg/wasm',
    ],
  },

  // ---- hosts
  'src/node': {
    host: 'node',
    rooms: [
      ...ACCEL,
      'src',
      'src/accel/tcg/check',
      'src/chardev',
      'src/gdbstub',
      'src/migration',
      'src/node/block',
      'src/node/disk',
      'src/node/guest',
      'src/plugin',
      'src/semihosting',
      'src/system',
      'src/tcg/wasm',
      'src/util',
    ],
    packages: ['binaryen', 'esbuild', 'wabt'],
  },
  'src/node/disk': { host: 'node', rooms: ['src/util'] },
  'src/node/on-demand': { host: 'node', packages: ['fflate'] },
  'src/node/block': { host: 'node', rooms: ['src/block', 'src/node/disk', 'src/util'] },
  'src/node/guest': { host: 'node', rooms: ['src/node/disk', 'src/util'] },
  'src/browser': {
    host: 'browser',
    rooms: [
      ...[...ACCEL, 'src', 'src/accel/tcg/check', 'src/block', 'src/chardev', 'src/hw/core', 'src/migration', 'src/monitor', 'src/system'],
      ...['src/qom', 'src/tcg/wasm', 'src/util'],
    ],
  },
  'src/element': {
    host: 'browser',
    rooms: ['src', 'src/automation', 'src/browser', 'src/util'],
    packages: ['@xterm/addon-fit', '@xterm/addon-search', '@xterm/addon-web-links', '@xterm/xterm'],
  },
  'src/cli/common': {
    host: 'node',
    rooms: [...BASE, ...ACCEL, 'src/node', 'src/node/guest', 'src/tcg/wasm'],
    packages: ['cli-progress'],
  },
  'src/cli': {
    host: 'node',
    rooms: [
      ...[
        ...DEVICE,
        ...ACCEL,
        'src/block',
        'src/chardev',
        'src/gustave',
        'src/lab',
        'src/migration',
        'src/monitor',
        'src/plugin',
        'src/qmp',
        'src/system',
        'src/tcg/wasm',
      ],
      ...['src/gdbstub', 'src/node', 'src/node/disk', 'src/node/guest', 'src/cli/common', 'src/cli/lab'],
    ],
    packages: ['commander'],
  },
  'src/cli/lab': {
    host: 'node',
    rooms: [...ACCEL, 'src/cli/common', 'src/lab', 'src/node', 'src/node/disk', 'src/node/guest', 'src/util'],
    packages: ['cli-progress'],
  },
};

/** The room of a file, by its path from the top; undefined outside of all. */
export function roomOf(file) {
  const folder = posix.dirname(file);
  return folder in ROOMS ? folder : undefined;
}

/** Why `file` may not import `specifier`; undefined if it may. */
export function wallBetween(file, specifier) {
  const room = roomOf(file);
  if (room === undefined) return `${file} is in no room`;
  const { host = 'core', rooms = [], without = [], packages = [] } = ROOMS[room];
  if (specifier.startsWith('.')) {
    const path = posix.join(posix.dirname(file), specifier);
    const other = roomOf(path);
    if (other === undefined) return `${path} is in no room`;
    if (without.includes(path)) return `${room} may not import ${path}`;
    return other === room || rooms.includes(other) ? undefined : `${room} may not import ${other}`;
  }
  if (specifier.startsWith('node:') || builtinModules.includes(specifier))
    return host === 'node' ? undefined : `${room} may not import modules of Node`;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return packages.includes(name) ? undefined : `${room} may not import the package ${name}`;
}

/** Ways round in a circle through the table: none, if the rooms can be built one after the other. */
export function circles() {
  const found = [];
  const done = new Set();
  const visit = (room, path) => {
    if (path.includes(room)) found.push([...path.slice(path.indexOf(room)), room].join(' > '));
    else if (!done.has(room)) {
      for (const other of ROOMS[room].rooms ?? []) visit(other, [...path, room]);
      done.add(room);
    }
  };
  for (const room of Object.keys(ROOMS)) visit(room, []);
  return found;
}

/** ESLint's rule `walls/imports`. */
export const plugin = {
  rules: {
    imports: {
      meta: { type: 'problem', schema: [] },
      create(context) {
        const file = posix.relative(fileURLToPath(ROOT), context.filename.replaceAll('\\', '/'));
        const check = (node) => {
          if (typeof node?.value !== 'string') return;
          const wall = wallBetween(file, node.value);
          if (wall !== undefined) context.report({ node, message: `${wall} (the table is in scripts/walls.js).` });
        };
        const ofSource = ({ source }) => check(source);
        return {
          ImportDeclaration: ofSource,
          ExportNamedDeclaration: ofSource,
          ExportAllDeclaration: ofSource,
          ImportExpression: ofSource,
          TSImportType: ofSource,
          TSImportEqualsDeclaration: ({ moduleReference }) => check(moduleReference.expression),
        };
      },
    },
  },
};

/** Globals of Node and of browsers, for the rooms that know neither. */
export const HOST_GLOBALS = [
  ...['process', 'Buffer', 'global', 'require', 'module', '__dirname', '__filename', 'setImmediate', 'clearImmediate', 'console'],
  ...['window', 'document', 'self', 'navigator', 'location', 'localStorage', 'fetch', 'Worker', 'XMLHttpRequest', 'requestAnimationFrame'],
];

/** The rooms of a host as patterns below src/; of nested ones the outermost, if all inside are of the same host. */
const foldersOf = (host) => Object.keys(ROOMS).filter((room) => room.startsWith('src/') && (ROOMS[room].host ?? 'core') === host);
const outermost = (rooms) => rooms.filter((room) => !rooms.some((other) => room.startsWith(`${other}/`)));
export const HOSTED = outermost([...foldersOf('node'), ...foldersOf('browser')]);

/** What tsc needs to know of a host. */
const COMPILER = {
  core: {
    comment: 'The core: no Node, no DOM. What it may take from any host is declared in types/host.d.ts.',
    options: {},
    more: ['../assembly/**/shared/**/*.ts'],
  },
  node: { options: { types: ['node'] }, more: ['types/wasm.d.ts'] },
  browser: { options: { lib: ['ES2022', 'DOM', 'DOM.Iterable'] }, more: [] },
};

/** Hosts whose rooms those of `host` import. */
function referencesOf(host) {
  const imported = foldersOf(host).flatMap((room) => ROOMS[room].rooms ?? []);
  return [...new Set(imported.map((room) => ROOMS[room].host ?? 'core'))].filter((other) => other !== host);
}

/** File name and text of every project of src/. */
export function tsconfigs() {
  const made = Object.entries(COMPILER).map(async ([host, { comment, options, more }]) => {
    const inside = (room) => `${room.slice('src/'.length)}/**/*.ts`;
    const core = host === 'core';
    const config = {
      extends: '../tsconfig.base.json',
      compilerOptions: { ...options, tsBuildInfoFile: `../dist/.tsbuildinfo/${host}` },
      include: [...(core ? ['**/*.ts'] : outermost(foldersOf(host)).map(inside)), ...more],
      exclude: ['**/*.test.ts', ...(core ? HOSTED.map((room) => room.slice('src/'.length)) : [])],
      ...(core ? {} : { references: referencesOf(host).map((other) => ({ path: `./tsconfig.${other}.json` })) }),
    };
    const text = `// Made by scripts/walls.js.${comment === undefined ? '' : ` ${comment}`}\n${JSON.stringify(config)}`;
    return { file: `src/tsconfig.${host}.json`, text: await format(text, { parser: 'json', printWidth: 140, singleQuote: true }) };
  });
  return Promise.all(made);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of await tsconfigs()) writeFileSync(new URL(file, ROOT), text);
}
