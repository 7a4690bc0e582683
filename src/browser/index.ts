/** wemu in a browser: the core, and what only a browser knows. */
export * from '../index.js';
export { createBrowserHost, type BrowserHost, type BrowserHostOptions } from './host.js';
export { MessageChannelScheduler } from './scheduler.js';
export { createWorkerHost, missingFeatures, MOST_MACHINES, type WorkerHost, type WorkerHostOptions } from './worker-host.js';
export type { EngineSource, MoreEngines } from './engine.js';
export type { RemoteMachine, ProgressListener } from './remote-machine.js';
export type { DriveSpec, MachineSpec } from './machine-spec.js';
export type { ImageSource } from './images.js';
export type { CallName, DeviceRegisters, RegisterLayout, FunctionListing, Instruction, MachineStatus } from './machine-calls.js';
export type { RingPort } from './ring-chardev.js';
export { registerIsolation } from './isolation.js';
export { keptFiles, type KeptFiles } from './kept-files.js';
