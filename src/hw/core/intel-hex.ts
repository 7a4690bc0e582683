/** Intel HEX files. Source: Intel, Hexadecimal Object File Format Specification, revision A (1988). */
import { LoaderError } from '../../util/errors.js';

export interface HexImage {
  /** Data that lies together, in the order of the file. */
  readonly pieces: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  /** Of a start record; undefined: there is none. */
  readonly entry: number | undefined;
}

// Record types
const DATA = 0;
const END_OF_FILE = 1;
const EXTENDED_SEGMENT_ADDRESS = 2;
const START_SEGMENT_ADDRESS = 3;
const EXTENDED_LINEAR_ADDRESS = 4;
const START_LINEAR_ADDRESS = 5;

const RECORD = /^:((?:[0-9a-fA-F]{2}){5,260})$/;
/** Lines longer than any record are none: what is no HEX file is not looked at for long. */
const LONGEST = 600;
/** Pieces: a file of single bytes here and there would make as many ROM blobs. */
const MOST_PIECES = 100_000;

/** Undefined: the file does not begin with a record, and is something else. @throws LoaderError if it does, and goes on otherwise */
export function parseIntelHex(name: string, file: Uint8Array): HexImage | undefined {
  if (file[0] !== 0x3a || record(line(file, 0)) === undefined) return undefined;
  const pieces: { address: number; bytes: number[] }[] = [];
  let entry: number | undefined;
  let base = 0;
  let number = 0;
  for (let at = 0; at < file.length;) {
    const text = line(file, at);
    at += text.length + 1;
    number++;
    const bad = (why: string): LoaderError => new LoaderError(`'${name}', line ${number}: ${why}`);
    if (text.trim() === '') continue;
    const bytes = record(text);
    if (!bytes) throw bad('no record of an Intel HEX file');
    const [count, high, low, type] = bytes;
    if (bytes.length !== count + 5) throw bad(`${bytes.length - 5} bytes of data, the record says ${count}`);
    if (bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0) !== 0) throw bad('wrong checksum');
    const data = bytes.slice(4, -1);
    const word = data.reduce((value, byte) => value * 256 + byte, 0);
    const wants = (length: number): void => {
      if (count !== length) throw bad(`a record of type ${type} has ${length} bytes of data, not ${count}`);
    };
    switch (type) {
      case DATA: {
        const address = base + high * 256 + low;
        const last = pieces.at(-1);
        if (last && last.address + last.bytes.length === address) last.bytes.push(...data);
        else if (pieces.push({ address, bytes: data }) > MOST_PIECES) throw bad(`more than ${MOST_PIECES} pieces`);
        break;
      }
      case END_OF_FILE:
        return { pieces: pieces.map((piece) => ({ address: piece.address, bytes: Uint8Array.from(piece.bytes) })), entry };
      case EXTENDED_SEGMENT_ADDRESS:
        wants(2);
        base = word * 16;
        break;
      case EXTENDED_LINEAR_ADDRESS:
        wants(2);
        base = word * 0x1_0000;
        break;
      case START_SEGMENT_ADDRESS: // CS and IP of an 8086
        wants(4);
        entry = (data[0] * 256 + data[1]) * 16 + data[2] * 256 + data[3];
        break;
      case START_LINEAR_ADDRESS:
        wants(4);
        entry = word;
        break;
      default:
        throw bad(`unknown record type ${type}`);
    }
  }
  throw new LoaderError(`'${name}': truncated: no end-of-file record`);
}

/** Without its end. */
function line(file: Uint8Array, from: number): string {
  const end = file.indexOf(0x0a, from);
  return String.fromCharCode(...file.subarray(from, Math.min(end < 0 ? file.length : end, from + LONGEST)));
}

function record(text: string): number[] | undefined {
  const [, digits] = RECORD.exec(text.trimEnd()) ?? [];
  return digits === undefined ? undefined : digits.match(/../g)!.map((pair) => parseInt(pair, 16));
}
