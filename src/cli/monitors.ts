/** `-monitor`, `-mon`: monitors, and where they are. */
import { MuxChardev } from '../chardev/mux.js';
import type { Chardev } from '../chardev/chardev.js';
import { Monitor } from '../monitor/monitor.js';
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
  list.finish();
  if (pretty !== undefined && mode === 'readline') throw new OptionError("'pretty' is not compatible with HMP monitors", list.where);
  return { option: '-mon', text: `chardev:${id}`, mode, pretty };
}

const { version } = packageInfo();

const TONGUES: Readonly<Record<MonitorMode, (machine: Machine, chardev: Chardev, choice: MonitorChoice) => void>> = {
  readline: (machine, chardev) => void new Monitor(machine.control, chardev, version),
  control: (_machine, _chardev, { option, text }) => {
    throw new OptionError('not built yet: QMP', `${option} ${text}`);
  },
};

/** A monitor that waits for its machine. */
export interface OpenMonitor {
  readonly choice: MonitorChoice;
  readonly chardev: Chardev;
}

export async function openMonitors(choices: readonly MonitorChoice[], chardevs: Chardevs): Promise<OpenMonitor[]> {
  const open: OpenMonitor[] = [];
  for (const [i, choice] of choices.entries()) {
    const chardev = await chardevs.open(choice.option, choice.text, `compat_monitor${i}`);
    if (chardev) open.push({ choice, chardev });
  }
  return open;
}

/** `serials`: consoles; those that are on `mon:` devices, and with `shared` the one on the terminal, have a monitor behind Ctrl-A c. */
export function consoleMonitors(serials: readonly { readonly text: string; readonly chardev: Chardev }[], shared: boolean): OpenMonitor[] {
  return serials
    .filter(({ text, chardev }) => text.startsWith('mon:') || (shared && chardev instanceof MuxChardev && text === 'stdio'))
    .map(({ text, chardev }) => ({ choice: { option: '-serial', text, mode: 'readline' }, chardev }));
}

export function joinMonitors(monitors: readonly OpenMonitor[], machine: Machine): void {
  for (const { choice, chardev } of monitors) TONGUES[choice.mode](machine, chardev, choice);
}
