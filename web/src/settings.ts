/** What a person has chosen, as the page's address has it: a link opens the same machine. */

export const PRESETS = ['debian', 'embedded', 'own'] as const;
export type Preset = (typeof PRESETS)[number];

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
} as const;
export type Role = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as Role[];

export const MEMORY_SIZES = ['64M', '128M', '256M', '512M', '1G', '2G'] as const;

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
  ...{ preset: 'debian', board: 'virt', memory: '256M', cpu: '', smp: '1', append: '', strategy: 'tiers' },
  ...{ urls: {}, saved: '', tab: 'terminal', run: false },
};

const TEXTS = ['board', 'memory', 'cpu', 'smp', 'append', 'saved'] as const;
const oneOf = <T extends string>(list: readonly T[], value: string | null, otherwise: T): T =>
  list.find((each) => each === value) ?? otherwise;

/** What is not understood is left at its default. */
export function readAddress(search: string): Settings {
  const query = new URLSearchParams(search);
  const texts = Object.fromEntries(TEXTS.map((name) => [name, query.get(name) ?? DEFAULTS[name]]));
  const urls = Object.fromEntries(ROLE_NAMES.flatMap((role) => (query.get(role) ? [[role, query.get(role)!]] : [])));
  return {
    ...DEFAULTS,
    ...texts,
    urls,
    preset: oneOf(PRESETS, query.get('machine'), Object.keys(urls).length > 0 ? 'own' : DEFAULTS.preset),
    strategy: oneOf(Object.keys(STRATEGIES) as Strategy[], query.get('strategy'), DEFAULTS.strategy),
    tab: oneOf(TABS, query.get('tab'), DEFAULTS.tab),
    run: query.get('run') === '1',
  };
}

/** Only what differs from the default. */
export function writeAddress(settings: Settings): string {
  const query = new URLSearchParams({ machine: settings.preset });
  for (const name of [...TEXTS, 'strategy', 'tab'] as const) if (settings[name] !== DEFAULTS[name]) query.set(name, settings[name]);
  for (const [role, url] of Object.entries(settings.urls)) if (url) query.set(role, url);
  if (settings.run) query.set('run', '1');
  return `?${query.toString()}`;
}
