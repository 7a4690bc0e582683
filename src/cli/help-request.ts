/** `help` or `?` in an option's place: what is to be listed. */
import { deviceType } from '../hw/core/device-add.js';
import { DeviceState } from '../hw/core/device.js';
import type { MachineClass } from '../hw/core/machine-class.js';
import type { NodeHost } from '../node/host.js';
import { isHelp, parseOptionsOrJson, type OptionList } from '../qom/option-list.js';
import { TypeRegistry } from '../qom/registry.js';
import { CHARDEV_HELP } from '../system/chardev-options.js';
import { deviceHelp, devicePropertiesHelp, machineHelp, objectPropertiesHelp } from '../system/help.js';
import { logHelp, wantsTraceHelp } from '../system/log-options.js';
import { objectHelp, objectType } from '../system/object-options.js';
import { traceEventNames } from '../util/trace.js';
import type { SystemArguments } from './arguments.js';
import { ACCEL_HELP } from './common/accel.js';
import type { MachineArguments } from './machine-option.js';

/** What makes the text of it. Without a machine's name the host should have all targets. */
export type HelpRequest = (host: NodeHost) => string;

/** The first that is asked for; undefined: none is. */
export function helpRequest(args: SystemArguments, machine: MachineArguments, accel: string | undefined): HelpRequest | undefined {
  const { cpu = '', chardev = [], d = '', object = [], device = [], trace } = args;
  if (machine.help === 'machines') return (host) => host.machines.help();
  if (machine.help === 'properties') return (host) => machineHelp(host.machines.get(machine.type ?? '').type);
  if (isHelp(cpu)) return (host) => targetsOf(machine, host).map((target) => target.cpuHelp(boardOf(machine, host)?.type.ext.takesCpu)).join('\n'); // prettier-ignore
  if (accel !== undefined && isHelp(accel)) return () => ACCEL_HELP;
  if (chardev.some(isHelp)) return () => CHARDEV_HELP;
  if (isHelp(d)) return logHelp;
  if (wantsTraceHelp(d, trace)) return () => traceEventNames().map((event) => `${event}\n`).join(''); // prettier-ignore
  for (const text of object) {
    if (isHelp(text)) return ({ types }) => objectHelp(types);
    const list = parseOptionsOrJson('-object', text, 'qom-type');
    if (asksForProperties(list)) return ({ types }) => objectPropertiesHelp(objectType(types, list));
  }
  for (const text of device) {
    if (isHelp(text))
      return (host) => deviceHelp(new TypeRegistry(...targetsOf(machine, host).map(({ devices }) => devices)), DeviceState.type);
    const list = parseOptionsOrJson('-device', text, 'driver');
    if (asksForProperties(list)) return ({ types }) => devicePropertiesHelp(deviceType(types, list));
  }
  return undefined;
}

const asksForProperties = (list: OptionList): boolean => list.entries.some(([key]) => isHelp(key));

const boardOf = ({ type }: MachineArguments, { machines }: NodeHost): MachineClass | undefined =>
  type === undefined ? undefined : machines.get(type);

/** The machine's; all, if no machine was named. */
function targetsOf(machine: MachineArguments, host: NodeHost): NodeHost['targets'] {
  const klass = boardOf(machine, host);
  return klass === undefined ? host.targets : host.targets.filter((each) => each.machines.includes(klass));
}
