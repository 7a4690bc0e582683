/** `-smbios`: what a user puts into the tables, by QEMU's names. */
import { parseOptions, type OptionList } from '../../qom/option-list.js';
import { OptionError } from '../../util/errors.js';
import { isUuid } from '../../util/uuid.js';

type Reader<T> = (list: OptionList, key: string) => T | undefined;

const text: Reader<string> = (list, key) => list.string(key);
const flag: Reader<boolean> = (list, key) => list.bool(key);
const uint8: Reader<number> = (list, key) => list.integer(key, 0, 0xff);
const uint16: Reader<number> = (list, key) => list.integer(key, 0, 0xffff);
const uint64: Reader<bigint> = (list, key) => list.uint64(key);

const release: Reader<readonly [major: number, minor: number]> = (list, key) => {
  const given = list.string(key);
  if (given === undefined) return undefined;
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})$/.exec(given) ?? [];
  if (major === undefined || Number(major) > 0xff || Number(minor) > 0xff)
    throw new OptionError('Invalid release', list.where, 'MAJOR.MINOR, from 0 to 255 each');
  return [Number(major), Number(minor)];
};

const uuid: Reader<string> = (list, key) => {
  const given = list.string(key);
  if (given !== undefined && !isUuid(given)) throw new OptionError('Invalid UUID', list.where);
  return given;
};

/** Kinds of devices on the board, by their numbers. Source: DMTF DSP0134, 7.42.2. */
const ONBOARD_KINDS = ['other', 'unknown', 'video', 'scsi', 'ethernet', 'tokenring', 'sound', 'pata', 'sata', 'sas'] as const;
const onboardKind: Reader<number> = (list, key) => {
  const kind = list.enumeration(key, ONBOARD_KINDS);
  return kind && ONBOARD_KINDS.indexOf(kind) + 1;
};

/** Of the types of which there is one structure, or all are alike: the last value of each field counts. */
const FIELDS = {
  0: { vendor: text, version: text, date: text, release, uefi: flag },
  1: { manufacturer: text, product: text, version: text, serial: text, uuid, sku: text, family: text },
  2: { manufacturer: text, product: text, version: text, serial: text, asset: text, location: text },
  3: { manufacturer: text, version: text, serial: text, asset: text, sku: text },
  4: {
    ...{ sock_pfx: text, manufacturer: text, version: text, serial: text, asset: text, part: text },
    ...{ 'max-speed': uint16, 'current-speed': uint16, 'processor-family': uint16, 'processor-id': uint64 },
  },
  17: { loc_pfx: text, bank: text, manufacturer: text, serial: text, asset: text, part: text, speed: uint16 },
} as const;
/** Of those of which each option is a structure. */
const EACH = {
  8: { internal_reference: text, external_reference: text, connector_type: uint8, port_type: uint8 },
  41: { designation: text, kind: onboardKind, instance: uint8, pcidev: text },
} as const;
const OEM_STRINGS = 11;

type Values<Table> = { [Key in keyof Table]?: Table[Key] extends Reader<infer T> ? T : never };

export interface SmbiosChoice {
  /** Structures of files, as they are. */
  readonly files: readonly Uint8Array[];
  /** Of these types: none is made. */
  readonly replaced: ReadonlySet<number>;
  /** Undefined: not mentioned. */
  readonly fields: { readonly [Type in keyof typeof FIELDS]?: Values<(typeof FIELDS)[Type]> };
  readonly each: { readonly [Type in keyof typeof EACH]: readonly Values<(typeof EACH)[Type]>[] };
  readonly oemStrings: readonly Uint8Array[];
}

/** `readFile` gives what `file=` and `path=` name. @throws OptionError */
export function parseSmbios(texts: readonly string[], readFile: (name: string) => Uint8Array): SmbiosChoice {
  const files: Uint8Array[] = [];
  const replaced = new Set<number>();
  const fields: Record<number, Values<Record<string, Reader<unknown>>>> = {};
  const each: Record<number, Values<Record<string, Reader<unknown>>>[]> = { 8: [], 41: [] };
  const oemStrings: Uint8Array[] = [];
  const mentioned = new Set<number>();

  const takeFile = (list: OptionList, name: string): void => {
    list.finish();
    const bytes = readFile(name);
    for (const type of structureTypes(bytes, list.where)) {
      if (mentioned.has(type)) throw new OptionError(`can't load type ${type} struct, fields already specified!`, list.where);
      replaced.add(type);
    }
    files.push(bytes);
  };
  const takeFields = (list: OptionList, type: number): void => {
    if (replaced.has(type)) throw new OptionError("can't add fields, binary file already loaded!", list.where);
    mentioned.add(type);
    if (type === OEM_STRINGS) oemStrings.push(...readOemStrings(list, readFile));
    else if (type in each) each[type].push(readFields(list, EACH[type as keyof typeof EACH]));
    else if (type in FIELDS) fields[type] = { ...fields[type], ...readFields(list, FIELDS[type as keyof typeof FIELDS]) };
    else throw new OptionError(`Don't know how to build fields for SMBIOS type ${type}`, list.where);
    list.finish();
  };
  for (const given of texts) {
    const list = parseOptions('-smbios', given);
    const file = list.string('file');
    const type = file === undefined ? list.integer('type', 0, 0xff) : undefined;
    if (file !== undefined) takeFile(list, file);
    else if (type !== undefined) takeFields(list, type);
    else throw new OptionError('Must specify type= or file=', list.where);
  }
  return { files, replaced, fields, each: each as unknown as SmbiosChoice['each'], oemStrings };
}

function readFields<Table extends Record<string, Reader<unknown>>>(list: OptionList, table: Table): Values<Table> {
  const values = Object.entries(table).map(([key, read]) => [key, read(list, key)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Values<Table>;
}

/** In the order in which they are given; files are taken as they are, a line's end with them. */
function readOemStrings(list: OptionList, readFile: (name: string) => Uint8Array): Uint8Array[] {
  return list.ordered('value', 'path').map(([key, given]) => {
    const bytes = key === 'path' ? readFile(given) : new TextEncoder().encode(given);
    if (bytes.includes(0)) throw new OptionError(`NUL in OEM strings value${key === 'path' ? ` in ${given}` : ''}`, list.where);
    return bytes;
  });
}

/** Bytes of a structure's head: type, length, handle. */
const HEADER = 4;

/** Of the structures of a file: each is a head with fields, texts, and two NULs. @throws OptionError */
function structureTypes(bytes: Uint8Array, where: string): number[] {
  const types: number[] = [];
  for (let at = 0; at === 0 || at < bytes.length;) {
    const length = bytes[at + 1] ?? 0;
    let end = at + length;
    while (end + 1 < bytes.length && (bytes[end] !== 0 || bytes[end + 1] !== 0)) end++;
    if (length < HEADER || end + 1 >= bytes.length) throw new OptionError('the file is no SMBIOS structure', where);
    types.push(bytes[at]);
    at = end + 2;
  }
  return types;
}
