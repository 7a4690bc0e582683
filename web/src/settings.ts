/** What a person has chosen, as the page's address has it: a link opens the same machine. */

/** Machines to choose from, what to call them, and the memory that they have unless one says otherwise. `bare`: one CPU, and nothing reads a command line. */
export const PRESETS = {
  debian: { label: 'Debian Linux (riscv64)', memory: '256M', bare: false },
  embedded: { label: "Embedded guest: wemu's own test programs", memory: '256M', bare: false },
  cpiom: { label: 'CPIOM: an avionics module (PowerPC), with firmware of its own', memory: '64M', bare: true },
  '40p': { label: 'IBM RS/6000 40p (PowerPC), with your OpenBIOS', memory: '128M', bare: true },
  own: { label: 'Your own files', memory: '256M', bare: false },
} as const;
export type Preset = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as Preset[];

export const TABS = ['terminal', 'monitor', 'debugger', 'code', 'statistics'] as const;
export type Tab = (typeof TABS)[number];

/** How guest code is run: the engine's options, and what to call it. */
export const STRATEGIES = {
  tiers: { label: 'Interpreter first, then generated code', engine: {} },
  interpreter: { label: 'Interpreter only', engine: { backend: 'tci' } },
  blocks: { label: 'A function for each block', engine: { tuning: { regionTbs: 1 } } },
  sync: { label: 'Generated code for everything, at once', engine: { sync: true, hotThreshold: 1 } },
} as const;
export type Strategy = keyof typeof STRATEGIES;

/** Images: each has its own place in the form and in the address. */
export const ROLES = {
  kernel: 'Kernel or ELF file',
  initrd: 'Initial RAM disk',
  bios: 'Firmware',
  dtb: 'Device tree',
  drive: 'Disk',
  snapshot: 'Snapshot',
  'flash-code': 'Code flash (64 MiB, firmware in its last one)',
  'flash-data': 'Data flash (8 MiB)',
  eeprom: 'EEPROM (64 KiB)',
} as const;
export type Role = keyof typeof ROLES;
const ROLE_NAMES = Object.keys(ROLES) as Role[];
/** Parts of the CPIOM: the rest are any machine's. */
export const CPIOM_ROLES = ['flash-code', 'flash-data', 'eeprom'] as const satisfies readonly Role[];
export const OWN_ROLES = ROLE_NAMES.filter((role) => !CPIOM_ROLES.some((part) => part === role));

export const MEMORY_SIZES = ['32M', '64M', '128M', '256M', '512M', '1G', '2G'] as const;

export interface Settings {
  readonly preset: Preset;
  readonly board: string;
  readonly memory: string;
  readonly cpu: string;
  readonly smp: string;
  readonly append: string;
  readonly strategy: Strategy;
  /** URLs of images of one's own. */
  readonly urls: Partial<Record<Role, string>>;
  /** A snapshot that this site keeps: the machine goes on from there. */
  readonly saved: string;
  readonly tab: Tab;
  /** Start as soon as the page is open. */
  readonly run: boolean;
}

export const DEFAULTS: Settings = {
  ...{ preset: 'debian', board: 'virt', memory: PRESETS.debian.memory, cpu: '', smp: '1', append: '', strategy: 'tiers' },
  ...{ urls: {}, saved: '', tab: 'terminal', run: false },
};

const TEXTS = ['board', 'memory', 'cpu', 'smp', 'append', 'saved'] as const;
const oneOf = <T extends string>(list: readonly T[], value: string | null, otherwise: T): T =>
  list.find((each) => each === value) ?? otherwise;

/** What is not understood is left at its default. */
export function readAddress(search: string): Settings {
  const query = new URLSearchParams(search);
  const texts = Object.fromEntries(TEXTS.flatMap((name) => (query.has(name) ? [[name, query.get(name)!]] : [])));
  const urls = Object.fromEntries(ROLE_NAMES.flatMap((role) => (query.get(role) ? [[role, query.get(role)!]] : [])));
  const preset = oneOf(PRESET_NAMES, query.get('machine'), Object.keys(urls).length > 0 ? 'own' : DEFAULTS.preset);
  return {
    ...DEFAULTS,
    memory: PRESETS[preset].memory,
    ...texts,
    urls,
    preset,
    strategy: oneOf(Object.keys(STRATEGIES) as Strategy[], query.get('strategy'), DEFAULTS.strategy),
    tab: oneOf(TABS, query.get('tab'), DEFAULTS.tab),
    run: query.get('run') === '1',
  };
}

/** Only what differs from the default. */
export function writeAddress(settings: Settings): string {
  const query = new URLSearchParams({ machine: settings.preset });
  const defaults = { ...DEFAULTS, memory: PRESETS[settings.preset].memory };
  for (const name of [...TEXTS, 'strategy', 'tab'] as const) if (settings[name] !== defaults[name]) query.set(name, settings[name]);
  for (const [role, url] of Object.entries(settings.urls)) if (url) query.set(role, url);
  if (settings.run) query.set('run', '1');
  return `?${query.toString()}`;
}
