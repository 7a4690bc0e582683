/** PowerPC, whole: its boards, and what may be on them. */
import { ppcCpuHelp } from '../../target/ppc/config.js';
import { PpcCpu } from '../../target/ppc/cpu.js';
import { ppcIsa } from '../../target/ppc/index.js';
import type { Target } from '../../target/target.js';
import { CpiomIntc } from './cpiom-intc.js';
import { CpiomTimers } from './cpiom-timers.js';
import { CpiomMachine } from './cpiom.js';

export const ppcTarget: Target = {
  ...ppcIsa,
  runtime: 'wemu-ppc',
  machines: [CpiomMachine],
  devices: [CpiomIntc, CpiomTimers],
  cpus: [PpcCpu],
  cpuHelp: ppcCpuHelp,
};
