/** The line table of an ELF file: which address comes from which line. Source: DWARF 5, section 6.2 (and 4, for older tables). */
import { textAt, type ElfFile } from './elf-sections.js';

export interface LineRow {
  readonly address: bigint;
  /** With its folder, as the compiler was told. */
  readonly file: string;
  readonly line: number;
  /** The first address behind a sequence: nothing begins here. */
  readonly isEnd: boolean;
}

// Forms (7.5.6) and content types (6.2.4.1) of file names.
const FORM = {
  data1: 0x0b,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  data16: 0x1e,
  udata: 0x0f,
  block: 0x09,
  string: 0x08,
  strp: 0x0e,
  lineStrp: 0x1f,
};
const [CONTENT_PATH, CONTENT_DIRECTORY] = [1, 2];
const [OP_COPY, OP_ADVANCE_PC, OP_ADVANCE_LINE, OP_SET_FILE, OP_CONST_ADD_PC, OP_FIXED_ADVANCE_PC] = [1, 2, 3, 4, 8, 9];
const [EXTENDED_END, EXTENDED_SET_ADDRESS] = [1, 2];

/** It is unsigned, and compilers keep it in 32 bits. */
const MAX_LINE = 0xffff_ffff;

class Cursor {
  constructor(
    private readonly view: DataView,
    private readonly little: boolean,
    public at = 0,
  ) {}
  /** Of things that follow, each of which takes a byte at least. */
  count(n: number): number {
    if (n > this.view.byteLength - this.at) throw new RangeError();
    return n;
  }
  u8(): number {
    return this.view.getUint8(this.at++);
  }
  s8(): number {
    return this.view.getInt8(this.at++);
  }
  u16(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2, this.little);
  }
  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, this.little);
  }
  u64(): bigint {
    this.at += 8;
    return this.view.getBigUint64(this.at - 8, this.little);
  }
  address(size: number): bigint {
    return size === 8 ? this.u64() : BigInt(this.u32());
  }
  /** A length or offset, of 4 bytes or of 8. */
  offset(wide: boolean): number {
    return wide ? Number(this.u64()) : this.u32();
  }
  leb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
  signedLeb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return (byte & 0x40) !== 0 ? value - scale * 128 : value;
    }
  }
  text(): string {
    const text = textAt(new Uint8Array(this.view.buffer, this.view.byteOffset, this.view.byteLength), this.at);
    this.at += new TextEncoder().encode(text).length + 1;
    return text;
  }
}

/** All rows, sequence by sequence. @throws Error if there is no table, or it is damaged */
export function readLines(elf: ElfFile): LineRow[] {
  const section = elf.section('.debug_line');
  if (!section || section.length === 0) throw new Error('it has no line table: compile with -g');
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  const rows: LineRow[] = [];
  try {
    for (let at = 0; at < section.length;) at = readUnit(elf, new Cursor(view, elf.isLittleEndian, at), rows);
  } catch (error) {
    if (error instanceof RangeError) throw new Error('its line table is damaged', { cause: error });
    throw error;
  }
  return rows;
}

/** One unit; where the next begins. */
function readUnit(elf: ElfFile, c: Cursor, rows: LineRow[]): number {
  let length = c.u32();
  const wide = length === 0xffff_ffff;
  if (wide) length = Number(c.u64());
  const end = c.at + length;
  const version = c.u16();
  if (version < 2 || version > 5) throw new Error(`its line table is of DWARF ${version}`);
  let addressSize = 8;
  if (version >= 5) {
    addressSize = c.u8();
    c.u8(); // of a segment selector
  }
  const headerLength = c.offset(wide);
  const program = c.at + headerLength;
  const minLength = c.u8();
  if (version >= 4) c.u8(); // operations of an instruction: VLIW only
  c.u8(); // default of is_stmt
  const lineBase = c.s8();
  const lineRange = c.u8();
  const opcodeBase = c.u8();
  const operands = Array.from({ length: opcodeBase - 1 }, () => c.u8());
  const files = version >= 5 ? names5(elf, c, wide) : names4(c);
  if (lineRange === 0) throw new Error('its line table is damaged');

  c.at = program;
  let state = start();
  const emit = (isEnd = false): void => {
    if (!(state.line >= 0 && state.line <= MAX_LINE)) throw new RangeError();
    rows.push({ address: state.address, file: files[state.file] ?? '??', line: state.line, isEnd });
  };
  const advance = (by: number): void => void (state.address += BigInt(by * minLength));
  while (c.at < end) {
    const opcode = c.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      advance(Math.floor(adjusted / lineRange));
      state.line += lineBase + (adjusted % lineRange);
      emit();
      continue;
    }
    switch (opcode) {
      case 0: {
        const size = c.leb();
        const next = c.at + size;
        const extended = c.u8();
        if (extended === EXTENDED_END) {
          emit(true);
          state = start();
        } else if (extended === EXTENDED_SET_ADDRESS) state.address = c.address(size - 1 === 8 ? 8 : Math.min(addressSize, 4));
        c.at = next;
        break;
      }
      case OP_COPY:
        emit();
        break;
      case OP_ADVANCE_PC:
        advance(c.leb());
        break;
      case OP_ADVANCE_LINE:
        state.line += c.signedLeb();
        break;
      case OP_SET_FILE:
        state.file = c.leb();
        break;
      case OP_CONST_ADD_PC:
        advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      case OP_FIXED_ADVANCE_PC:
        state.address += BigInt(c.u16());
        break;
      default:
        for (let n = 0; n < operands[opcode - 1]; n++) c.leb();
    }
  }
  return end;
}

const start = (): { address: bigint; file: number; line: number } => ({ address: 0n, file: 1, line: 1 });

const join = (folder: string | undefined, name: string): string =>
  folder === undefined || name.startsWith('/') ? name : `${folder}/${name}`;

/** Before DWARF 5: from 1 on. */
function names4(c: Cursor): string[] {
  const folders: (string | undefined)[] = [undefined];
  for (let name = c.text(); name !== ''; name = c.text()) folders.push(name);
  const files = ['??'];
  for (let name = c.text(); name !== ''; name = c.text()) {
    files.push(join(folders[c.leb()], name));
    c.leb(); // time
    c.leb(); // size
  }
  return files;
}

function names5(elf: ElfFile, c: Cursor, wide: boolean): string[] {
  const list = (folders: readonly string[]): string[] => {
    const formats = Array.from({ length: c.u8() }, () => [c.leb(), c.leb()] as const);
    return Array.from({ length: c.count(c.leb()) }, () => {
      let path = '';
      let folder: string | undefined;
      for (const [content, form] of formats) {
        const value = readForm(elf, c, form, wide);
        if (content === CONTENT_PATH) path = String(value);
        else if (content === CONTENT_DIRECTORY) folder = folders[Number(value)];
      }
      return join(folder, path);
    });
  };
  const folders = list([]);
  // They are relative to the first, where the compiler was started.
  const whole = folders.map((name, i) => (i === 0 ? name : join(folders[0], name)));
  return list(whole);
}

function readForm(elf: ElfFile, c: Cursor, form: number, wide: boolean): string | number {
  switch (form) {
    case FORM.string:
      return c.text();
    case FORM.lineStrp:
    case FORM.strp: {
      const at = c.offset(wide);
      return textAt(elf.section(form === FORM.strp ? '.debug_str' : '.debug_line_str') ?? new Uint8Array(0), at);
    }
    case FORM.udata:
      return c.leb();
    case FORM.data1:
      return c.u8();
    case FORM.data2:
      return c.u16();
    case FORM.data4:
      return c.u32();
    case FORM.data8:
      return Number(c.u64());
    case FORM.data16:
      c.at += 16;
      return 0;
    case FORM.block: {
      const size = c.leb();
      c.at += size;
      return 0;
    }
    default:
      throw new Error(`its line table has a form 0x${form.toString(16)}, which is not known here`);
  }
}
