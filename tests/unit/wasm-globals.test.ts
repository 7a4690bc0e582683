import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { describe, expect, it } from 'vitest';
import { ENGINE_INSTANCES } from '../../assembly/shared/layout.js';
import { RUNTIME_DATA_END } from '../../src/accel/tcg/memory.js';
import { BareEngine } from '../support/engine.js';

const ENGINE = 'which engine, and which of its instances: set once';
const RESULT = 'a second result of the function that was called last';
const TOLD = 'what this thread and its host know of';
const CHECKS = "lockstep's, of a debug build: a stretch of one vCPU";

/** Why each variable of the module may be an instance's own. What vCPUs of several threads must agree on belongs into the engine record. */
const GLOBALS: Readonly<Record<string, string>> = {
  'core/engine/engine': ENGINE,
  'core/engine/instance': ENGINE,
  'core/work/left': TOLD,
  'tb/tb/toldGeneration': TOLD,
  'target/riscv/csr_table/index': 'a table of its own',
  'softfloat/formats/raised': RESULT,
  'softmmu/atomic/atomicEntry': RESULT,
  'softmmu/atomic/seenHigh': RESULT,
  'softmmu/atomic/seenLow': RESULT,
  'softmmu/fetch/codeHost': RESULT,
  'softmmu/fetch/codeShared': RESULT,
  'softmmu/fetch/codeSplit': RESULT,
  'target/riscv/mmu/forShadowStack': 'an argument of the walk that is made next',
  'target/riscv/mmu/resultGlobal': RESULT,
  'target/riscv/mmu/resultPageSize': RESULT,
  'target/riscv/mmu/resultPhys': RESULT,
  'target/riscv/mmu/resultRights': RESULT,
  'tb-lookup/nextPhysPage': RESULT,
  'tb/phys/physOk': RESULT,
  'tb/tb/foundTb': RESULT,
  'check/tlbs/contradicted': RESULT,
  'core/journal/at': CHECKS,
  'core/journal/first': CHECKS,
  'core/journal/isOpen': CHECKS,
  'core/journal/isReplay': CHECKS,
  'core/journal/limit': CHECKS,
  'core/journal/reached': CHECKS,
  'exec/untilSample': 'counts down to the next entry that is counted',
  'lockstep/chance': CHECKS,
  'lockstep/record': CHECKS,
};

/** Names of the mutable globals that a build has; the release build has no names. */
function mutableGlobals(file: string): string[] {
  const module = binaryen.readBinary(readFileSync(new URL(`../../build/${file}`, import.meta.url)));
  const all = Array.from({ length: module.getNumGlobals() }, (_, i) => binaryen.getGlobalInfo(module.getGlobalByIndex(i)));
  module.dispose();
  return all.filter(({ mutable }) => mutable).map(({ name }) => name.replace(/^assembly\//, ''));
}

describe('instances of the runtime on one memory', () => {
  it('have variables of their own only for what is theirs', () => {
    expect(mutableGlobals('wemu.debug.wasm').sort()).toEqual(Object.keys(GLOBALS).sort());
    expect(mutableGlobals('wemu.wasm').length).toBeLessThan(Object.keys(GLOBALS).length);
  });

  it('change nothing of it when they are made, but their number', () => {
    const first = new BareEngine();
    const { runtime, bytes, env } = first;
    // fills in tables of statics
    (runtime.allExports.helper_csrr as (env: number, csr: bigint) => bigint)(env, 0x300n);
    const before = bytes.slice();
    first.attach();
    const changed: number[] = [];
    for (let at = 0; at < bytes.length; at++) if (bytes[at] !== before[at]) changed.push(at);
    expect(changed).toEqual([runtime.engine + ENGINE_INSTANCES]);
    expect(before.subarray(0, RUNTIME_DATA_END).some((byte) => byte !== 0)).toBe(true);
  });
});
