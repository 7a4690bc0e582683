// Runs tests/tcg/**/*.tcg: IR in, the named pass, expected IR (or error) out; then the TB before and after the pass in the evaluator, in tci and in
// generated wasm, from random states, all with the same result. docs/ir.md tells how to write one.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ENV_PC } from '../../../assembly/shared/layout.js';
import { TcgContext, type GlobalDef } from '../../../src/tcg/context.js';
import type { HelperDef } from '../../../src/tcg/opcodes.js';
import { eliminateDead, optimize, optimizeForward } from '../../../src/tcg/optimize.js';
import { formatIr, parseIr } from '../../../src/tcg/text.js';
import { verify } from '../../../src/tcg/verify.js';
import { IrBackends, RAM_SIZE, referenceOutcome, TB_START } from '../../support/ir-backends.js';
import { cloneState, type IrState } from '../../support/ir-eval.js';
import { Random, RANDOM_HELPERS, randomState } from '../../support/ir-random.js';

const ROOT = fileURLToPath(new URL('../../tcg/', import.meta.url));

const GLOBALS: readonly GlobalDef[] = [
  { name: 'pc', offset: ENV_PC },
  ...Array.from({ length: 31 }, (_, i) => ({ name: `x${i + 1}`, offset: 0x108 + 8 * i })),
];
const HELPERS: readonly HelperDef[] = RANDOM_HELPERS;

const PASSES: Record<string, (ctx: TcgContext) => void> = {
  optimize,
  forward: optimizeForward,
  dead: eliminateDead,
  verify: () => {},
};

interface FileTest {
  pass: string;
  expected: string[];
  error?: string;
}

function directives(text: string): FileTest {
  const test: FileTest = { pass: 'optimize', expected: [] };
  for (const [, key, value] of text.matchAll(/^# (pass|expect|error): *(.*)$/gm)) {
    if (key === 'pass') test.pass = value.trim();
    else if (key === 'error') test.error = value.trim();
    else test.expected.push(value);
  }
  return test;
}

/** The text in one spelling: numbers, spacing, and temps counted in order of appearance. */
function normal(text: string): string {
  const ctx = parseIr(text, GLOBALS, HELPERS);
  const names = new Map<string, string>();
  return formatIr(ctx).replace(/(tmp|loc)\d+/g, (name, kind: string) => {
    if (!names.has(name)) names.set(name, `${kind}${names.size}`);
    return names.get(name)!;
  });
}

/** Odd seeds: registers that are addresses in RAM. */
function startState(seed: number): IrState {
  const state = randomState(seed, RAM_SIZE);
  const random = new Random(seed);
  state.globals = GLOBALS.map(() => (seed % 2 ? BigInt(random.below(0x7000)) : random.interesting()));
  state.globals[0] = BigInt(TB_START);
  return state;
}

const backends = new IrBackends(GLOBALS, HELPERS);
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tcg'));

describe('tests/tcg', () => {
  it('has file tests', () => expect(files.length).toBeGreaterThan(10));

  it.each(files.sort())('%s', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const test = directives(text);
    const pass = PASSES[test.pass];
    expect(pass, `${relative(ROOT, file)}: pass '${test.pass}'`).toBeDefined();
    if (test.error !== undefined) {
      expect(() => verify(parseIr(text, GLOBALS, HELPERS))).toThrow(test.error);
      return;
    }
    const before = parseIr(text, GLOBALS, HELPERS);
    const after = parseIr(text, GLOBALS, HELPERS);
    verify(before);
    pass(after);
    verify(after);
    expect(test.expected.length, 'a file test expects something').toBeGreaterThan(0);
    expect(normal(formatIr(after))).toBe(normal(test.expected.join('\n')));
    for (const seed of [1, 2, 3, 4]) {
      const state = startState(seed);
      const expected = referenceOutcome(before, cloneState(state));
      expect(referenceOutcome(after, cloneState(state)), `seed ${seed}: after the pass`).toEqual(expected);
      for (const [name, ctx] of [
        ['before', before],
        ['after', after],
      ] as const) {
        expect(backends.tci(ctx, state), `seed ${seed}: tci, ${name} the pass`).toEqual(expected);
        expect(backends.wasm(ctx, state), `seed ${seed}: wasm, ${name} the pass`).toEqual(expected);
      }
    }
  });
});
