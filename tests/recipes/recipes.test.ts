/** Public guests by their own command lines, here and on QEMU: what they print must be the same. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findOracle } from '../differential/oracle.js';
import { Session } from '../support/session.js';
import { RECIPES, type Recipe } from './recipes.js';

const ROOT = process.env.WEMU_RECIPES;
const ENGINES = [['-accel', 'tci'], [], ['-accel', 'tcg,thread=sync,threshold=1']];
/** Of a step of the dialogue, on a busy machine. */
const STEP_MS = 120_000;
const oracle = findOracle();

function whyNot({ name, files, source, build = [] }: Recipe): string | undefined {
  if (ROOT === undefined) return 'WEMU_RECIPES names no folder';
  const missing = files.find((file) => !existsSync(join(ROOT, name, file)));
  return missing && `no ${name}/${missing} in WEMU_RECIPES: ${[source, ...build].join('; ')}`;
}

async function outputOf(session: Session, { dialogue, from, apart, status }: Recipe): Promise<string> {
  try {
    for (const [prompt, answer] of dialogue) {
      await session.expect(prompt, STEP_MS);
      session.send(answer);
    }
    const text = session.output.replaceAll('\r', '');
    // what comes behind the last prompt is a matter of time
    const [last] = dialogue.at(-1)!;
    const told = text.slice(text.indexOf(from), text.lastIndexOf(last)).split('\n');
    const lines = apart ? told.filter((line) => !apart.test(line)) : told;
    if (status !== undefined) lines.push(`status ${await session.ended(STEP_MS)}`);
    return lines.join('\n');
  } finally {
    session.kill();
  }
}

for (const recipe of RECIPES) {
  const reason = whyNot(recipe) ?? (oracle === undefined ? 'no QEMU' : undefined);
  describe.skipIf(reason !== undefined)(`${recipe.name}, ${recipe.kind}${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
    it('prints what it prints on QEMU, in every engine', { timeout: 4 * recipe.dialogue.length * STEP_MS }, async () => {
      const args = recipe.args.map((arg) => arg.replace('@/', `${ROOT}/${recipe.name}/`));
      const [command, ...first] = oracle!.command.map((word) => word.replace(/qemu-system-riscv64$/, recipe.program));
      const expected = await outputOf(Session.program(command, [...first, ...args]), recipe);
      expect(expected).toContain(recipe.from);
      if (recipe.status !== undefined) expect(expected).toMatch(new RegExp(`status ${recipe.status}$`));
      const cpu = recipe.program === 'qemu-system-riscv32' ? ['-cpu', 'rv32'] : [];
      for (const engine of ENGINES)
        expect(await outputOf(Session.pipes([...cpu, ...args, ...engine]), recipe), engine.join(' ')).toBe(expected);
    });
  });
}
