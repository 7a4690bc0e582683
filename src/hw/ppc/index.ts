/** PowerPC, whole: its boards, and what may be on them. */
import { ppcCpuHelp, ppcCpuModels } from '../../target/ppc/config.js';
import { PpcCpu } from '../../target/ppc/cpu.js';
import { ppcIsa } from '../../target/ppc/index.js';
import type { Target } from '../../target/target.js';
import { DEVICES } from '../devices.js';
import { PC_DEVICES } from '../pc-devices.js';
import { MechanismOneHost } from '../pci/configuration-mechanism.js';
import { Raven, RavenHost } from '../pci-host/raven.js';
import { CpiomConfig } from './cpiom-config.js';
import { CpiomDma } from './cpiom-dma.js';
import { CpiomEdc } from './cpiom-edc.js';
import { CpiomIntc } from './cpiom-intc.js';
import { CpiomMaster, CpiomMasterFunction } from './cpiom-master.js';
import { CpiomSdram } from './cpiom-sdram.js';
import { CpiomTimers } from './cpiom-timers.js';
import { CpiomMachine } from './cpiom.js';
import { Mxfc } from './mxfc.js';
import { PrepSystemIo } from './prep-systemio.js';
import { FortyPMachine } from './prep.js';
import { Rs6000Mc } from './rs6000-mc.js';

export const ppcTarget: Target = {
  ...ppcIsa,
  runtime: 'wemu-ppc',
  machines: [CpiomMachine, FortyPMachine],
  devices: [
    ...[...DEVICES, ...PC_DEVICES],
    ...[CpiomConfig, CpiomDma, CpiomEdc, CpiomIntc, CpiomMaster, CpiomMasterFunction, CpiomSdram, CpiomTimers, Mxfc],
    ...[MechanismOneHost, PrepSystemIo, Raven, RavenHost, Rs6000Mc],
  ],
  cpus: [PpcCpu],
  cpuModels: ppcCpuModels,
  cpuHelp: ppcCpuHelp,
};
