/** Random supervisor programs here and on QEMU: what each exception told, and what was in registers and page tables, must agree. */
import { expect, test } from 'vitest';
import { FAMILIES } from '../../src/target/ppc/families.js';
import { findModel } from '../../src/target/ppc/config.js';
import { Random } from '../support/float-operands.js';
import { describeWith } from '../support/tools.js';
import { randomActions, type Model } from './ppc-system/actions.js';
import { MSR_IGNORED } from './ppc-system/differences.js';
import { findPpcOracle, runPpcOracle } from './ppc-system/oracle.js';
import { build, FIELDS, RECORD, type Action, type Field } from './ppc-system/program.js';
import { runPpcWemu } from './ppc-system/wemu.js';

/** Of a program: as many as its ROM has room for; where all code is generated, which takes a hundred times as long, fewer. */
const TIERS = [
  ['tci', 6000],
  ['wasm', 300],
] as const;
/** Programs of each model and tier, of about a million instructions in tci. */
const RUNS = Number(process.env.WEMU_PPC_RUNS ?? 1);
const COMMON_VECTORS = [
  0x100, 0x200, 0x300, 0x400, 0x500, 0x600, 0x700, 0x800, 0x900, 0xc00, 0xd00, 0xf00, 0x1000, 0x1100, 0x1200, 0x1300, 0x1400, 0x1700,
];

const modelOf = (cpu: string): Model => {
  const { sprs, msr, search } = FAMILIES[findModel(cpu).family];
  return { cpu, sprs, msr, softwareTlb: search === 'software' };
};

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** A record as text, but for what is not compared. */
function recordText(view: DataView, n: number, { except = {} }: Action): string {
  const ignored = (field: Field): number => (except[field] ?? 0) | (field === 'msr' ? MSR_IGNORED : 0);
  const value = (field: Field): number => view.getUint32(n * RECORD + 4 * FIELDS.indexOf(field)) & ~ignored(field);
  return FIELDS.map((field) => `${field} ${hex(value(field))}`).join(' ');
}

describeWith('qemu-system-ppc', 'a PowerPC supervisor', () => {
  const cases = ['603e', '604', '604e', '750'].flatMap((cpu) => TIERS.map(([tier, count]) => ({ cpu, tier, count })));
  test.each(cases)('$cpu, $tier', { timeout: 600_000 }, async ({ cpu, tier, count }) => {
    const oracle = findPpcOracle()!;
    const model = modelOf(cpu);
    for (let run = 0; run < RUNS; run++) {
      const seed = Number(process.env.WEMU_SEED ?? Math.floor(Math.random() * 2 ** 31) | 1);
      const random = new Random(seed);
      const wanted = Array.from({ length: count }, () => randomActions(random, model)).flat();
      const { rom, actions } = build(wanted, { search: model.softwareTlb, vectors: COMMON_VECTORS });
      const theirs = await runPpcOracle(oracle, cpu, rom, actions.length);
      const expected = new DataView(theirs.buffer, theirs.byteOffset);
      const { records } = runPpcWemu(tier, `${cpu},alignment=qemu`, rom, actions.length);
      const seen = new DataView(records.buffer, records.byteOffset);
      for (const [n, action] of actions.entries())
        expect(recordText(seen, n, action), `WEMU_SEED=${seed}, action ${n}: ${action.text}`).toBe(recordText(expected, n, action));
    }
  });
});
