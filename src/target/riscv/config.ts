/**
 * What a RISC-V CPU is made of: XLEN, extensions, virtual memory, ids. `-cpu MODEL,option=value,...` becomes a plain, serialisable CpuConfig.
 * Names and defaults are QEMU's (10.0 for rv64 and rv32).
 */
import { OptionError } from '../../util/errors.js';
import { didYouMean } from '../../util/suggest.js';
import { extensionBits, EXTENSIONS, hasBit, SATP_MODES, type Extension, type ExtensionBits, type SatpMode } from './extensions.js';
import { CPU_MODELS, type CpuModel } from './models.js';
import { BUNDLES, currentName, FIXED_PROPERTIES, IDLE_PROPERTIES, QEMU_EXTENSIONS } from './qemu-properties.js';

export interface CpuConfig {
  readonly model: string;
  readonly xlen: 32 | 64;
  readonly extensions: ExtensionBits;
  /** satp.MODE of the largest mode; 0: bare only. */
  readonly satpMode: number;
  /** PMP entries: 16, or 0 without PMP. */
  readonly pmpCount: number;
  /** Minor version of the privileged architecture: 10 to 13. */
  readonly privVersion: number;
  readonly mvendorid: number;
  readonly marchid: number;
  readonly mimpid: number;
}

export const hasExtension = (config: CpuConfig, bit: number): boolean => hasBit(config.extensions, bit);

/** `rv64,zba=off,sv48=on`. Throws OptionError with one clear line. */
export function parseCpuConfig(text: string): CpuConfig {
  const [name, ...options] = text.split(',');
  const model = CPU_MODELS.find((each) => each.name === name);
  if (model === undefined) {
    const names = CPU_MODELS.map((each) => each.name);
    throw new OptionError(`unable to find CPU model '${name}'${didYouMean(name, names)}`, undefined, names.join(', '));
  }
  const draft = new Draft(model);
  for (const option of options) if (option !== '') draft.set(option);
  return draft.finish();
}

/** A configuration while options are applied to its model's defaults. */
class Draft {
  private readonly enabled: Set<string>;
  private readonly chosen = new Map<string, boolean>();
  /** Names that are parts of others, and whether they are to be there. */
  private readonly implied = new Map<string, boolean>();
  private readonly satp = new Map<string, boolean>();
  private mmu = true;
  private pmp: boolean;
  private readonly ids: { mvendorid: number; marchid: number; mimpid: number };
  private readonly where: string;

  constructor(private readonly model: CpuModel) {
    this.enabled = new Set(model.extensions);
    this.pmp = model.pmp;
    this.ids = { mvendorid: model.mvendorid ?? 0, marchid: model.marchid ?? 0, mimpid: model.mimpid ?? 0 };
    this.where = `-cpu ${model.name}`;
  }

  set(option: string): void {
    const match = /^([^=]+?)(?:=(.*))?$/.exec(option);
    const key = currentName(match?.[1] ?? option);
    const value = match?.[2] ?? 'on';
    if (key in this.ids) this.ids[key as keyof typeof this.ids] = this.number(key, value);
    else if (key === 'mmu') this.mmu = this.flag(key, value);
    else if (key === 'pmp') this.pmp = this.flag(key, value);
    else if (SATP_MODES.some((mode) => mode.name === key)) this.satp.set(key, this.flag(key, value));
    else if (EXTENSIONS.some((extension) => extension.name === key)) this.choose(key, this.flag(key, value));
    else if (ISA_NAMES.some(({ name }) => name === key)) this.implied.set(key, this.flag(key, value));
    else this.setElsewhere(key, value);
  }

  /** A property that QEMU has: all that is not built is off. */
  private setElsewhere(key: string, value: string): void {
    if (IDLE_PROPERTIES.has(key)) return;
    const bundle = BUNDLES[key];
    const fixed = FIXED_PROPERTIES[key];
    if (fixed !== undefined) {
      if (value !== fixed) throw new OptionError(`'${key}=${value}' is not built yet`, this.where, `'${key}=${fixed}'`);
    } else if (bundle !== undefined) {
      // a bundle that is off leaves its parts alone
      if (this.flag(key, value)) for (const name of bundle) this.choose(name, true);
    } else if (QEMU_EXTENSIONS.has(key)) {
      if (this.flag(key, value)) throw new OptionError(`extension '${key}' is not built yet`, this.where, `${key}=off`);
    } else {
      const known = [...EXTENSIONS, ...SATP_MODES].map(({ name }) => name);
      throw new OptionError(`property '${key}' not found${didYouMean(key, [...known, ...QEMU_EXTENSIONS])}`, this.where);
    }
  }

  private choose(name: string, on: boolean): void {
    this.chosen.set(name, on);
    if (on) this.enabled.add(name);
    else this.enabled.delete(name);
  }

  private flag(key: string, value: string): boolean {
    if (value === 'on' || value === 'true' || value === 'yes') return true;
    if (value === 'off' || value === 'false' || value === 'no') return false;
    throw new OptionError(`parameter '${key}' expects 'on' or 'off'`, this.where);
  }

  private number(key: string, value: string): number {
    const number = /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : NaN;
    if (!Number.isSafeInteger(number)) throw new OptionError(`parameter '${key}' expects a number`, this.where);
    return number;
  }

  finish(): CpuConfig {
    for (const extension of EXTENSIONS) if (this.enabled.has(extension.name)) this.checkRequirements(extension);
    const extensions = extensionBits(EXTENSIONS.filter(({ name }) => this.enabled.has(name)));
    const satpMode = this.mmu && this.enabled.has('s') ? this.largestSatpMode() : 0;
    const { name: model, xlen, privVersion = 13 } = this.model;
    const config = { model, xlen, extensions, satpMode, pmpCount: this.pmp ? 16 : 0, privVersion, ...this.ids };
    const names = isaExtensions(config);
    for (const [name, on] of this.implied) {
      if (names.includes(name) !== on)
        throw new OptionError(`extension '${name}' cannot be turned ${on ? 'on' : 'off'} by itself`, this.where);
    }
    return config;
  }

  /** An extension that was asked for needs what it is built on; a default one goes when that was turned off. */
  private checkRequirements(extension: Extension): void {
    for (const needed of extension.requires) {
      if (this.enabled.has(needed)) continue;
      if (this.chosen.get(needed) === false && this.chosen.get(extension.name) !== true && !isLetter(extension)) {
        this.enabled.delete(extension.name);
        return;
      }
      throw new OptionError(`extension ${extension.name} requires ${needed}`, this.where, `${needed}=on or ${extension.name}=off`);
    }
  }

  /** The largest mode that was turned on; else the model's, or the one below the smallest that was turned off. */
  private largestSatpMode(): number {
    const modes = SATP_MODES.filter((mode) => mode.xlen === this.model.xlen);
    for (const key of this.satp.keys()) {
      if (!modes.some((mode) => mode.name === key)) throw new OptionError(`${key} is not a mode of RV${this.model.xlen}`, this.where);
    }
    const on = modes.filter((mode) => this.satp.get(mode.name) === true);
    const largest = on.at(-1) ?? modes.find((mode) => mode.name === this.model.satp);
    const upTo = modes.filter((mode) => mode.mode <= (largest?.mode ?? 0));
    const off = upTo.findIndex((mode) => this.satp.get(mode.name) === false);
    if (off >= 0 && on.length > 0) throw new OptionError(`cannot disable ${upTo[off].name} if ${on.at(-1)?.name} is enabled`, this.where);
    return (off < 0 ? largest : off > 0 ? upTo[off - 1] : undefined)?.mode ?? 0;
  }
}

const isLetter = (extension: Extension): boolean => extension.name.length === 1;

/** `-cpu ?`. */
export function cpuHelp(): string {
  const width = Math.max(...CPU_MODELS.map((model) => model.name.length));
  const models = CPU_MODELS.map((model) => `  ${model.name.padEnd(width)}  ${model.description}`);
  const flags = EXTENSIONS.map((extension) => extension.name);
  return [
    'Available CPUs:',
    ...models,
    '',
    'Options (NAME=on|off):',
    `  ${flags.join(' ')}`,
    `  ${SATP_MODES.map((mode) => mode.name).join(' ')} mmu pmp`,
    'Options (NAME=NUMBER):',
    '  mvendorid marchid mimpid',
    '',
  ].join('\n');
}

/** The names of `riscv,isa-extensions`, in canonical order. */
export function isaExtensions(config: CpuConfig): string[] {
  const has = (name: string): boolean => {
    const extension = EXTENSIONS.find((each) => each.name === name);
    return extension !== undefined && hasExtension(config, extension.bit);
  };
  const names = [...'imafdc'].filter(has);
  for (const { name, when } of ISA_NAMES) if (when === undefined ? has(name) : when(has, config)) names.push(name);
  return names;
}

/** `riscv,isa`: rv64imafdc_zicbom_... */
export function isaString(config: CpuConfig): string {
  const names = isaExtensions(config);
  const letters = names.filter((name) => name.length === 1).join('');
  return [`rv${config.xlen}${letters}`, ...names.filter((name) => name.length > 1)].join('_');
}

/** `mmu-type`, or undefined for a CPU without paging. */
export function mmuType(config: CpuConfig): string | undefined {
  const mode: SatpMode | undefined = SATP_MODES.find((each) => each.mode === config.satpMode);
  return mode && `riscv,${mode.name}`;
}

/** misa: MXL and the letters (privileged ISA manual, "Machine ISA (misa) Register"). */
export const misa = (config: CpuConfig): bigint => BigInt(config.extensions[0] & 0x3ffffff) | (config.xlen === 32 ? 1n << 30n : 2n << 62n);

type Has = (name: string) => boolean;
const always = (): boolean => true;
const withS = (has: Has): boolean => has('s');

/**
 * Multi-letter names of the ISA string in QEMU's (canonical) order. Those with a condition are no options of their own: parts of letters, and
 * facts about any wemu CPU (64-byte cache blocks, misaligned accesses work, hints do nothing, ...).
 */
// prettier-ignore
const ISA_NAMES: readonly { readonly name: string; readonly when?: (has: Has, config: CpuConfig) => boolean }[] = [
  { name: 'zic64b', when: (has) => has('zicbom') || has('zicboz') || has('zicbop') },
  { name: 'zicbom' }, { name: 'zicbop' }, { name: 'zicboz' },
  { name: 'ziccamoa', when: (has) => has('a') }, { name: 'ziccif', when: always }, { name: 'zicclsm', when: always }, { name: 'ziccrse', when: (has) => has('a') },
  { name: 'zicond' }, { name: 'zicntr' }, { name: 'zicsr' }, { name: 'zifencei' },
  { name: 'zihintntl', when: always }, { name: 'zihintpause', when: always }, { name: 'zihpm' },
  { name: 'zmmul', when: (has) => has('m') },
  { name: 'za64rs', when: (has) => has('a') }, { name: 'zaamo', when: (has) => has('a') }, { name: 'zalrsc', when: (has) => has('a') },
  { name: 'zawrs' }, { name: 'zfa' }, { name: 'zfh' }, { name: 'zfhmin', when: (has) => has('zfhmin') || has('zfh') },
  { name: 'zca', when: (has) => has('c') },
  { name: 'zcf', when: (has, config) => has('c') && has('f') && config.xlen === 32 }, { name: 'zcd', when: (has) => has('c') && has('d') },
  { name: 'zba' }, { name: 'zbb' }, { name: 'zbc' }, { name: 'zbkb' }, { name: 'zbkx' }, { name: 'zbs' },
  { name: 'smaia' }, { name: 'smcdeleg' }, { name: 'smcntrpmf' }, { name: 'smcsrind' }, { name: 'smdbltrp' }, { name: 'smepmp' }, { name: 'smrnmi' },
  { name: 'smmpm' }, { name: 'smnpm' }, { name: 'smstateen' }, { name: 'ssaia' }, { name: 'ssccfg' },
  { name: 'ssccptr', when: withS }, { name: 'sscofpmf' }, { name: 'sscounterenw', when: withS }, { name: 'sscsrind' }, { name: 'ssdbltrp' }, { name: 'ssnpm' },
  { name: 'ssstateen', when: (has) => has('smstateen') && has('s') }, { name: 'sstc' }, { name: 'sstvala', when: withS }, { name: 'sstvecd', when: withS },
  { name: 'ssu64xl', when: (has, config) => has('s') && config.xlen === 64 },
  { name: 'svadu' }, { name: 'svinval' }, { name: 'svnapot' }, { name: 'svpbmt' }, { name: 'svvptc', when: withS },
];
