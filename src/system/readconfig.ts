/**
 * `-readconfig FILE`: options from a file, as words of a command line. Sections are options, with an id or without:
 *
 *     [device "rng0"]
 *       driver = "virtio-rng-device"
 *
 * Source: QEMU docs/config/*.cfg, util/qemu-config.
 */
import { escapeCommas } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';
import { didYouMean } from '../util/suggest.js';

/** Sections that are not called as the option is. */
const RENAMED: Readonly<Record<string, string>> = { memory: 'm', 'smp-opts': 'smp', 'boot-opts': 'boot' };
/** The others; those that are not built are refused as the options are. */
const SAME = (
  'accel action add-fd audiodev chardev compat device drive fsdev fw_cfg global icount incoming iscsi machine mon msg name net netdev numa object ' +
  'overcommit rtc run-with sandbox semihosting-config set smbios spice tpmdev trace vnc'
).split(' ');

interface Section {
  readonly option: string;
  readonly values: string[];
}

/** @throws OptionError, with the line */
export function readConfig(file: string, text: string): string[] {
  const sections: Section[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const where = `-readconfig ${file}:${i + 1}`;
    if (/^\s*(#|$)/.test(line)) continue;
    const [, group, id] = /^\s*\[\s*([\w-]+)(?:\s+"([^"]*)")?\s*\]\s*$/.exec(line) ?? [];
    if (group !== undefined) {
      sections.push({ option: optionOf(group, where), values: id === undefined ? [] : [`id=${escapeCommas(id)}`] });
      continue;
    }
    const [, key, value] = /^\s*([^\s="]+)\s*=\s*"([^"]*)"\s*$/.exec(line) ?? [];
    if (key === undefined) throw new OptionError('parse error', where, '[SECTION], [SECTION "ID"] or NAME = "VALUE"');
    const section = sections.at(-1);
    if (!section) throw new OptionError('no group defined', where, 'a [SECTION] before it');
    section.values.push(`${key}=${escapeCommas(value)}`);
  }
  return sections.flatMap(({ option, values }) => (values.length === 0 ? [] : [`-${option}`, values.join(',')]));
}

function optionOf(group: string, where: string): string {
  if (Object.hasOwn(RENAMED, group)) return RENAMED[group];
  if (SAME.includes(group)) return group;
  throw new OptionError(`There is no option group '${group}'${didYouMean(group, [...SAME, ...Object.keys(RENAMED)])}`, where);
}
