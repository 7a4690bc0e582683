/**
 * Makes assembly/shared/layout.ts, which asc and tsc compile, and the tables of docs/engine-abi.md from the layout of linear memory (scripts/layout).
 * `node scripts/layout.js` writes both; tests/unit/layout.test.ts holds that they are written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { CONSTANTS, STRUCTS } from './layout/engine.js';

const ROOT = new URL('..', import.meta.url);
export const CODE = 'assembly/shared/layout.ts';
export const PAGE = 'docs/engine-abi.md';

const SIZES = { u8: 1, u32: 4, i32: 4, ptr: 4, u64: 8, i64: 8 };

/** Bytes of a type, and what its address must be a multiple of. */
function measure(type) {
  if (typeof type === 'number') return { bytes: type, align: 8 };
  const [, base, count = 1] = /^(\w+)(?:\[(\d+)\])?$/.exec(type) ?? [];
  if (!(base in SIZES)) throw new Error(`no type '${type}'`);
  return { bytes: SIZES[base] * Number(count), align: SIZES[base] };
}

const alignUp = (at, align) => Math.ceil(at / align) * align;

/**
 * The rows of a structure with their offsets, and its size.
 * @param {{ prefix: string, rows: import('./layout/engine.js').Row[], align?: number, sizeIs?: number }} struct
 * @throws Error if fields overlap or do not fit
 */
export function place({ prefix, rows, align, sizeIs }) {
  let end = 0;
  let widest = 1;
  const fields = rows.map(([name, type, writer, order, meaning, { at } = {}]) => {
    const { bytes, align: natural } = measure(type);
    const offset = alignUp(at ?? end, natural);
    if (offset < end || (at !== undefined && offset !== at)) throw new Error(`${prefix}_${name} cannot be at ${at}`);
    end = offset + bytes;
    widest = Math.max(widest, natural);
    return { name: `${prefix}_${name}`, offset, type, writer, order, meaning };
  });
  const size = sizeIs ?? alignUp(end, align ?? widest);
  if (size < end) throw new Error(`${prefix} needs ${end} bytes`);
  return { fields, size };
}

const hex = (value) => `0x${value.toString(16).padStart(2, '0')}`;
const typeName = (type) => (typeof type === 'number' ? `${hex(type)} bytes` : type.replace('ptr', 'u32'));

function code() {
  const lines = [
    '// Made by scripts/layout.js: the layout of everything that generated code, the AssemblyScript runtime and TypeScript all address in the one shared wasm linear',
    '// memory. Who writes what, and how, is in docs/engine-abi.md. All offsets are bytes. Plain constants, compiled by both asc and tsc.',
  ];
  const constant = (name, value, meaning) => lines.push(`/** ${meaning} */`, `export const ${name} = ${value};`);
  for (const { title, rows, hex: asHex } of CONSTANTS) {
    lines.push('', `// ---- ${title}`);
    for (const [name, value, meaning] of rows) constant(name, asHex || value > 0xffff ? hex(value) : value, meaning);
  }
  for (const struct of STRUCTS) {
    const { title, about, size: sizeName, constants = [] } = struct;
    const { fields, size } = place(struct);
    lines.push('', `// ---- ${title}. ${about}`);
    for (const { name, offset, type, meaning } of fields) constant(name, hex(offset), `${typeName(type)}: ${meaning}`);
    if (sizeName !== undefined) constant(sizeName, hex(size), 'bytes of all');
    for (const [name, value, meaning] of constants) constant(name, value > 0xffff ? hex(value) : value, meaning);
  }
  return lines.join('\n');
}

const cell = (text) => `${text}`.replaceAll('|', '\\|');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;

function tables() {
  const lines = [];
  for (const struct of STRUCTS) {
    const { fields, size } = place(struct);
    lines.push(
      '',
      `### ${struct.title}`,
      '',
      `Owner: ${struct.owner}. ${struct.about}${struct.size === undefined ? '' : ` ${size} bytes.`}`,
      '',
    );
    lines.push(row(['offset', 'field', 'type', 'written by', 'how', 'meaning']), row(Array(6).fill('---')));
    for (const { name, offset, type, writer, order, meaning } of fields)
      lines.push(row([hex(offset), `\`${name}\``, typeof type === 'number' ? typeName(type) : type, writer, order, meaning]));
    for (const [name, value, meaning] of struct.constants ?? [])
      lines.push('', `\`${name}\` = ${value > 0xffff ? hex(value) : value}: ${meaning}.`);
  }
  for (const { title, rows, hex: asHex } of CONSTANTS) {
    lines.push('', `### ${title}`, '', row(['name', 'value', 'meaning']), row(Array(3).fill('---')));
    for (const [name, value, meaning] of rows) lines.push(row([`\`${name}\``, asHex ? hex(value) : value, meaning]));
  }
  return lines.join('\n');
}

const BEGIN = '<!-- made by scripts/layout.js -->';

/** Path and text of what is made. The page's own words, above the tables, stay. */
export async function layoutFiles() {
  const style = { printWidth: 140, singleQuote: true };
  const words = readFileSync(new URL(PAGE, ROOT), 'utf8').split(BEGIN)[0];
  return [
    { file: CODE, text: await format(code(), { parser: 'typescript', ...style }) },
    { file: PAGE, text: await format(`${words}${BEGIN}\n${tables()}\n`, { parser: 'markdown', ...style }) },
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of await layoutFiles()) writeFileSync(new URL(file, ROOT), text);
}
