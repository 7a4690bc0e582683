/** QEMU's options for disks: `-drive`, `-blockdev`, `-hda`. */
import { ERROR_POLICIES, type ErrorPolicy } from '../block/backend.js';
import { CACHE_MODES, type CacheMode, type DriveOptions } from '../block/drive.js';
import { escapeCommas, isIdentifier, parseOptions, parseOptionsOrJson, type OptionList } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';

/** What is where, as the options say. */
export interface DriveChoices {
  readonly drives: readonly DriveOptions[];
  readonly flash: readonly FlashChoice[];
}

export interface FlashChoice {
  readonly unit: number;
  readonly file: string;
  readonly readOnly: boolean;
  /** What the guest programs is gone when the machine ends. */
  readonly snapshot: boolean;
}

/** Interfaces of QEMU's `if=`. Those of the second row are on no board here. */
const INTERFACES = ['none', 'virtio', 'pflash'] as const;
const NO_BOARD_HAS: readonly string[] = ['ide', 'scsi', 'floppy', 'mtd', 'sd', 'xen'];
type Interface = (typeof INTERFACES)[number];
const NODE_NAME_LENGTH = 31;

/** The options of drives that were given, each kind in its order. */
export interface DriveArguments {
  readonly drive?: readonly string[];
  readonly blockdev?: readonly string[];
  readonly snapshot?: boolean;
}

/** Options that are a `-drive` of their file, with this. Each takes its unit when its turn comes. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['hda', 'index=0,media=disk'],
  ['hdb', 'index=1,media=disk'],
  ['hdc', 'index=2,media=disk'],
  ['hdd', 'index=3,media=disk'],
  ['cdrom', 'index=2,media=cdrom'],
  ['pflash', 'if=pflash'],
]);

/** What a short form stands for; undefined: it is none. */
export function shortDrive(option: string): ((file: string) => string) | undefined {
  const rest = SHORT.get(option);
  return rest === undefined ? undefined : (file) => `file=${escapeCommas(file)},${rest}`;
}

/** @throws OptionError */
export function parseDrives(args: DriveArguments): DriveChoices {
  const drives: DriveOptions[] = parseBlockdevs(args.blockdev ?? []);
  const flash: FlashChoice[] = [];
  const units = new Map<Interface, Set<number>>();
  for (const text of args.drive ?? []) {
    const list = parseOptions('-drive', text);
    const { kind, unit } = place(list, units);
    const drive = parseDrive(list, kind, unit, args.snapshot);
    if (kind !== 'pflash') drives.push(drive);
    else flash.push({ unit, file: drive.file!, readOnly: drive.readonly ?? false, snapshot: drive.snapshot ?? false });
  }
  return { drives, flash };
}

/** A drive has a unit of its own on its interface: the one that is asked for, or the next that is free. */
function place(list: OptionList, units: Map<Interface, Set<number>>): { kind: Interface; unit: number } {
  const typed = list.string('if') ?? 'virtio';
  const index = list.integer('index', 0, 255);
  const [askedBus, unitOfBus] = [list.integer('bus', 0, 255), list.integer('unit', 0, 255)];
  if (index !== undefined && (askedBus !== undefined || unitOfBus !== undefined))
    throw new OptionError('index cannot be used with bus and unit', list.where);
  const bus = askedBus ?? 0;
  const asked = index ?? unitOfBus;
  if (NO_BOARD_HAS.includes(typed))
    throw new OptionError(`machine type does not support if=${typed},bus=${bus},unit=${asked ?? 0}`, list.where);
  const kind = INTERFACES.find((each) => each === typed);
  if (!kind) throw new OptionError(`unsupported bus type '${typed}'`, list.where, `one of ${INTERFACES.join(', ')}`);
  if (bus > 0) throw new OptionError(`machine type does not support if=${kind},bus=${bus},unit=${asked ?? 0}`, list.where);
  const taken = units.get(kind) ?? new Set<number>();
  units.set(kind, taken);
  let unit = asked ?? 0;
  if (asked === undefined) while (taken.has(unit)) unit++;
  if (taken.has(unit)) throw new OptionError(`drive with bus=0, unit=${unit} (index=${index ?? -1}) exists`, list.where);
  taken.add(unit);
  return { kind, unit };
}

function parseDrive(list: OptionList, kind: Interface, unit: number, snapshot = false): DriveOptions {
  const isCd = list.enumeration('media', ['disk', 'cdrom']) === 'cdrom';
  const readonly = list.bool('readonly') ?? list.bool('read-only');
  const drive: DriveOptions = {
    id: list.id() ?? `${kind}${unit}`,
    interface: kind === 'virtio' ? 'virtio' : 'none',
    file: fileOf(list, 'file.', list.string('file')),
    format: list.string('format') ?? list.string('driver') ?? 'auto',
    readonly: isCd ? true : readonly,
    snapshot: list.bool('snapshot') ?? snapshot,
    cache: cacheOf(list),
    discard: discardOf(list),
    locking: lockingOf(list, 'file.'),
    readError: errorPolicy(list, 'rerror'),
    writeError: errorPolicy(list, 'werror'),
  };
  readIdle(list, '');
  readIdle(list, 'file.');
  refuseLimits(list);
  list.finish();
  if (drive.file === undefined) throw new OptionError('Device needs media, but drive is empty', list.where, 'file=');
  if (isCd && readonly === false) throw new OptionError('a CD-ROM cannot be written to', list.where, 'readonly=on');
  return drive;
}

/** Names of the host's own protocol. */
function fileOf(list: OptionList, prefix: string, plain: string | undefined): string | undefined {
  const driver = list.string(`${prefix}driver`);
  if (driver !== undefined && driver !== 'file') throw new OptionError(`protocol '${driver}' is not built yet`, list.where, "'file'");
  const name = list.string(`${prefix}filename`) ?? plain;
  const protocol = name === undefined ? undefined : /^([a-z][a-z0-9+]*):/.exec(name)?.[1];
  if (protocol === 'file') return name!.slice('file:'.length);
  if (protocol !== undefined && name === plain) throw new OptionError(`protocol '${protocol}' is not built yet`, list.where, 'a file');
  return name;
}

function cacheOf(list: OptionList): CacheMode | undefined {
  const mode = list.enumeration('cache', CACHE_MODES);
  const [writeback, noFlush] = [list.bool('cache.writeback'), list.bool('cache.no-flush')];
  list.bool('cache.direct'); // the host's page cache is used all the same
  if (noFlush) return 'unsafe';
  return writeback === false ? 'writethrough' : mode;
}

function discardOf(list: OptionList): DriveOptions['discard'] {
  const discard = list.enumeration('discard', ['ignore', 'off', 'unmap', 'on']);
  return discard === undefined ? undefined : discard === 'unmap' || discard === 'on' ? 'unmap' : 'ignore';
}

/** `auto` is `on`: where there is no place for locks, there are none. */
const lockingOf = (list: OptionList, prefix: string): boolean => list.enumeration(`${prefix}locking`, ['on', 'off', 'auto']) !== 'off';

function errorPolicy(list: OptionList, name: string): ErrorPolicy | undefined {
  return list.enumeration(name, ERROR_POLICIES);
}

/** What changes nothing here. */
function readIdle(list: OptionList, prefix: string): void {
  list.enumeration(`${prefix}aio`, ['threads', 'native', 'io_uring']);
  list.bool(`${prefix}auto-read-only`);
  const detect = list.enumeration(`${prefix}detect-zeroes`, ['off', 'on', 'unmap']);
  if (detect !== undefined && detect !== 'off') throw new OptionError(`detect-zeroes=${detect} is not built yet`, list.where, "'off'");
  if (list.bool(`${prefix}copy-on-read`)) throw new OptionError('copy-on-read is not built yet', list.where, "'off'");
}

/** `bps=`, `iops_rd_max=`, `throttling.bps-total=`: how much a drive may do in a second. */
const LIMITS = /^((bps|iops)(_(rd|wr))?(_max(_length)?)?|iops_size|group|throttling\..+)$/;

function refuseLimits(list: OptionList): void {
  const limit = list.entries.find(([key]) => LIMITS.test(key));
  if (limit) throw new OptionError(`limits of a drive (${limit[0]}=) are not built yet`, list.where);
}

/** `-blockdev`: nodes by name; a `raw` one may stand on a `file` one that was given before. */
function parseBlockdevs(texts: readonly string[]): DriveOptions[] {
  const nodes = new Map<string, DriveOptions>();
  for (const text of texts) {
    const list = parseOptionsOrJson('-blockdev', text, 'driver');
    const driver = list.required('driver');
    const id = list.required('node-name');
    if (!isIdentifier(id) || id.length > NODE_NAME_LENGTH) throw new OptionError(`Invalid node-name: '${id}'`, list.where);
    if (nodes.has(id)) throw new OptionError(`Duplicate nodes with node-name='${id}'`, list.where);
    if (driver !== 'raw' && driver !== 'file')
      throw new OptionError(`block driver '${driver}' is not built yet`, list.where, "'raw' or 'file'");
    const prefix = driver === 'raw' ? 'file.' : '';
    const below = driver === 'raw' ? list.string('file') : undefined;
    const file = below === undefined ? fileOf(list, prefix, undefined) : nodes.get(below)?.file;
    if (file === undefined)
      throw below === undefined
        ? new OptionError(`parameter '${prefix}filename' is missing`, list.where)
        : new OptionError(`Cannot find device='' nor node-name='${below}'`, list.where);
    nodes.set(id, {
      ...{ id, file, interface: 'none', format: 'raw' },
      readonly: list.bool('read-only') ?? list.bool(`${prefix}read-only`) ?? (below === undefined ? false : nodes.get(below)!.readonly),
      cache: cacheOf(list),
      discard: discardOf(list),
      locking: lockingOf(list, prefix),
    });
    readIdle(list, '');
    readIdle(list, 'file.');
    list.finish();
  }
  // What others stand on is theirs.
  const used = new Set(texts.map((text) => parseOptionsOrJson('-blockdev', text, 'driver').string('file')));
  return [...nodes].filter(([id]) => !used.has(id)).map(([, drive]) => drive);
}
