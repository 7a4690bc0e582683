/** Requests of a virtio block device: what the driver asked for, and how it is done. Source: VIRTIO 1.2, section 5.2.6. */
import { PIECE, type BlockBackend } from '../../block/backend.js';
import { SECTOR } from '../../block/node.js';
import { viewOf } from '../../util/bytes.js';
import {
  gather,
  scatter,
  skip,
  totalLength,
  type Segment,
  type VirtQueue,
  type VirtQueueElement,
  type VirtQueueMemory,
} from './virtqueue.js';

// Types
export const T_IN = 0;
export const T_OUT = 1;
const T_FLUSH = 4;
const T_GET_ID = 8;
const T_DISCARD = 11;
const T_WRITE_ZEROES = 13;
/** Legacy drivers may ask for an order that is kept anyway. */
const T_BARRIER = 0x8000_0000;

// Statuses
export const S_OK = 0;
export const S_IOERR = 1;
const S_UNSUPP = 2;

/** struct virtio_blk_req without its data: type, reserved, sector. */
const HEADER_SIZE = 16;
/** struct virtio_blk_discard_write_zeroes: sector, num_sectors, flags. */
const RANGE_SIZE = 16;
const RANGE_F_UNMAP = 1;
export const ID_SIZE = 20;
/** Zeros that are written at a time: a guest may ask for 2 GiB. */
const ZEROES_PIECE = 16 * PIECE;
const TWO_32 = 0x1_0000_0000;

/** The driver broke the rules. */
export class BadRequest extends Error {}

export class BlkRequest {
  readonly type: number;
  readonly sector: number;
  /** Where the status goes. */
  readonly statusAddress: number;
  /** What the driver gave for the device to read, and to fill. */
  readonly out: readonly Segment[];
  readonly in: readonly Segment[];
  readonly inLength: number;
  /** The queue was reset meanwhile: nobody waits for it, and guest memory is not its any more. */
  cancelled = false;

  /** @throws BadRequest */
  constructor(
    readonly queue: VirtQueue,
    readonly element: VirtQueueElement,
    readonly memory: VirtQueueMemory,
  ) {
    const last = element.in.at(-1);
    if (!last) throw new BadRequest('request has no room for a status');
    const header = gather(memory, element.out, HEADER_SIZE);
    if (!header) throw new BadRequest('buffer is not in memory');
    if (header.length < HEADER_SIZE) throw new BadRequest('request header is too short');
    const view = viewOf(header);
    this.type = (view.getUint32(0, true) & ~T_BARRIER) >>> 0;
    this.sector = view.getUint32(8, true) + view.getUint32(12, true) * TWO_32;
    this.statusAddress = last.address + last.length - 1;
    this.out = skip(element.out, HEADER_SIZE);
    this.in = [...element.in.slice(0, -1), ...(last.length > 1 ? [{ address: last.address, length: last.length - 1 }] : [])];
    this.inLength = totalLength(this.in);
  }
}

/** What the device lets a request do. */
export interface RequestRules {
  readonly drive: BlockBackend;
  readonly readOnly: boolean;
  readonly logicalBlockSize: number;
  /** Sectors; 0: not offered. */
  readonly maxDiscard: number;
  readonly maxWriteZeroes: number;
  readonly serial: Uint8Array;
  /** Writes are to survive once they are done. */
  readonly writeThrough: boolean;
}

/**
 * Does what the request says; resolves to its status.
 * @throws BlockError if the image fails, BadRequest if the driver broke the rules
 */
export async function perform(request: BlkRequest, rules: RequestRules): Promise<number> {
  const { type, sector } = request;
  const { drive } = rules;
  switch (type) {
    case T_IN:
      if (!inRange(rules, sector, request.inLength)) return S_IOERR;
      return readData(request, drive);
    case T_OUT: {
      const length = totalLength(request.out);
      if (rules.readOnly || !inRange(rules, sector, length)) return S_IOERR;
      await writeData(request, drive, length);
      break;
    }
    case T_FLUSH:
      await drive.flush();
      return S_OK;
    case T_GET_ID:
      if (scatter(request.memory, request.in, rules.serial) === undefined) throw new BadRequest('buffer is not in memory');
      return S_OK;
    case T_DISCARD:
    case T_WRITE_ZEROES: {
      const status = await clearRange(request, rules);
      if (status !== S_OK) return status;
      break;
    }
    default:
      return S_UNSUPP;
  }
  if (rules.writeThrough) await drive.flush();
  return S_OK;
}

/** A request is whole blocks, inside of the disk, and below 2 GiB. */
function inRange({ drive, logicalBlockSize }: RequestRules, sector: number, length: number): boolean {
  if (length % logicalBlockSize !== 0 || (sector * SECTOR) % logicalBlockSize !== 0 || length >= TWO_32 / 2) return false;
  return sector * SECTOR + length <= drive.node.length;
}

async function readData(request: BlkRequest, drive: BlockBackend): Promise<number> {
  const start = request.sector * SECTOR;
  for (let at = 0; at < request.inLength; at += PIECE) {
    const bytes = drive.buffers.take(Math.min(PIECE, request.inLength - at));
    try {
      await drive.read(start + at, bytes);
      if (request.cancelled) break;
      if (scatter(request.memory, skip(request.in, at), bytes) === undefined) throw new BadRequest('buffer is not in memory');
    } finally {
      drive.buffers.give(bytes);
    }
  }
  return S_OK;
}

async function writeData(request: BlkRequest, drive: BlockBackend, length: number): Promise<void> {
  const start = request.sector * SECTOR;
  for (let at = 0; at < length && !request.cancelled; at += PIECE) {
    const bytes = drive.buffers.take(Math.min(PIECE, length - at));
    try {
      if (!gather(request.memory, skip(request.out, at), bytes.length, bytes)) throw new BadRequest('buffer is not in memory');
      await drive.write(start + at, bytes);
    } finally {
      drive.buffers.give(bytes);
    }
  }
}

/** One range (max_discard_seg and max_write_zeroes_seg are 1); flags as 5.2.6.2 wants them. */
async function clearRange(request: BlkRequest, rules: RequestRules): Promise<number> {
  const isDiscard = request.type === T_DISCARD;
  const most = isDiscard ? rules.maxDiscard : rules.maxWriteZeroes;
  if (most === 0 || totalLength(request.out) > RANGE_SIZE) return S_UNSUPP;
  const range = gather(request.memory, request.out, RANGE_SIZE);
  if (!range || range.length < RANGE_SIZE) throw new BadRequest('range of a discard or write zeroes is too short, or not in memory');
  const view = viewOf(range);
  const [sector, count, flags] = [
    view.getUint32(0, true) + view.getUint32(4, true) * TWO_32,
    view.getUint32(8, true),
    view.getUint32(12, true),
  ];
  if ((flags & ~RANGE_F_UNMAP) !== 0 || (isDiscard && flags !== 0)) return S_UNSUPP;
  if (rules.readOnly || count > most || !inRange(rules, sector, count * SECTOR)) return S_IOERR;
  const end = (sector + count) * SECTOR;
  for (let at = sector * SECTOR; at < end && !request.cancelled; at += ZEROES_PIECE) {
    const length = Math.min(ZEROES_PIECE, end - at);
    if (isDiscard) await rules.drive.discard(at, length);
    else await rules.drive.writeZeroes(at, length, (flags & RANGE_F_UNMAP) !== 0);
  }
  return S_OK;
}
