import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const eslint = new ESLint({ cwd: new URL('../..', import.meta.url).pathname });

/** Messages of the wall rules for a source text, were it in that file. */
async function broken(filePath: string, text: string): Promise<string[]> {
  const [{ messages }] = await eslint.lintText(text, { filePath });
  return messages.filter((m) => m.fatal || m.ruleId?.startsWith('no-restricted-')).map((m) => `${m.ruleId}: ${m.message}`);
}

describe('walls of the house', () => {
  it.each([
    ['src/memory/region.ts', "import 'node:fs';", 'knows no host'],
    ['src/memory/region.ts', "import { join } from 'path'; join();", 'knows no host'],
    ['src/hw/char/serial.ts', "import { x } from '../../node/index.js'; x();", 'knows no host'],
    ['src/tcg/wasm/region.ts', 'process.exit();', 'knows no host'],
    ['src/system/main-loop.ts', "document.title = '';", 'knows no host'],
    ['src/tcg/ir.ts', "import { x } from '../target/riscv/cpu.js'; x();", 'TCG knows neither'],
    ['src/tcg/ir.ts', "import 'node:fs';", 'knows no host'],
    ['src/target/riscv/cpu.ts', "import { x } from '../../hw/riscv/virt.js'; x();", 'nothing of boards'],
    ['src/hw/char/serial.ts', "import { x } from '../../target/riscv/cpu.js'; x();", 'nothing of targets'],
    ['assembly/shared/riscv.ts', "import { X } from './layout.js'; X;", 'imports nothing'],
  ])('%s: %s', async (file, text, message) => {
    expect(await broken(file, text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['src/node/console.ts', "import 'node:fs'; process.exit();"],
    ['src/cli/main.ts', "import { x } from '../node/index.js'; x();"],
    ['src/browser/screen.ts', "document.title = '';"],
    ['src/memory/region.test.ts', "import 'node:fs';"],
    ['src/hw/riscv/virt.ts', "import { x } from '../../target/riscv/cpu.js'; x();"],
    ['src/target/riscv/cpu.ts', "import { x } from '../../hw/core/cpu.js'; x();"],
    ['src/block/raw.ts', "import { x } from '../util/path.js'; import { y } from './buffer.js'; x(y);"],
  ])('lets pass %s: %s', async (file, text) => {
    expect(await broken(file, text)).toEqual([]);
  });
});
