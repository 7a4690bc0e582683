/** The laboratory without a host: strategies, workloads, statistics, reports. `wemu bench` is it on Node (src/cli/lab). */
export { Comparison, PEER, type Ratio, type RealSpeed, type VsQemu } from './compare.js';
export { acrossEngines } from './engines.js';
export { htmlReport } from './html.js';
export { isMark, recordsOf, type CpuTime, type Outcome, type TimedLine } from './outcome.js';
export { formatResults, makeResults, type HostInfo, type Measured, type Results } from './report.js';
export type { Contestant, Row, RunRecord } from './results.js';
export { watch, type WatchedRun, type WatchOptions } from './run.js';
export { schedule, type Job } from './schedule.js';
export { runSession, type SessionOptions } from './session.js';
export { DEFAULT_STRATEGIES, STRATEGIES, strategy, type Strategy, type StrategyName } from './strategies.js';
export {
  architectureOf,
  chooseWorkloads,
  GROUPS,
  guestOf,
  isBareMetal,
  workFor,
  WORKLOADS,
  WORKLOAD_NAMES,
  type Architecture,
  type Guest,
  type Workload,
  type WorkloadName,
} from './workloads.js';
