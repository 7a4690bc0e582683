/** What of QEMU's command line there is, for programs that ask before they write one (QAPI misc.json, query-command-line-options). */
import type { ParameterKind } from '../qom/option-list.js';
import { command, type QmpCommand } from './command.js';
import { enumeration, list, optional, QmpError, str, struct } from './schema.js';

const CommandLineParameterInfo = struct('CommandLineParameterInfo', {
  ...{ name: str, type: enumeration('CommandLineParameterType', ['string', 'boolean', 'number', 'size']) },
  ...{ help: optional(str), default: optional(str) },
});
const CommandLineOptionInfo = struct('CommandLineOptionInfo', { option: str, parameters: list(CommandLineParameterInfo) });

/** QEMU's options that have lists of parameters, and of these the ones that are taken here; those without a kind are texts. src/cli/parameters.test.ts holds it against the parsers. */
// prettier-ignore
export const COMMAND_LINE_OPTIONS: Readonly<Record<string, string>> = {
  machine:    'type kernel initrd append dtb firmware dumpdtb memory-backend graphics:boolean usb:boolean dump-guest-core:boolean mem-merge:boolean aux-ram-share:boolean suppress-vmdesc:boolean aclint:boolean aia aia-guests acpi:boolean iommu-sys:boolean',
  action:     'reboot shutdown panic watchdog',
  'semihosting-config': 'enable:boolean userspace:boolean target chardev arg',
  icount:     'shift align:boolean sleep:boolean rr rrfile rrsnapshot',
  name:       'guest process debug-threads:boolean',
  object:     '',
  'smp-opts': 'cpus:number drawers:number books:number sockets:number dies:number clusters:number modules:number cores:number threads:number maxcpus:number',
  fw_cfg:     'gen_id string file name',
  'boot-opts': 'strict:boolean reboot-timeout:number splash-time:number splash menu:boolean once order',
  memory:     'size:size slots:number maxmem:size',
  accel:      '',
  plugin:     '',
  trace:      'enable events file',
  mon:        'mode chardev pretty:boolean',
  smbios:     '',
  global:     'driver property value',
  rtc:        'base clock driftfix',
  device:     '',
  chardev:    'backend path input-path host port localaddr localport fd ipv4:boolean ipv6:boolean wait:boolean server:boolean delay:boolean nodelay:boolean telnet:boolean reconnect:number reconnect-ms:number mux:boolean signal:boolean size:size append:boolean logfile logappend:boolean',
  drive:      'bus:number unit:number index:number media if file format driver snapshot:boolean read-only:boolean rerror werror aio discard detect-zeroes copy-on-read:boolean auto-read-only:boolean cache.writeback:boolean cache.direct:boolean cache.no-flush:boolean',
};

const parameter = (text: string) => {
  const [name, type = 'string'] = text.split(':');
  return { name, type: type as ParameterKind };
};
const ROWS = Object.entries(COMMAND_LINE_OPTIONS).map(([option, text]) => ({
  option,
  parameters: text.split(' ').filter(Boolean).map(parameter),
}));

export const OPTION_COMMANDS: readonly QmpCommand[] = [
  command('query-command-line-options', { option: optional(str) }, list(CommandLineOptionInfo), (_, { option }) => {
    const rows = ROWS.filter((row) => option === undefined || row.option === option);
    if (rows.length === 0) throw new QmpError(`invalid option name: ${option}`);
    return rows;
  }),
];
