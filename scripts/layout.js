/**
 * Makes from the layout of linear memory (scripts/layout): the constants of each part, which asc and tsc compile; accessors of env, typed, of both
 * languages; and the tables of docs/engine-abi.md. `node scripts/layout.js` writes them all; tests/unit/layout.test.ts holds that they are written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import * as engine from './layout/engine.js';
import * as ppc from './layout/ppc.js';
import * as riscv from './layout/riscv.js';

const ROOT = new URL('..', import.meta.url);
const PAGE = 'docs/engine-abi.md';

/**
 * The parts: their tables, the file of their constants, and what that says of itself. Each has a part of env (`prefix`), with accessors: one class for the
 * runtime, fields for TypeScript.
 */
const PARTS = [
  {
    ...engine,
    code: 'assembly/shared/layout.ts',
    about:
      'the layout of everything that generated code, the AssemblyScript runtime and TypeScript all address in the one shared wasm linear memory. Who writes what, and how, is in docs/engine-abi.md.',
    accessors: {
      prefix: 'ENV',
      about: "the engine's part of env.",
      className: 'Vcpu',
      assembly: 'assembly/core/vcpu.ts',
      table: 'ENV',
      fields: 'src/accel/tcg/env.ts',
    },
  },
  {
    ...riscv,
    code: 'assembly/target/riscv/shared/env.ts',
    about: "RISC-V's part of env, from its start on.",
    accessors: {
      prefix: 'RV',
      className: 'Hart',
      assembly: 'assembly/target/riscv/env.ts',
      table: 'HART',
      fields: 'src/target/riscv/env.ts',
    },
  },
  {
    ...ppc,
    code: 'assembly/target/ppc/shared/env.ts',
    about: "PowerPC's part of env, from its start on.",
    accessors: {
      prefix: 'PPC',
      className: 'Ppc',
      assembly: 'assembly/target/ppc/env.ts',
      table: 'PPC',
      fields: 'src/target/ppc/env.ts',
    },
  },
];

const SIZES = { u8: 1, u32: 4, i32: 4, ptr: 4, u64: 8, i64: 8 };

/** `u64[32]`: what each of them is, and how many there are. */
function parseType(type) {
  const [, base, count] = /^(\w+)(?:\[(\d+)\])?$/.exec(type) ?? [];
  if (!(base in SIZES)) throw new Error(`no type '${type}'`);
  return { base, count: count === undefined ? undefined : Number(count) };
}

/** Bytes of a type, and what its address must be a multiple of. */
function measure(type) {
  if (typeof type === 'number') return { bytes: type, align: 8 };
  const { base, count = 1 } = parseType(type);
  return { bytes: SIZES[base] * count, align: SIZES[base] };
}

const alignUp = (at, align) => Math.ceil(at / align) * align;

/**
 * The rows of a structure with their offsets, and its size.
 * @param {{ prefix: string, rows: import('./layout/engine.js').Row[], align?: number, sizeIs?: number, start?: number }} struct
 * @throws Error if fields overlap or do not fit
 */
export function place({ prefix, rows, align, sizeIs, start = 0 }) {
  let end = start;
  let widest = 1;
  const fields = rows.map(([name, type, writer, order, meaning, { at } = {}]) => {
    const { bytes, align: natural } = measure(type);
    const offset = alignUp(at ?? end, natural);
    if (offset < end || (at !== undefined && offset !== at)) throw new Error(`${prefix}_${name} cannot be at ${at}`);
    end = offset + bytes;
    widest = Math.max(widest, natural);
    return { name: `${prefix}_${name}`, own: name, offset, bytes, type, writer, order, meaning };
  });
  const size = sizeIs ?? alignUp(end, align ?? widest);
  if (size < end) throw new Error(`${prefix} needs ${end} bytes`);
  return { fields, size };
}

const hex = (value) => `0x${value.toString(16).padStart(2, '0')}`;
const typeName = (type) => (typeof type === 'number' ? `${hex(type)} bytes` : type.replace('ptr', 'u32'));

function constants({ STRUCTS, CONSTANTS, about }) {
  const lines = [`// Made by scripts/layout.js: ${about}`, '// All offsets are bytes. Plain constants, compiled by both asc and tsc.'];
  const constant = (name, value, meaning) => lines.push(`/** ${meaning} */`, `export const ${name} = ${value};`);
  for (const { title, rows, hex: asHex } of CONSTANTS) {
    lines.push('', `// ---- ${title}`);
    for (const [name, value, meaning] of rows)
      constant(name, (asHex && !name.endsWith('_SHIFT')) || value > 0xffff ? hex(value) : value, meaning);
  }
  for (const struct of STRUCTS) {
    const { title, about: ofStruct, size: sizeName, constants: more = [] } = struct;
    const { fields, size } = place(struct);
    lines.push('', `// ---- ${title}. ${ofStruct}`);
    for (const { name, offset, type, meaning } of fields) constant(name, hex(offset), [typeName(type), meaning].filter(Boolean).join(': '));
    if (sizeName !== undefined) constant(sizeName, hex(size), 'bytes of all');
    for (const [name, value, meaning] of more) constant(name, value > 0xffff ? hex(value) : value, meaning);
  }
  return lines.join('\n');
}

/** `MINSTRET_OFFSET` to `minstretOffset`. */
const camel = (name) => name.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const upperFirst = (name) => name[0].toUpperCase() + name.slice(1);
/** The fields of a part's own part of env. */
const envOf = ({ STRUCTS, accessors }) => place(STRUCTS.find(({ prefix }) => prefix === accessors.prefix)).fields;
/** Those that have a type. */
const typed = (part) => envOf(part).filter(({ type }) => typeof type === 'string');

/**
 * A class without memory of its own: `hart(env).mstatus` is a load at a constant offset, and so typed as the table says. What any thread writes is written
 * by atomic operations, which give what was there before.
 */
function assemblyAccessors(part) {
  const { className, about = part.about } = part.accessors;
  const fields = typed(part);
  const lines = [
    `// Made by scripts/layout.js: ${about} Each accessor is one load or store, of the field's own type.`,
    '',
    '@inline',
    `export function ${className.toLowerCase()}(env: usize): ${className} {`,
    `  return changetype<${className}>(env);`,
    '}',
    '',
    '@unmanaged',
    `export class ${className} {`,
    '  @inline',
    '  private get at(): usize {',
    '    return changetype<usize>(this);',
    '  }',
  ];
  const method = (signature, body) => lines.push('  @inline', `  ${signature} {`, `    ${body};`, '  }');
  for (const { own, offset, type, order } of fields) {
    const { base: kind, count } = parseType(type);
    const base = kind === 'ptr' ? 'usize' : kind;
    const name = camel(own);
    lines.push('');
    if (count === undefined) {
      const isAtomic = order === 'atomic';
      method(`get ${name}(): ${base}`, `return load<${base}>(this.at, ${hex(offset)})`);
      method(`set ${name}(value: ${base})`, `${isAtomic ? 'atomic.' : ''}store<${base}>(this.at, value, ${hex(offset)})`);
      for (const operation of isAtomic ? ['and', 'or', 'xchg'] : [])
        method(
          `${operation}${upperFirst(name)}(value: ${base}): ${base}`,
          `return atomic.${operation}<${base}>(this.at, value, ${hex(offset)})`,
        );
    } else {
      const at = SIZES[kind] === 1 ? 'this.at + index' : `this.at + index * ${SIZES[kind]}`;
      method(`${name}(index: i32): ${base}`, `return load<${base}>(${at}, ${hex(offset)})`);
      method(`set${upperFirst(name)}(index: i32, value: ${base}): void`, `store<${base}>(${at}, value, ${hex(offset)})`);
    }
  }
  return [...lines, '}', ''].join('\n');
}

/** How TypeScript sees them: for Vcpu.get and set; a target's, which ends at END, for snapshots, too. */
function fieldTable(part) {
  const { table, about = part.about, fields: file } = part.accessors;
  const from = posix.relative(posix.dirname(file), 'src/accel/tcg/env-field.ts').replace(/\.ts$/, '.js');
  const end = envOf(part).find(({ own }) => own === 'END')?.offset;
  const roleOf = ({ offset, writer, order }) =>
    order === 'derived' || offset >= end ? 'derived' : writer === 'init' ? 'configuration' : 'state';
  const lines = [
    `/** Made by scripts/layout.js: ${about} */`,
    `import { envFields } from '${from.startsWith('.') ? from : `./${from}`}';`,
    '',
    '// prettier-ignore',
    `export const ${table} = envFields({`,
  ];
  for (const field of typed(part)) {
    const { base, count = 1 } = parseType(field.type);
    const role = end === undefined ? '' : `, '${roleOf(field)}'`;
    lines.push(`  ${camel(field.own)}: ['${base.replace('ptr', 'u32')}', ${hex(field.offset)}, ${count}${role}],`);
  }
  return [...lines, '});'].join('\n');
}

const cell = (text) => `${text}`.replaceAll('|', '\\|');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;

function structTable(struct) {
  const { fields, size } = place(struct);
  const lines = [
    '',
    `### ${struct.title}`,
    '',
    `Owner: ${struct.owner}. ${struct.about}${struct.size === undefined ? '' : ` ${size} bytes.`}`,
    '',
    row(['offset', 'field', 'type', 'written by', 'how', 'meaning']),
    row(Array(6).fill('---')),
  ];
  for (const { name, offset, type, writer, order, meaning } of fields)
    lines.push(row([hex(offset), `\`${name}\``, typeof type === 'number' ? typeName(type) : type, writer, order, meaning]));
  for (const [name, value, meaning] of struct.constants ?? [])
    lines.push('', `\`${name}\` = ${value > 0xffff ? hex(value) : value}: ${meaning}.`);
  return lines;
}

function constantTable({ title, rows, hex: asHex }) {
  const lines = ['', `### ${title}`, '', row(['name', 'value', 'meaning']), row(Array(3).fill('---'))];
  for (const [name, value, meaning] of rows)
    lines.push(row([`\`${name}\``, asHex && !name.endsWith('_SHIFT') ? hex(value) : value, meaning]));
  return lines;
}

const tables = () =>
  PARTS.flatMap(({ STRUCTS, CONSTANTS }) => [...STRUCTS.flatMap(structTable), ...CONSTANTS.flatMap(constantTable)]).join('\n');

const BEGIN = '<!-- made by scripts/layout.js -->';

/** Path and text of what is made. The page's own words, above the tables, stay. */
export async function layoutFiles() {
  const style = { printWidth: 140, singleQuote: true };
  const typescript = (text) => format(text, { parser: 'typescript', ...style });
  const words = readFileSync(new URL(PAGE, ROOT), 'utf8').split(BEGIN)[0];
  const made = [{ file: PAGE, text: await format(`${words}${BEGIN}\n${tables()}\n`, { parser: 'markdown', ...style }) }];
  for (const part of PARTS) {
    made.push({ file: part.code, text: await typescript(constants(part)) });
    // (prettier does not know AssemblyScript's decorators)
    made.push({ file: part.accessors.assembly, text: assemblyAccessors(part) });
    made.push({ file: part.accessors.fields, text: await typescript(fieldTable(part)) });
  }
  return made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of await layoutFiles()) writeFileSync(new URL(file, ROOT), text);
}
