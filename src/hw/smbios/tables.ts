/**
 * The tables that tell firmware and guest what machine this is: what QEMU's machines say of themselves, and what `-smbios` says instead. Every byte is as
 * QEMU 10.0 has it. Source: DMTF DSP0134 3.0.
 */
import { OptionError } from '../../util/errors.js';
import { concat } from '../../util/bytes.js';
import { KiB, MiB } from '../../util/size.js';
import { NO_UUID, uuidBytes } from '../../util/uuid.js';
import type { SmbiosChoice } from './options.js';
import { Structure } from './structure.js';

/** What a board says of itself. */
export interface SmbiosBoard {
  readonly manufacturer: string;
  readonly product: string;
  readonly version: string;
  readonly uuid?: string;
  readonly processorFamily: number;
  readonly topology: { readonly sockets: number; readonly cores: number; readonly threads: number };
  /** Base and bytes. */
  readonly ram: readonly [number, number];
  /** Device and function of a PCI device of the root bus, by its id. */
  readonly pciDevice: (id: string) => number | undefined;
}

export interface SmbiosTables {
  readonly anchor: Uint8Array;
  readonly tables: Uint8Array;
}

/** First handles of the types; numbers count up from them. */
const HANDLE = {
  bios: 0x0000,
  system: 0x0100,
  baseboard: 0x0200,
  chassis: 0x0300,
  processor: 0x0400,
  port: 0x0000,
  oemStrings: 0x0e00,
  memoryArray: 0x1000,
  memoryDevice: 0x1100,
  memoryRange: 0x1300,
  boot: 0x2000,
  onboard: 0x2900,
  end: 0x7f00,
} as const;
const NO_HANDLE = 0xfffe;

/** A virtual machine, and content may be distributed (bits of the second extension byte of type 0). */
const VIRTUAL = 0x10;
const TARGETED = 0x04;
const UEFI = 0x08;
const CHARACTERISTICS_UNSUPPORTED = 8n;
const BIOS_SEGMENT = 0xe800;

const POWER_SWITCH = 6;
const HOSTING_BOARD = 1;
const MOTHERBOARD = 0x0a;
const OTHER = 1;
const UNKNOWN = 2;
const SAFE = 3;

const CENTRAL_PROCESSOR = 3;
/** The family is in the word for it. */
const FAMILY_2 = 0xfe;
/** "Other", for which QEMU takes the board's. */
const UNSPECIFIED = 1;
const ENABLED = 0x41;
const SPEED_MHZ = 2000;

const SYSTEM_MEMORY = 3;
const MULTI_BIT_ECC = 6;
const FORM_DIMM = 9;
const TYPE_RAM = 7;
/** In units of MiB; what is larger is in the word for it. */
const LARGE = 0x7fff;

const ONBOARD_ENABLED = 0x80;

/** @throws OptionError for a device that is not there */
export function buildSmbios(board: SmbiosBoard, choice: SmbiosChoice): SmbiosTables {
  const { fields, each, files, replaced } = choice;
  const isMade = (type: number): boolean => !replaced.has(type);
  const made = [
    ...(fields[0] ? [biosInformation(fields[0])] : []),
    ...(isMade(1) ? [systemInformation(board, fields[1])] : []),
    ...(fields[2] ? [baseboard(board, fields[2])] : []),
    ...(isMade(3) ? [chassis(board, fields[3])] : []),
    ...(isMade(4) ? Array.from({ length: board.topology.sockets }, (_, n) => processor(board, n, fields[4])) : []),
    ...each[8].map(portConnector),
    ...(choice.oemStrings.length ? [new Structure(11, HANDLE.oemStrings).list(choice.oemStrings)] : []),
    ...(isMade(16) ? [memoryArray(board)] : []),
    ...(isMade(17) ? [memoryDevice(board, fields[17])] : []),
    ...(isMade(19) ? [memoryRange(board)] : []),
    ...(isMade(32) ? [new Structure(32, HANDLE.boot).u8(0, 0, 0, 0, 0, 0).u8(0)] : []),
    ...each[41].map((device, n) => onboardDevice(board, device, n)),
    ...(isMade(127) ? [new Structure(127, HANDLE.end)] : []),
  ];
  const tables = concat([...files, ...made.map(({ bytes }) => bytes)]);
  return { anchor: entryPoint(tables.length), tables };
}

/** Firmware puts in address and checksum. Source: DSP0134, 5.2.2. */
function entryPoint(length: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set(new TextEncoder().encode('_SM3_'));
  bytes.set([bytes.length, 3, 0, 0, 1], 6); // SMBIOS 3.0, revision 1 of this entry point
  new DataView(bytes.buffer).setUint32(12, length, true);
  return bytes;
}

type Fields<Type extends keyof SmbiosChoice['fields']> = NonNullable<SmbiosChoice['fields'][Type]>;
type Each<Type extends keyof SmbiosChoice['each']> = SmbiosChoice['each'][Type][number];

const biosInformation = ({ vendor, version, date, release = [0, 0], uefi = false }: Fields<0>): Structure =>
  new Structure(0, HANDLE.bios)
    .text(vendor, version)
    .u16(BIOS_SEGMENT)
    .text(date)
    .u8(0) // 64 KiB of it
    .u64(CHARACTERISTICS_UNSUPPORTED)
    .u8(0, VIRTUAL | TARGETED | (uefi ? UEFI : 0))
    .u8(...release)
    .u8(0xff, 0xff); // of the embedded controller

function systemInformation(board: SmbiosBoard, { manufacturer, product, version, serial, uuid, sku, family }: Fields<1> = {}): Structure {
  return new Structure(1, HANDLE.system)
    .text(manufacturer ?? board.manufacturer, product ?? board.product, version ?? board.version, serial)
    .u8(...mixedEndian(uuid ?? board.uuid ?? NO_UUID))
    .u8(POWER_SWITCH)
    .text(sku, family);
}

/** The first three fields are little-endian. */
function mixedEndian(uuid: string): number[] {
  const bytes = [...uuidBytes(uuid)];
  return [...bytes.slice(0, 4).reverse(), ...bytes.slice(4, 6).reverse(), ...bytes.slice(6, 8).reverse(), ...bytes.slice(8)];
}

const baseboard = (board: SmbiosBoard, { manufacturer, product, version, serial, asset, location }: Fields<2>): Structure =>
  new Structure(2, HANDLE.baseboard)
    .text(manufacturer ?? board.manufacturer, product ?? board.product, version ?? board.version, serial, asset)
    .u8(HOSTING_BOARD)
    .text(location)
    .u16(HANDLE.chassis)
    .u8(MOTHERBOARD, 0);

const chassis = (board: SmbiosBoard, { manufacturer, version, serial, asset, sku }: Fields<3> = {}): Structure =>
  new Structure(3, HANDLE.chassis)
    .text(manufacturer ?? board.manufacturer)
    .u8(OTHER)
    .text(version ?? board.version, serial, asset)
    .u8(SAFE, SAFE, SAFE, UNKNOWN) // of start, power, heat; security
    .u32(0)
    .u8(0, 0, 0, 0) // height, power cords, parts
    .text(sku);

function processor(board: SmbiosBoard, socket: number, given: Fields<4> = {}): Structure {
  const { sockets: _, cores, threads } = board.topology;
  const counts = [cores, cores, cores * threads];
  const family = given['processor-family'] ?? 0;
  const place = socket.toString(16).padStart(2, ' ');
  return new Structure(4, HANDLE.processor + socket)
    .text(`${given.sock_pfx ?? 'CPU'}${place}`)
    .u8(CENTRAL_PROCESSOR, FAMILY_2)
    .text(given.manufacturer ?? board.manufacturer)
    .u64(given['processor-id'] ?? 0n)
    .text(given.version ?? board.version)
    .u8(0) // volts
    .u16(0, given['max-speed'] ?? SPEED_MHZ, given['current-speed'] ?? SPEED_MHZ)
    .u8(ENABLED, OTHER)
    .u16(0xffff, 0xffff, 0xffff) // caches
    .text(given.serial, given.asset, given.part)
    .u8(...counts.map((count) => Math.min(count, 0xff)))
    .u16(UNKNOWN, family > UNSPECIFIED ? family : board.processorFamily)
    .u16(...counts);
}

const portConnector = (given: Each<8>, n: number): Structure =>
  new Structure(8, HANDLE.port + n)
    .text(given.internal_reference)
    .u8(0)
    .text(given.external_reference)
    .u8(given.connector_type ?? 0, given.port_type ?? 0);

const memoryArray = ({ ram: [, size] }: SmbiosBoard): Structure =>
  new Structure(16, HANDLE.memoryArray)
    .u8(OTHER, SYSTEM_MEMORY, MULTI_BIT_ECC)
    .u32(Math.ceil(size / KiB))
    .u16(NO_HANDLE, 1) // errors; devices
    .u64(0n);

function memoryDevice(board: SmbiosBoard, { loc_pfx = 'DIMM', bank, speed = 0, ...given }: Fields<17> = {}): Structure {
  const size = Math.ceil(board.ram[1] / MiB);
  return new Structure(17, HANDLE.memoryDevice)
    .u16(HANDLE.memoryArray, NO_HANDLE, 0xffff, 0xffff, Math.min(size, LARGE)) // array, errors, widths
    .u8(FORM_DIMM, 0)
    .text(`${loc_pfx} 0`, bank)
    .u8(TYPE_RAM)
    .u16(UNKNOWN, speed)
    .text(given.manufacturer ?? board.manufacturer, given.serial, given.asset, given.part)
    .u8(0)
    .u32(size < LARGE ? 0 : size)
    .u16(speed, 0, 0, 0); // and volts
}

const memoryRange = ({ ram: [base, size] }: SmbiosBoard): Structure =>
  new Structure(19, HANDLE.memoryRange)
    .u32(base / KiB, (base + size) / KiB - 1)
    .u16(HANDLE.memoryArray)
    .u8(1)
    .u64(0n, 0n);

function onboardDevice(board: SmbiosBoard, { designation, kind = OTHER, instance = 1, pcidev }: Each<41>, n: number): Structure {
  const address = pcidev === undefined ? 0 : board.pciDevice(pcidev);
  if (address === undefined) throw new OptionError(`there is no PCI device '${pcidev}' on the root bus`, '-smbios type=41');
  return new Structure(41, HANDLE.onboard + n)
    .text(designation)
    .u8(ONBOARD_ENABLED | kind, instance)
    .u16(0)
    .u8(0, address);
}
