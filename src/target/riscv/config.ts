/**
 * What a RISC-V CPU is made of: XLEN, extensions, virtual memory, ids. `-cpu MODEL,option=value,...` becomes a plain, serialisable CpuConfig.
 * Names and defaults are QEMU's (10.0 for rv64 and rv32).
 */
import { OptionError, UnknownCpuModel } from '../../util/errors.js';
import { didYouMean } from '../../util/suggest.js';
import {
  BY_NAME,
  CONFLICTS,
  extensionBits,
  EXTENSIONS,
  hasBit,
  SATP_MODES,
  withImplied,
  type Extension,
  type ExtensionBits,
  type SatpMode,
} from './extensions.js';
import { CPU_MODELS, PRIV_VERSION_LATEST, type CpuModel } from './models.js';
import { PROFILES, type Profile } from './profiles.js';
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

/** `rv64,zba=off,sv48=on`. Throws OptionError with one clear line. `warn` hears of what was asked for and is not there. */
export function parseCpuConfig(text: string, warn: (text: string) => void = () => undefined): CpuConfig {
  const [name, ...options] = text.split(',');
  const profile = PROFILES.find((each) => each.name === name);
  const model = CPU_MODELS.find((each) => each.name === (profile === undefined ? name : PROFILE_MODEL));
  if (model === undefined) {
    const names = [...CPU_MODELS, ...PROFILES].map((each) => each.name);
    throw new UnknownCpuModel(name, didYouMean(name, names), undefined, names.join(', '));
  }
  const draft = new Draft({ ...model, name }, warn);
  if (profile !== undefined) draft.setProfile(profile, true);
  for (const option of options) if (option !== '') draft.set(option);
  return draft.finish();
}

/** What a profile as a CPU is made from. */
const PROFILE_MODEL = 'rv64i';

/** A configuration while options are applied to its model's defaults. */
class Draft {
  private readonly enabled: Set<string>;
  /** What was turned on and off, by name or as part of a profile. */
  private readonly chosen = new Map<string, boolean>();
  /** What came with something else: no older version of the privileged architecture takes it away. */
  private readonly parts = new Set<string>();
  /** Facts that have a name, and whether they are to be true. */
  private readonly implied = new Map<string, boolean>();
  private readonly satp = new Map<string, boolean>();
  private mmu = true;
  private pmp: boolean;
  private privVersion: number;
  private privSpec: number | undefined;
  private readonly ids: { mvendorid: number; marchid: number; mimpid: number };
  private readonly where: string;

  constructor(
    private readonly model: CpuModel,
    private readonly warn: (text: string) => void,
  ) {
    this.enabled = new Set(model.extensions);
    this.pmp = model.pmp;
    this.privVersion = model.privVersion ?? PRIV_VERSION_LATEST;
    this.ids = { mvendorid: model.mvendorid ?? 0, marchid: model.marchid ?? 0, mimpid: model.mimpid ?? 0 };
    this.where = `-cpu ${model.name}`;
  }

  set(option: string): void {
    const match = /^([^=]+?)(?:=(.*))?$/.exec(option);
    const key = currentName(match?.[1] ?? option);
    const value = match?.[2] ?? 'on';
    const profile = PROFILES.find((each) => each.name === key);
    if (key in this.ids) this.ids[key as keyof typeof this.ids] = this.number(key, value);
    else if (key === 'mmu') this.mmu = this.flag(key, value);
    else if (key === 'pmp') this.pmp = this.flag(key, value);
    else if (key === 'priv_spec') this.privSpec = this.specVersion(value);
    else if (profile !== undefined) this.setProfile(profile, this.flag(key, value));
    else if (SATP_MODES.some((mode) => mode.name === key)) this.satp.set(key, this.flag(key, value));
    else if (EXTENSIONS.some((extension) => extension.name === key)) this.choose(key, this.flag(key, value));
    else if (ISA_NAMES.some(({ name }) => name === key)) this.implied.set(key, this.flag(key, value));
    else this.setElsewhere(key, value);
  }

  /** A property that QEMU has: all that is not built is off. */
  private setElsewhere(key: string, value: string): void {
    if (Object.hasOwn(IDLE_PROPERTIES, key)) return this.checkIdle(key, value);
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
      const known = [...EXTENSIONS, ...SATP_MODES, ...PROFILES].map(({ name }) => name);
      throw new OptionError(`property '${key}' not found${didYouMean(key, [...known, ...QEMU_EXTENSIONS])}`, this.where);
    }
  }

  private checkIdle(key: string, value: string): void {
    const kind = IDLE_PROPERTIES[key];
    if (kind === 'bool') this.flag(key, value);
    else if (kind === 'power of 2') {
      const number = this.number(key, value);
      if (!Number.isInteger(Math.log2(number))) throw new OptionError(`'${key}=${value}' is no power of 2`, this.where);
    } else if (value !== kind) throw new OptionError(`unsupported vector spec version '${value}'`, this.where, kind);
  }

  /** Turns all of a profile on or off; the base instructions stay. */
  setProfile(profile: Profile, on: boolean): void {
    const { name, parent, missing, extensions, satp, privVersion } = profile;
    if (this.model.xlen !== 64) throw new OptionError(`profile ${name} is for 64-bit CPUs only`, this.where);
    if (this.model.isVendor) throw new OptionError(`profile ${name} is not available for vendor CPUs`, this.where);
    if (on && missing !== undefined)
      throw new OptionError(`profile '${name}' is not built yet: it needs ${missing}`, this.where, `${name}=off`);
    if (parent !== undefined)
      this.setProfile(
        PROFILES.find((each) => each.name === parent)!,
        on,
      );
    if (on && privVersion !== undefined) this.privVersion = privVersion;
    for (const each of extensions) if (on || each !== 'i') this.choose(each, on);
    if (satp !== undefined) this.satp.set(satp, on);
  }

  private choose(name: string, on: boolean): void {
    this.chosen.set(name, on);
    if (!on) return void this.enabled.delete(name);
    if (this.model.isVendor && !this.enabled.has(name)) throw new OptionError('this CPU does not allow enabling extensions', this.where);
    this.enabled.add(name);
    this.privVersion = Math.max(this.privVersion, sinceOf(name));
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

  private specVersion(value: string): number {
    const version = PRIV_SPECS.indexOf(value) + PRIV_VERSION_FIRST;
    if (version < PRIV_VERSION_FIRST)
      throw new OptionError(`unsupported privilege spec version '${value}'`, this.where, PRIV_SPECS.join(', '));
    if (this.model.isVendor && version !== this.privVersion)
      throw new OptionError("this CPU does not allow changing 'priv_spec'", this.where);
    return version;
  }

  finish(): CpuConfig {
    const privVersion = this.privSpec ?? this.privVersion;
    this.addImplied();
    this.dropNewerThan(privVersion);
    for (const extension of EXTENSIONS) if (this.enabled.has(extension.name)) this.checkRequirements(extension);
    this.checkConflicts();
    if (!this.pmp && this.enabled.has('smepmp')) throw new OptionError('extension smepmp requires pmp', this.where, 'pmp=on or smepmp=off');
    const extensions = extensionBits(EXTENSIONS.filter(({ name }) => this.enabled.has(name)));
    const satpMode = this.mmu && this.enabled.has('s') ? this.largestSatpMode() : 0;
    const { name: model, xlen } = this.model;
    const config = { model, xlen, extensions, satpMode, pmpCount: this.pmp ? 16 : 0, privVersion, ...this.ids };
    const names = isaExtensions(config);
    for (const [name, on] of this.implied) {
      if (names.includes(name) !== on)
        throw new OptionError(`extension '${name}' cannot be turned ${on ? 'on' : 'off'} by itself`, this.where);
    }
    return config;
  }

  /** Turns on what comes with what is on, unless it was turned off. */
  private addImplied(): void {
    for (const name of withImplied(this.enabled, this.model.xlen, (each) => this.chosen.get(each) === false)) {
      if (!this.enabled.has(name)) this.parts.add(name);
      this.enabled.add(name);
    }
  }

  private dropNewerThan(version: number): void {
    for (const { name, since } of EXTENSIONS) {
      if (since <= version || this.parts.has(name) || !this.enabled.delete(name)) continue;
      this.warn(`disabling ${name} extension because privilege spec version does not match`);
    }
  }

  /** An extension that was asked for needs what it is built on; a default one goes when that was turned off. */
  private checkRequirements(extension: Extension): void {
    for (const needed of extension.requires) {
      if (this.enabled.has(needed)) continue;
      const isDefault = this.chosen.get(extension.name) !== true && !this.parts.has(extension.name) && !isLetter(extension);
      if (isDefault) return void this.enabled.delete(extension.name);
      throw new OptionError(`extension ${extension.name} requires ${needed}`, this.where, `${needed}=on or ${extension.name}=off`);
    }
  }

  private checkConflicts(): void {
    if (this.enabled.has('zicfiss') && this.enabled.has('zca') && !this.enabled.has('zcmop'))
      throw new OptionError('extension zicfiss with zca requires zcmop', this.where, 'zcmop=on');
    for (const [name, other] of CONFLICTS) {
      if (this.enabled.has(name) && this.enabled.has(other))
        throw new OptionError(`extension ${name} is incompatible with ${other}, which c and d have`, this.where, `${other}=off`);
    }
    if (this.enabled.has('zcf') && this.model.xlen === 64)
      throw new OptionError('extension zcf is only relevant to RV32', this.where, 'zcf=off');
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
const sinceOf = (name: string): number => BY_NAME.get(name)?.since ?? 0;

/** In ascending order of minor versions, from PRIV_VERSION_FIRST on. */
const PRIV_SPECS = ['v1.10.0', 'v1.11.0', 'v1.12.0', 'v1.13.0'];
const PRIV_VERSION_FIRST = 10;

/** `-cpu ?`. */
export function cpuHelp(): string {
  const profiles = PROFILES.filter(({ missing }) => missing === undefined).map(({ name }) => ({
    name,
    description: `64-bit CPU with what the profile ${name.toUpperCase()} asks for, and no more`,
  }));
  const all = [...CPU_MODELS, ...profiles];
  const width = Math.max(...all.map((model) => model.name.length));
  const models = all.map((model) => `  ${model.name.padEnd(width)}  ${model.description}`);
  const flags = EXTENSIONS.map((extension) => extension.name);
  return [
    'Available CPUs:',
    ...models,
    '',
    'Options (NAME=on|off):',
    `  ${flags.join(' ')}`,
    `  ${SATP_MODES.map((mode) => mode.name).join(' ')} mmu pmp`,
    `  ${profiles.map(({ name }) => name).join(' ')}: all that they have`,
    'Options (NAME=NUMBER):',
    '  mvendorid marchid mimpid',
    `Version of the privileged architecture: priv_spec=${PRIV_SPECS.join('|')}`,
    '',
  ].join('\n');
}

/** The names of `riscv,isa-extensions`, in canonical order. */
export function isaExtensions(config: CpuConfig): string[] {
  const has: Has = (name) => {
    const extension = BY_NAME.get(name);
    return extension !== undefined && hasExtension(config, extension.bit);
  };
  const isListed = ({ name, when, since = sinceOf(name) }: IsaName): boolean =>
    since <= config.privVersion && (when === undefined ? has(name) : when(has, config));
  return [...[...'imafdcb'].filter(has), ...ISA_NAMES.filter(isListed).map(({ name }) => name)];
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

interface IsaName {
  readonly name: string;
  readonly when?: (has: Has, config: CpuConfig) => boolean;
  /** Minor version of the privileged architecture from which on it is listed; of an extension, that of its row. */
  readonly since?: number;
}

/**
 * Multi-letter names of the ISA string in QEMU's (canonical) order. Those with a condition are no options of their own: facts about any wemu CPU
 * (64-byte cache blocks, misaligned accesses work, hints do nothing, ...).
 */
// prettier-ignore
const ISA_NAMES: readonly IsaName[] = [
  { name: 'zic64b', when: always, since: 12 },
  { name: 'zicbom' }, { name: 'zicbop' }, { name: 'zicboz' },
  { name: 'ziccamoa', when: always, since: 11 }, { name: 'ziccif', when: always, since: 11 }, { name: 'zicclsm', when: always, since: 11 },
  { name: 'ziccrse', when: always, since: 11 },
  { name: 'zicfilp' }, { name: 'zicfiss' }, { name: 'zicond' }, { name: 'zicntr' }, { name: 'zicsr' }, { name: 'zifencei' },
  { name: 'zihintntl' }, { name: 'zihintpause' }, { name: 'zihpm' }, { name: 'zimop' }, { name: 'zmmul' },
  { name: 'za64rs', when: always, since: 12 }, { name: 'zaamo' }, { name: 'zabha' }, { name: 'zacas' }, { name: 'zama16b' }, { name: 'zalrsc' }, { name: 'zawrs' },
  { name: 'zfa' }, { name: 'zfbfmin' }, { name: 'zfh' }, { name: 'zfhmin' },
  { name: 'zca' }, { name: 'zcb' }, { name: 'zcf' }, { name: 'zcd' }, { name: 'zce' }, { name: 'zcmop' }, { name: 'zcmp' }, { name: 'zcmt' },
  { name: 'zba' }, { name: 'zbb' }, { name: 'zbc' }, { name: 'zbkb' }, { name: 'zbkc' }, { name: 'zbkx' }, { name: 'zbs' },
  { name: 'zk' }, { name: 'zkn' }, { name: 'zknd' }, { name: 'zkne' }, { name: 'zknh' }, { name: 'zkr' }, { name: 'zks' }, { name: 'zksed' }, { name: 'zksh' }, { name: 'zkt' }, { name: 'ztso' },
  { name: 'smaia' }, { name: 'smcdeleg' }, { name: 'smcntrpmf' }, { name: 'smcsrind' }, { name: 'smdbltrp' }, { name: 'smepmp' }, { name: 'smrnmi' },
  { name: 'smmpm' }, { name: 'smnpm' }, { name: 'smstateen' }, { name: 'ssaia' }, { name: 'ssccfg' },
  { name: 'ssccptr', when: always, since: 11 }, { name: 'sscofpmf' }, { name: 'sscounterenw', when: always, since: 12 }, { name: 'sscsrind' },
  { name: 'ssdbltrp' }, { name: 'ssnpm' }, { name: 'sspm' }, { name: 'ssstateen', when: (has) => has('smstateen') && has('s'), since: 12 }, { name: 'sstc' },
  { name: 'sstvala', when: always, since: 12 }, { name: 'sstvecd', when: always, since: 12 }, { name: 'ssu64xl', when: (_, { xlen }) => xlen === 64, since: 12 }, { name: 'supm' },
  { name: 'svade' }, { name: 'svadu' }, { name: 'svinval' }, { name: 'svnapot' }, { name: 'svpbmt' }, { name: 'svvptc' },
];
