/**
 * The public riscv-tests (riscv-software-src), built outside of the tree: WEMU_RISCV_TESTS is the folder with their programs (docs/testing.md tells how to
 * build them). Each ends through tohost with 0, or with the number of the case that failed.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wemu } from '../support/session.js';

const folder = process.env.WEMU_RISCV_TESTS ?? '';
const programs = existsSync(folder) ? readdirSync(folder).filter((name) => /^rv(32|64)\w+-[pv]-[\w-]+$/.test(name)) : [];

const reason = 'skipped: WEMU_RISCV_TESTS is not a folder of built riscv-tests';
describe.skipIf(programs.length === 0)(`riscv-tests${programs.length === 0 ? ` (${reason})` : ''}`, () => {
  describe.each(['tci', 'tcg,thread=sync,threshold=1', 'tcg'])('-accel %s', (accel) => {
    it.each(programs)('%s', (name) => {
      const cpu = name.startsWith('rv32') ? 'max32' : 'max';
      const { status } = wemu(['-M', 'spike', '-bios', 'none', '-cpu', cpu, '-accel', accel, '-kernel', join(folder, name)], {
        timeout: 60_000,
      });
      expect(status, 'number of the case that failed').toBe(0);
    });
  });
});
