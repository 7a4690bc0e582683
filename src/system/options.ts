/** What the values of QEMU's options mean. */
import {
  PANIC_ACTIONS,
  REBOOT_ACTIONS,
  SHUTDOWN_ACTIONS,
  WATCHDOG_ACTIONS,
  type Actions,
  type WatchdogAction,
} from '../hw/core/actions.js';
import { FIRST_SHIFT, MAX_SHIFT, type IcountOptions } from '../hw/core/clock.js';
import { RTC_CLOCKS, type CpuTopology, type RtcClock } from '../hw/core/machine-config.js';
import { parseOptions, type OptionList } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';
import { formatSize, MiB } from '../util/size.js';
import { isUuid } from '../util/uuid.js';

/**
 * `-m 512`, `-m 1G`, `-m size=2G,slots=2,maxmem=4G`: bytes; a bare number is MiB. Undefined: the machine's default (`-m 0`).
 * There is no memory to plug in, so `slots` and `maxmem` only have to make sense.
 */
export function parseMemory(text: string): number | undefined {
  const list = parseOptions('-m', text, 'size');
  const size = list.size('size', MiB) ?? 0;
  const typed = list.string('size');
  // QEMU puts an M behind it, and then it is no number.
  if (typed !== undefined && /^0x[0-9a-f]+$/i.test(typed)) throw new OptionError(`invalid size '${typed}'`, list.where, 'a decimal number');
  const slots = list.integer('slots', 0, 256);
  const maxmem = list.size('maxmem');
  list.finish();
  if (maxmem === undefined && slots) throw new OptionError('slots specified but no max-size', list.where);
  if (maxmem !== undefined && maxmem < size)
    throw new OptionError(`maxmem (${formatSize(maxmem)}) is below the size (${formatSize(size)})`, list.where);
  return size === 0 ? undefined : size;
}

/** Levels of the CPU topology that no board has, from the outermost in: they may be 1. */
const UNSUPPORTED_LEVELS = ['drawers', 'books', 'dies', 'clusters', 'modules'];

/** How many CPUs there are, how many there could be, and where these would be. */
export interface CpuCount {
  readonly cpus: number;
  readonly maxCpus: number;
  readonly topology: CpuTopology;
}

/**
 * `-smp 4`, `-smp cpus=4,maxcpus=4,sockets=1,cores=4,threads=1`. The topology must fit, and what is missing of it is made up as QEMU does: cores
 * before sockets before threads.
 */
export function parseSmp(text: string): CpuCount {
  const list = parseOptions('-smp', text, 'cpus');
  const bad = (why: string): OptionError => new OptionError(`Invalid CPU topology: ${why}`, list.where);
  const part = (key: string): number => {
    const value = list.integer(key, 0, 0x7fff_ffff);
    if (value === 0) throw bad('CPU topology parameters must be greater than zero');
    return value ?? 0;
  };
  const cpus = part('cpus');
  let maxcpus = part('maxcpus');
  let [sockets, cores, threads] = [part('sockets'), part('cores'), part('threads')];
  for (const level of UNSUPPORTED_LEVELS)
    if (part(level) > 1) throw new OptionError(`${level} > 1 not supported by this machine's CPU topology`, list.where);
  list.finish();
  if (cpus === 0 && maxcpus === 0) [sockets, cores, threads] = [sockets || 1, cores || 1, threads || 1];
  else {
    maxcpus ||= cpus;
    if (cores === 0) {
      sockets ||= 1;
      threads ||= 1;
      cores = Math.floor(maxcpus / (sockets * threads));
    } else if (sockets === 0) {
      threads ||= 1;
      sockets = Math.floor(maxcpus / (cores * threads));
    }
    threads ||= Math.floor(maxcpus / (sockets * cores));
  }
  const product = sockets * cores * threads;
  maxcpus ||= product;
  const hierarchy = `sockets (${sockets}) * cores (${cores}) * threads (${threads})`;
  if (product !== maxcpus) throw bad(`product of the hierarchy must match maxcpus: ${hierarchy} != maxcpus (${maxcpus})`);
  if (maxcpus < cpus) throw bad(`maxcpus must be equal to or greater than smp: ${hierarchy} == maxcpus (${maxcpus}) < smp_cpus (${cpus})`);
  return { cpus: cpus || maxcpus, maxCpus: maxcpus, topology: { sockets, cores, threads } };
}

export interface GlobalProperty {
  driver: string;
  property: string;
  value: string;
}

/** `-global driver.property=value` or `-global driver=d,property=p,value=v`. */
export function parseGlobal(text: string): GlobalProperty {
  // The dot before the property is the last one before '=': driver names have dots themselves.
  const short = /^([^=,]+)\.([^=.,]+)=(.*)$/s.exec(text);
  if (short) return { driver: short[1], property: short[2], value: short[3] };
  const list = parseOptions('-global', text);
  if (['driver', 'property', 'value'].some((key) => !list.has(key)))
    throw new OptionError("options 'driver', 'property', and 'value' are required", list.where);
  const global = { driver: list.required('driver'), property: list.required('property'), value: list.required('value') };
  list.finish();
  return global;
}

/**
 * `-icount shift=N|auto,align=on|off,sleep=on|off,rr=record|replay,rrfile=F,rrsnapshot=NAME`: an instruction takes 2^shift ns. Undefined: without `shift`
 * there is none, as in QEMU. Unlike there, idle time is skipped unless something is said of `sleep`.
 */
export function parseIcount(text: string): IcountOptions | undefined {
  const list = parseOptions('-icount', text, 'shift');
  const auto = list.string('shift') === 'auto' || undefined;
  const shift = auto ? FIRST_SHIFT : list.integer('shift', 0, MAX_SHIFT);
  const [align, sleep] = [list.bool('align'), list.bool('sleep')];
  const rr = list.enumeration('rr', ['record', 'replay'] as const);
  const rrfile = list.string('rrfile');
  const rrsnapshot = list.string('rrsnapshot');
  list.finish();
  const icount = shift === undefined ? undefined : { shift, auto, align, sleep, rr, rrfile, rrsnapshot };
  if (align && !icount) throw new OptionError('Please specify shift option when using align', list.where);
  if (rr && !icount) throw new OptionError('Please specify shift option when using record/replay', list.where);
  if (icount) checkIcount(icount, list.where);
  return icount && plain(icount);
}

/** What does not go together. @throws OptionError */
export function checkIcount({ auto, align, sleep, rr, rrfile, rrsnapshot }: IcountOptions, where: string): void {
  if (align && auto) throw new OptionError('shift=auto and align=on are incompatible', where);
  if (auto && sleep === false) throw new OptionError('shift=auto and sleep=off are incompatible', where);
  if (align && sleep === false) throw new OptionError('align=on and sleep=off are incompatible', where);
  if (rr && !rrfile) throw new OptionError('File name not specified for replay', where, 'rrfile=FILE');
  if (!rr && (rrfile ?? rrsnapshot) !== undefined)
    throw new OptionError("'rrfile' and 'rrsnapshot' are for rr=record and rr=replay", where);
}

/** Without what is undefined. */
const plain = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

export interface RtcOptions {
  /** Ms since 1970 UTC; undefined: now. */
  readonly baseMs?: number;
  readonly clock?: RtcClock;
  readonly driftfix?: 'none' | 'slew';
}

/**
 * `-rtc base=utc|localtime|DATE,clock=host|rt|vm`; driftfix is for PCs. `now`: ms since 1970 UTC; `zoneMinutes`: of local time, west of UTC
 * (Date.prototype.getTimezoneOffset).
 */
export function parseRtc(text: string, now = Date.now(), zoneMinutes = new Date(now).getTimezoneOffset()): RtcOptions {
  const list = parseOptions('-rtc', text, 'base');
  const base = list.string('base') ?? 'utc';
  const clock = list.enumeration('clock', Object.keys(RTC_CLOCKS) as RtcClock[]);
  const driftfix = list.enumeration('driftfix', ['none', 'slew']);
  list.finish();
  if (base === 'utc') return { clock, driftfix };
  if (base === 'localtime') return { clock, driftfix, baseMs: now - zoneMinutes * 60_000 };
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/.test(base) ? Date.parse(base.includes('T') ? `${base}Z` : base) : NaN;
  if (Number.isNaN(ms)) throw new OptionError(`invalid base '${base}'`, list.where, "'utc', 'localtime' or YYYY-MM-DDThh:mm:ss");
  return { clock, driftfix, baseMs: ms };
}

/** `-action reboot=shutdown,shutdown=pause,panic=none,watchdog=reset`, as often as it is given. */
export function parseActions(texts: readonly string[]): Partial<Actions> {
  const actions: Partial<Actions> = {};
  const set = <Key extends keyof Actions>(list: OptionList, key: Key, values: readonly Actions[Key][]): void => {
    const value = list.enumeration(key, values);
    if (value !== undefined) actions[key] = value;
  };
  for (const text of texts) {
    const list = parseOptions('-action', text);
    set(list, 'reboot', REBOOT_ACTIONS);
    set(list, 'shutdown', SHUTDOWN_ACTIONS);
    set(list, 'panic', PANIC_ACTIONS);
    set(list, 'watchdog', WATCHDOG_ACTIONS);
    list.finish();
  }
  return actions;
}

/** `-watchdog-action`. @throws OptionError */
export function parseWatchdogAction(text: string): WatchdogAction {
  const found = WATCHDOG_ACTIONS.find((each) => each === text);
  if (!found)
    throw new OptionError(
      `Parameter 'watchdog' does not accept value '${text}'`,
      `-watchdog-action ${text}`,
      `one of ${WATCHDOG_ACTIONS.join(', ')}`,
    );
  return found;
}

/** What `-name` says. */
export interface NameChoice {
  readonly guest?: string;
  /** Of the process on its host. */
  readonly process?: string;
}

/** `-name [guest=]NAME[,process=NAME][,debug-threads=on|off]`, as often as it is given. */
export function parseName(texts: readonly string[]): NameChoice {
  let choice: NameChoice = {};
  for (const text of texts) {
    const list = parseOptions('-name', text, 'guest');
    choice = { guest: list.string('guest') ?? choice.guest, process: list.string('process') ?? choice.process };
    list.bool('debug-threads'); // threads have names as it is
    list.finish();
  }
  return choice;
}

/** `-msg`; the guest's name is that of `-name`, if it is wanted. @throws OptionError */
export function parseMessages(texts: readonly string[], names: readonly string[]): { timestamp: boolean; guestName?: string } {
  let timestamp = false;
  let wantsName = false;
  for (const text of texts) {
    const list = parseOptions('-msg', text);
    timestamp = list.bool('timestamp') ?? timestamp;
    wantsName = list.bool('guest-name') ?? wantsName;
    list.finish();
  }
  return { timestamp, guestName: wantsName ? parseName(names).guest : undefined };
}

/** `-uuid`. @throws OptionError */
export function parseUuid(text: string): string {
  if (!isUuid(text)) throw new OptionError('failed to parse UUID string: wrong format', `-uuid ${text}`, '8-4-4-4-12 hexadecimal digits');
  return text.toLowerCase();
}

/** What `-semihosting` and `-semihosting-config` say. */
export interface SemihostingChoice {
  readonly userspace: boolean;
  /** `arg=`, in order. */
  readonly args: readonly string[];
  /** `chardev=`: an id. */
  readonly chardev?: string;
  /** `root=`, ours: the folder whose files the guest may have. */
  readonly root?: string;
}

/**
 * `-semihosting`, `-semihosting-config enable=on|off,target=native|gdb|auto,chardev=ID,arg=TEXT,...,userspace=on|off,root=FOLDER`, as often as it is
 * given: later values win, and arguments add up. Undefined: off. Without a debugger, `auto` is `native`.
 */
export function parseSemihosting(enabled: boolean, texts: readonly string[]): SemihostingChoice | undefined {
  let choice: SemihostingChoice = { userspace: false, args: [] };
  for (const text of texts) {
    const list = parseOptions('-semihosting-config', text, 'enable');
    enabled = list.bool('enable') ?? true;
    const target = list.enumeration('target', ['native', 'gdb', 'auto']);
    choice = {
      userspace: list.bool('userspace') ?? choice.userspace,
      args: [...choice.args, ...list.all('arg')],
      chardev: list.string('chardev') ?? choice.chardev,
      root: list.string('root') ?? choice.root,
    };
    list.finish();
    if (target === 'gdb') throw new OptionError("target 'gdb' is not built yet", list.where, 'native or auto');
    if (choice.root === '') throw new OptionError('a folder has a name', `${list.where}: root`);
  }
  return enabled ? choice : undefined;
}
