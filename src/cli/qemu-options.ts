/**
 * QEMU's options (those of qemu-system-riscv64 and -ppc 10.0) that wemu takes without effect, or says that it has not: none of them is unknown. Those that
 * do something are in arguments.ts.
 */
import { parseOptions } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';

export interface QemuOption {
  readonly name: string;
  readonly hasArgument: boolean;
  /** Arguments for which it changes nothing here, as in QEMU; undefined: none, or any (where nothing is missing). */
  readonly harmless?: RegExp | Parameters;
  /** What is not built. */
  readonly missing?: string;
}

/** Of an argument that is a list: what each parameter may be, as QEMU spells it, and of that what changes nothing here. */
interface Parameters {
  /** The one whose name may be left out. */
  readonly first?: string;
  readonly values: Readonly<Record<string, readonly [takes: string, harmless?: string]>>;
}

const ANY = /^/;
const row = (name: string, hasArgument: boolean, missing?: string, harmless?: RegExp | Parameters): QemuOption => ({
  name,
  hasArgument,
  missing,
  harmless,
});
/** Not built. */
const flag = (name: string, missing: string): QemuOption => row(name, false, missing);
const value = (name: string, missing: string, harmless?: RegExp | Parameters): QemuOption => row(name, true, missing, harmless);
/** Without effect on any machine that can be made here. */
const idleFlag = (name: string): QemuOption => row(name, false);
const idleValue = (name: string): QemuOption => row(name, true, undefined, ANY);

const ON = 'on|yes|true|y';
const OFF = 'off|no|false|n';
const BOOL = `${ON}|${OFF}`;
const TEXT = '.*';
const ALLOW = 'allow|deny';

// prettier-ignore
export const QEMU_OPTIONS: readonly QemuOption[] = [
  // machine
  value('numa', 'NUMA nodes'),
  value('add-fd', 'file descriptor sets'),
  value('set', 'changing an option that is given elsewhere'),
  idleFlag('mem-prealloc'),
  value('overcommit', 'locked memory and CPU power management', { values: { 'mem-lock': [`${BOOL}|on-fault`, OFF], 'cpu-pm': [BOOL, OFF] } }),
  flag('enable-kvm', 'hardware virtualisation: use -accel tcg'),
  // devices and backends
  value('audio', 'audio', /^(driver=)?none$/),
  value('audiodev', 'audio', /^(driver=)?none,|^\{.*"driver": ?"none".*\}$/),
  value('fda', 'block devices'), value('fdb', 'block devices'),
  value('mtdblock', 'block devices'), value('sd', 'block devices'), value('iscsi', 'block devices'),
  value('fsdev', 'shared folders'), value('virtfs', 'shared folders'),
  idleFlag('usb'),
  value('usbdevice', 'USB'),
  value('netdev', 'networking'), value('nic', 'networking', /^none$/), value('net', 'networking', /^none$/),
  value('debugcon', 'a debug console'),
  value('tpmdev', 'TPM devices'),
  // display
  idleValue('k'),
  idleFlag('full-screen'),
  value('g', 'graphics'), value('vga', 'graphics', /^none$/), value('spice', 'graphics'), value('vnc', 'graphics', /^none$/),
  // boot
  value('shim', 'EFI boot'), value('option-rom', 'option ROMs'), value('prom-env', 'variables of Open Firmware'),
  // control
  flag('preconfig', 'starting before the machine is made (-S starts it paused)'),
  value('incoming', 'migration'), flag('only-migratable', 'migration'),
  value('dump-vmstate', 'the description of the migration stream'),
  value('sandbox', 'a system call filter', { first: 'enable', values: {
    enable: [BOOL, OFF],
    obsolete: [ALLOW, ALLOW], elevateprivileges: [`${ALLOW}|children`, TEXT], spawn: [ALLOW, ALLOW], resourcecontrol: [ALLOW, ALLOW], // of one that is off
  } }),
  idleFlag('no-user-config'),
  value('compat', 'refusing deprecated options', { values: {
    'deprecated-input': ['accept|reject|crash', 'accept'], 'deprecated-output': ['accept|hide', 'accept'],
    'unstable-input': ['accept|reject|crash', 'accept'], 'unstable-output': ['accept|hide', 'accept'],
  } }),
  value('run-with', 'another user or root folder', { values: { 'async-teardown': [BOOL, OFF], chroot: [TEXT], user: [TEXT] } }),
  // development
  flag('perfmap', 'perf maps: use -profile'), flag('jitdump', 'perf dumps: use -profile'),
  flag('enable-sync-profile', 'profiles of locks'),
  value('qtest', 'qtest'), value('qtest-log', 'qtest'),
];

/** @throws OptionError if the option, or what it is given, is not built */
export function checkQemuOption({ name, missing, harmless }: QemuOption, argument: string | undefined): void {
  if (missing === undefined || (argument !== undefined && harmless && changesNothing(name, argument, harmless))) return;
  throw new OptionError(`not built yet: ${missing} (-${name}${argument !== undefined && harmless ? ` ${argument}` : ''})`);
}

/** @throws OptionError for a parameter that QEMU does not have, or a value that it has not */
function changesNothing(name: string, argument: string, harmless: RegExp | Parameters): boolean {
  if (harmless instanceof RegExp) return harmless.test(argument);
  const { first, values } = harmless;
  const list = parseOptions(`-${name}`, argument, first);
  const isOne = (text: string, of: string): boolean => new RegExp(`^(${of})$`).test(text);
  let isIdle = true;
  for (const [key, [takes, idle]] of Object.entries(values)) {
    const given = list.string(key);
    if (given === undefined) continue;
    if (!isOne(given, takes))
      throw new OptionError(`${key}: invalid value '${given}'`, list.where, `one of ${takes.replaceAll('|', ', ')}`);
    isIdle &&= idle !== undefined && isOne(given, idle);
  }
  list.finish();
  return isIdle;
}
