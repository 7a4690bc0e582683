/** The table of what atomics come to, asked of QEMU; tests/guest/atomics.test.ts asks it of wemu. */
import { describe, expect, test } from 'vitest';
import { parseCpuConfig } from '../../src/target/riscv/config.js';
import { atomicProgram, verdict } from './atomic-program.js';
import { BASE_EXTENSIONS } from './kind.js';
import { findOracle, FIRST_MODERN, runOracle } from './oracle.js';
import { cpuFeatures } from './session.js';
import { cpuOption } from './wemu.js';

const oracle = findOracle();
const isModern = oracle !== undefined && oracle.version >= FIRST_MODERN;

describe.runIf(isModern)(
  `atomics on QEMU${isModern ? '' : ` (skipped: no QEMU of version ${FIRST_MODERN} or later in WEMU_ORACLE)`}`,
  () => {
    test.each([64, 32] as const)('RV%i', { timeout: 5 * 60_000 }, async (xlen) => {
      const cpu = cpuFeatures(oracle, xlen, BASE_EXTENSIONS);
      const program = atomicProgram(parseCpuConfig(cpuOption(cpu)), 1, true);
      expect(verdict(program, await runOracle(oracle!, { ...cpu, ...program }))).toEqual([]);
    });
  },
);
