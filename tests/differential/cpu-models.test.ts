/** What QMP tells of RISC-V's CPU models, property by property, beside QEMU 10: what is not built is off, all else is the same. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { riscvCpuModels } from '../../src/target/riscv/cpu-models.js';
import { QEMU_EXTENSIONS } from '../../src/target/riscv/qemu-properties.js';
import { findOracle } from './oracle.js';

const oracle = findOracle();
const isQemu10 = oracle !== undefined && Math.floor(oracle.version) === 10;

/** A process each: QEMU 10.0's answers change by what was asked before. */
function ask(name: string, props: Readonly<Record<string, boolean>>): Record<string, boolean> {
  const [command, ...first] = oracle!.command;
  const requests = [
    { execute: 'qmp_capabilities' },
    { execute: 'query-cpu-model-expansion', arguments: { type: 'full', model: { name, props } }, id: 'answer' },
    { execute: 'quit' },
  ];
  const { stdout } = spawnSync(command, [...first, ...'-M virt -bios none -S -display none -nodefaults -qmp stdio'.split(' ')], {
    encoding: 'utf8',
    timeout: 60_000,
    input: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
  });
  const answer = stdout.split('\n').find((line) => line.includes('"answer"'));
  if (answer === undefined) throw new Error(`QEMU says nothing: ${stdout}`);
  return (JSON.parse(answer) as { return: { model: { props: Record<string, boolean> } } }).return.model.props;
}

/** Profiles that need what is not built. */
const FAR_PROFILES = ['rva23u64', 'rva23s64'];
/** `max` has of these what is not built, and then `sha`, which H brings. */
const isOff = (name: string): boolean => QEMU_EXTENSIONS.has(name) || FAR_PROFILES.includes(name) || name === 'sha';

// QEMU's max32 is a CPU with next to nothing.
const MODELS = riscvCpuModels
  .list()
  .map(({ name }) => name)
  .filter((name) => name !== 'max32');
const CASES: readonly (readonly [string, Readonly<Record<string, boolean>>])[] = [
  ...MODELS.map((name) => [name, {}] as const),
  ['rv64', { zba: false }],
  ['rv64', { zcb: true }],
  ['rv64', { zaamo: true }],
  ['rv64', { pmp: false }],
  ['rv64', { rva22u64: true }],
  ['max', { zicbom: false }],
];

describe.skipIf(!isQemu10)(`CPU models${isQemu10 ? '' : ' (skipped: no QEMU 10)'}`, () => {
  it.each(CASES)('%s with %j', (name, props) => {
    const theirs = Object.fromEntries(Object.entries(ask(name, props)).map(([key, value]) => [key, isOff(key) ? false : value]));
    const ours = riscvCpuModels.expand!(name, Object.fromEntries(Object.entries(props).map(([key, value]) => [key, value ? 'on' : 'off'])));
    // an extension of one's own has an X
    expect(Object.fromEntries(Object.entries(ours).filter(([key]) => key in theirs || !key.startsWith('x')))).toEqual(theirs);
  });
});
