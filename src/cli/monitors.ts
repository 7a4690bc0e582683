/** `-monitor`, `-mon`: monitors, and where they are. */
import { MuxChardev } from '../chardev/mux.js';
import type { Chardev } from '../chardev/chardev.js';
import { Monitor } from '../monitor/monitor.js';
import type { NodeHost } from '../node/host.js';
import { packageInfo } from '../node/modules.js';
import { parseOptions } from '../qom/option-list.js';
import type { Machine } from '../system/facade.js';
import { OptionError } from '../util/errors.js';
import type { Chardevs } from './chardevs.js';

/** The human monitor, or QMP. */
export type MonitorMode = 'readline' | 'control';

export interface MonitorChoice {
  /** For messages, and how it was written. */
  readonly option: string;
  /** What it is on: `stdio`, `tcp:HOST:PORT,server=on`, `chardev:ID`. */
  readonly text: string;
  readonly mode: MonitorMode;
  readonly pretty?: boolean;
}

/** `-mon chardev=ID,mode=readline|control,pretty=on|off`. */
export function parseMon(text: string): MonitorChoice {
  const list = parseOptions('-mon', text, 'chardev');
  const mode = list.enumeration('mode', ['readline', 'control'] as const) ?? 'readline';
  const pretty = list.bool('pretty');
  const id = list.required('chardev');
  list.id(); // of the monitor: nothing names one
  list.finish();
  if (pretty !== undefined && mode === 'readline') throw new OptionError("'pretty' is not compatible with HMP monitors", list.where);
  return { option: '-mon', text: `chardev:${id}`, mode, pretty };
}

const { version } = packageInfo();

/** A monitor of a machine that runs. */
interface JoinedMonitor {
  /** Resolves when it has answered all that it was asked. */
  idle?(): Promise<void>;
}

type Join = (machine: Machine, host: NodeHost, monitor: OpenMonitor) => JoinedMonitor;

const readline: Join = ({ control }, _, { chardev }) => {
  new Monitor(control, chardev, version);
  return {};
};

/** Each is loaded when it is asked for; the human monitor nearly always is. */
const TONGUES: Readonly<Record<MonitorMode, () => Promise<Join>>> = {
  readline: () => Promise.resolve(readline),
  async control() {
    const { QmpServer } = await import('../qmp/qmp.js');
    return ({ control }, { machines, targets }, { chardev, choice }) => {
      const target = targets.find((each) => each.machines.some(({ type }) => type === control.machine.type));
      return new QmpServer({ control, version, machines, cpuModels: target?.cpuModels }, chardev, choice.pretty);
    };
  },
};

/** A monitor that waits for its machine. */
export interface OpenMonitor {
  readonly choice: MonitorChoice;
  readonly chardev: Chardev;
  readonly join: Join;
}

export async function openMonitors(choices: readonly MonitorChoice[], chardevs: Chardevs): Promise<OpenMonitor[]> {
  const open: OpenMonitor[] = [];
  for (const [i, choice] of choices.entries()) {
    const chardev = await chardevs.open(choice.option, choice.text, `compat_monitor${i}`);
    if (chardev) open.push({ choice, chardev, join: await TONGUES[choice.mode]() });
  }
  return open;
}

/** What an option has connected one of the machine's serial or parallel ports to. */
export interface Port {
  readonly option: string;
  readonly text: string;
  readonly chardev: Chardev;
}

/** Those that are on `mon:` devices, and with `shared` the one on the terminal, have a monitor behind Ctrl-A c. */
export function consoleMonitors(ports: readonly Port[], shared: boolean): OpenMonitor[] {
  return ports
    .filter(({ text, chardev }) => text.startsWith('mon:') || (shared && chardev instanceof MuxChardev && text === 'stdio'))
    .map(({ option, text, chardev }) => ({ choice: { option, text, mode: 'readline' }, chardev, join: readline }));
}

/** What comes back resolves when all of them have answered what they were asked. */
export function joinMonitors(monitors: readonly OpenMonitor[], machine: Machine, host: NodeHost): () => Promise<void> {
  const joined = monitors.map((monitor) => monitor.join(machine, host, monitor));
  return async () => void (await Promise.all(joined.map((each) => each.idle?.())));
}
