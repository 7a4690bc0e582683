/** A program that the performance monitor interrupts 400 times, by instructions and by cycles: each way of running it comes to its end, and a replay to the same. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wemu } from '../support/session.js';
import { describeWith } from '../support/tools.js';

/** r20 counts interrupts, r26 and r27 those of PMC1 and PMC2; the status is 0 if there were both. */
const PROGRAM = `
  .org   0x100
_start:
  li     %r20, 0
  li     %r26, 0
  li     %r27, 0
  lis    %r22, 0x7fff
  ori    %r22, %r22, 0xfc00   # 1024 instructions
  lis    %r23, 0x7fff         # 65536 cycles
  mtspr  953, %r22
  mtspr  954, %r23
  lis    %r24, 0x400          # ENINT, PMC1INTCONTROL, PMCINTCONTROL; PMC1: 2, PMC2: 1
  ori    %r24, %r24, 0xc081
  mtspr  952, %r24
  li     %r5, 0x40
  ori    %r5, %r5, 0x8000
  mtmsr  %r5
1:
  addi   %r6, %r6, 1
  mulli  %r7, %r6, 3
  cmpwi  %r20, 400
  blt    1b
  li     %r4, 0x57            # POWER: the end
  cmpwi  %r26, 0
  bne    2f
  ori    %r4, %r4, 0x300
2:
  cmpwi  %r27, 0
  bne    3f
  ori    %r4, %r4, 0x500
3:
  lis    %r3, 0x2003
  stw    %r4, 0x44(%r3)
  b      .
  .org   0xf00
  mfspr  %r10, 953
  cmpwi  %cr7, %r10, 0
  bge    %cr7, 4f
  mtspr  953, %r22
  addi   %r26, %r26, 1
4:
  mfspr  %r10, 954
  cmpwi  %cr7, %r10, 0
  bge    %cr7, 5f
  mtspr  954, %r23
  addi   %r27, %r27, 1
5:
  addi   %r20, %r20, 1
  mtspr  952, %r24
  rfi
`;

describeWith('powerpc-linux-gnu-gcc', 'the performance monitor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wemu-ppc-pmu-'));
  const elf = join(folder, 'program.elf');
  const log = join(folder, 'run.log');
  beforeAll(() => {
    const source = join(folder, 'program.S');
    writeFileSync(source, PROGRAM);
    const flags = ['-nostdlib', '-static', '-Wa,-mregnames', '-Wl,--build-id=none,-Ttext=0xfff00000'];
    execFileSync('powerpc-linux-gnu-gcc', [...flags, source, '-o', elf]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    '-accel tci',
    '-accel tcg',
    '-accel tcg,check=on,thread=sync,threshold=1',
    '-icount shift=3',
    '-icount shift=3,sleep=on',
    '-icount shift=auto',
    `-icount shift=3,rr=record,rrfile=${log}`,
    `-icount shift=3,rr=replay,rrfile=${log}`,
  ])('%s', (options) => {
    const { status, stderr } = wemu(['-M', 'cpiom', '-bios', elf, '-nographic', ...options.split(' ')], { timeout: 60_000 });
    expect(stderr).not.toMatch(/differ/);
    expect(status).toBe(0);
  });
});
