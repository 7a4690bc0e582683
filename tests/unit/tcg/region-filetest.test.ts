// Runs tests/regions/**/*.region: a region in, and what the named pass makes of it or finds out, or the code of its function, out. All passes run with
// the verifier. docs/regions.md tells how to write one. `BLESS=1 npx vitest run region-filetest` writes what comes out into the files.
import { verifyRegion } from '../../../src/tcg/wasm/verify-region.js';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ENV_PC } from '../../../assembly/shared/layout.js';
import type { HelperDef } from '../../../src/tcg/opcodes.js';
import { compileRegions } from '../../../src/tcg/wasm/compile.js';
import { loadWasmDisassembler } from '../../../src/tcg/wasm/disassemble.js';
import { formatFact } from '../../../src/tcg/wasm/fact-notes.js';
import { REGION_PASSES, runPasses } from '../../../src/tcg/wasm/pipeline.js';
import { formatRegion, parseRegion, type IrNames } from '../../../src/tcg/wasm/region-text.js';
import type { TargetInfo } from '../../../src/tcg/wasm/target-info.js';
import { ENV_RANDOM, RANDOM_HELPERS, RANDOM_TRAITS } from '../../support/ir-random.js';

const ROOT = fileURLToPath(new URL('../../regions/', import.meta.url));
const MARK = '\n====\n';
const BLESS = process.env.BLESS === '1';

/** Adds binary64 numbers; the third argument is the rounding mode, 0 to nearest. */
const FADD: HelperDef = {
  name: 'fadd_d',
  args: 3,
  result: true,
  noReadGlobals: true,
  noWriteGlobals: true,
  inline: { op: 'add', bits: 64, rounding: { arg: 2, when: new Map([[0, { offset: ENV_RANDOM, mask: 0xe1n, value: 1n }]]) } },
};
const NAMES: IrNames = {
  globals: [{ name: 'pc', offset: ENV_PC }, ...Array.from({ length: 31 }, (_, i) => ({ name: `x${i + 1}`, offset: 0x108 + 8 * i }))],
  helpers: [...RANDOM_HELPERS, FADD],
};

/** What a file may ask for in `# target:`. */
const TARGETS: Readonly<Record<string, Partial<TargetInfo>>> = {
  icount: { icount: true },
  'tlb-reuse=off': { tlbReuse: false },
  'strip=off': { strip: false },
  lockstep: { lockstep: true },
  'address=32': { traits: { ...RANDOM_TRAITS, addressBits: 32 } },
  words: { words: new Set([2, 3, 4, 5]) },
  notes: { notes: new Set([20, 21]) },
};

interface FileTest {
  readonly pass: string;
  readonly target: TargetInfo;
  readonly input: string;
  readonly expected: string;
  readonly error?: string;
}

function read(text: string): FileTest {
  const directive = (name: string): string | undefined => new RegExp(`^# ${name}: *(.*?) *$`, 'm').exec(text)?.[1];
  const [input, expected = ''] = text.split(MARK);
  const wanted = directive('target')?.split(/\s+/) ?? [];
  for (const name of wanted) expect(TARGETS, `target: ${name}`).toHaveProperty([name]);
  const target = Object.assign(
    {
      globalOffset: NAMES.globals.map(({ offset }) => offset),
      helpers: NAMES.helpers,
      traits: RANDOM_TRAITS,
      icount: false,
      verify: verifyRegion,
    },
    ...wanted.map((name) => TARGETS[name]),
  ) as TargetInfo;
  return { pass: directive('pass') ?? '', target, input, expected: expected.trimEnd(), error: directive('error') };
}

const disassemble = await loadWasmDisassembler(() => import('wabt'));

function outcome({ pass, target, input }: FileTest): string {
  const region = parseRegion(input, NAMES);
  const plain = formatRegion(region, NAMES);
  expect(formatRegion(parseRegion(plain, NAMES), NAMES), 'what is written can be read').toBe(plain);
  if (pass === 'parse') return plain;
  if (pass === 'wat') return disassemble(compileRegions([region], target)).functions[0];
  let text: string | undefined;
  runPasses(region, target, (at, facts) => {
    if (at?.name === pass) text = formatFact(at.gives, facts, NAMES);
  });
  expect(text, `pass '${pass}' is none of ${REGION_PASSES.map(({ name }) => name).join(', ')}, parse, wat`).toBeDefined();
  return text!;
}

describe('tests/regions', () => {
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.region'));

  it('has a file test of each pass', () => {
    const tested = new Set(files.map((file) => read(readFileSync(join(ROOT, file), 'utf8')).pass));
    expect([...tested]).toEqual(expect.arrayContaining(REGION_PASSES.map(({ name }) => name)));
  });

  it.each(files.sort())('%s', (file) => {
    const test = read(readFileSync(join(ROOT, file), 'utf8'));
    if (test.error !== undefined) {
      expect(() => outcome(test)).toThrow(test.error);
      return;
    }
    const text = outcome(test);
    if (BLESS) writeFileSync(join(ROOT, file), `${test.input.trimEnd()}${MARK}${text}\n`);
    else expect(text).toBe(test.expected);
  });
});
