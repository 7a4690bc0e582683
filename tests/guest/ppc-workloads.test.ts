/** Compute workloads, built for PowerPC: the checksums are those of qemu-ppc, and of riscv64 where a program cannot see the byte order. */
import { expect, it } from 'vitest';
import { runHere, runThere, WORKLOADS, type Sums } from '../ppc/workloads.js';
import { wemu } from '../support/session.js';
import { describeWith, hasTool } from '../support/tools.js';

const SCALE = 1;
/** It copies bytes by distances that are no multiples of words, and looks at words. */
const SEES_BYTE_ORDER = ['memcpy'];

describeWith('powerpc-linux-gnu-gcc', 'compute workloads on PowerPC', () => {
  let tci: Sums;
  it('agree in tci and generated code', () => {
    tci = runHere(WORKLOADS, SCALE, {}).sums;
    expect(runHere(WORKLOADS, SCALE, { hotThreshold: 100 }).sums).toEqual(tci);
  });

  it.skipIf(!hasTool('qemu-ppc'))('agree with qemu-ppc (skipped without it)', () => {
    expect(tci).toEqual(runThere(['qemu-ppc'], WORKLOADS, SCALE));
  });

  it('agree with riscv64', () => {
    const { stdout } = wemu(['embedded', '--append', `scale=${SCALE}`]);
    const sums = Object.fromEntries([...stdout.matchAll(/^ {2}(\w+) .*? ([0-9a-f]{16}) /gm)].map(([, name, sum]) => [name, sum]));
    for (const name of WORKLOADS) if (!SEES_BYTE_ORDER.includes(name)) expect([name, tci[name]]).toEqual([name, sums[name]]);
  });
});
