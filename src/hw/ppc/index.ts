/** PowerPC, whole: its boards, and what may be on them. */
import { ppcCpuHelp } from '../../target/ppc/config.js';
import { PpcCpu } from '../../target/ppc/cpu.js';
import { ppcIsa } from '../../target/ppc/index.js';
import type { Target } from '../../target/target.js';
import { CpiomIntc } from './cpiom-intc.js';
import { CpiomTimers } from './cpiom-timers.js';
import { CpiomMachine } from './cpiom.js';
import { PrepSystemIo } from './prep-systemio.js';
import { FortyPMachine } from './prep.js';
import { Rs6000Mc } from './rs6000-mc.js';

export const ppcTarget: Target = {
  ...ppcIsa,
  runtime: 'wemu-ppc',
  machines: [CpiomMachine, FortyPMachine],
  devices: [CpiomIntc, CpiomTimers, PrepSystemIo, Rs6000Mc],
  cpus: [PpcCpu],
  cpuHelp: ppcCpuHelp,
};
