/** The target description that qXfer:features gives: an annex for the whole, and one for each feature. */
import type { GdbDescription, GdbFeature, GdbRegister } from '../hw/core/gdb-registers.js';

const HEAD = '<?xml version="1.0"?>\n';

/** Undefined: there is no such annex. */
export function annexOf(description: GdbDescription, annex: string): string | undefined {
  if (annex === 'target.xml') return targetXml(description);
  const feature = description.features.find((each) => each.annex === annex);
  return feature && featureXml(feature);
}

function targetXml({ architecture, features }: GdbDescription): string {
  const includes = features.map(({ annex }) => `  <xi:include href="${annex}"/>\n`).join('');
  return `${HEAD}<!DOCTYPE target SYSTEM "gdb-target.dtd">\n<target>\n  <architecture>${architecture}</architecture>\n${includes}</target>\n`;
}

function featureXml({ name, types = '', registers }: GdbFeature): string {
  return `${HEAD}<!DOCTYPE feature SYSTEM "gdb-target.dtd">\n<feature name="${name}">\n${types}${registers.map(registerXml).join('')}</feature>\n`;
}

function registerXml({ name, bits, number, type = 'int', group }: GdbRegister): string {
  const more = group === undefined ? '' : ` group="${group}"`;
  return `  <reg name="${name}" bitsize="${bits}" regnum="${number}" type="${type}"${more}/>\n`;
}
