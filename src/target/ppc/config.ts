/** What a PowerPC CPU is made of. `-cpu MODEL,option=value,...` becomes a plain, serialisable PpcConfig. */
import type { CpuModels } from '../../hw/core/cpu-models.js';
import { parseOptions } from '../../qom/option-list.js';
import { OptionError, UnknownCpuModel } from '../../util/errors.js';
import { didYouMean } from '../../util/suggest.js';
import { FAMILIES, type Alignment, type Family, type FamilyName, type Search } from './families.js';
import { MODELS, REFUSED, type Model } from './models.js';

export interface PpcConfig {
  /** QEMU's name of it, without an alias. */
  readonly model: string;
  readonly pvr: number;
  readonly family: FamilyName;
  /** Who searches the page table. */
  readonly search: Search;
  readonly alignment: Alignment;
}

export const SEARCHES: readonly Search[] = ['hash', 'software', 'hid2'];
export const ALIGNMENTS: readonly Alignment[] = ['manual', 'qemu'];
const PVR = /^(?:0x)?([0-9a-f]{8})$/;

/** A model by name, by an alias, or by its PVR as eight hexadecimal digits; case does not matter. @throws OptionError */
export function findModel(name: string): Model {
  const wanted = name.toLowerCase();
  const pvr = Number.parseInt(PVR.exec(wanted)?.[1] ?? '', 16);
  const found =
    MODELS.find((model) => model.name === wanted || model.aliases.includes(wanted)) ?? MODELS.find((model) => model.pvr === pvr);
  if (found) return found;
  const refusal = REFUSED.find(({ pattern }) => pattern.test(wanted));
  if (refusal) throw new OptionError(`CPU model '${name}' is not built: ${refusal.why}`, '-cpu', 'a 603, 604, 740, 745, 750, 755 or 7400');
  const names = MODELS.flatMap((model) => [model.name, ...model.aliases]);
  throw new UnknownCpuModel(name, didYouMean(wanted, names), '-cpu', "'help' lists them");
}

/** @throws OptionError with one clear line */
export function parsePpcConfig(text: string): PpcConfig {
  const list = parseOptions('-cpu', text, 'model');
  const { name, pvr, family } = findModel(list.required('model'));
  const { search, canSearch }: Family = FAMILIES[family];
  const wanted = list.enumeration('search', SEARCHES) ?? search;
  const alignment = list.enumeration('alignment', ALIGNMENTS) ?? 'manual';
  list.finish();
  if (!canSearch.includes(wanted))
    throw new OptionError(`'search=${wanted}' is nothing that a ${name} can do`, '-cpu', canSearch.map((each) => `'${each}'`).join(' or '));
  return { model: name, pvr, family, search: wanted, alignment };
}

/** `-cpu help`, in the layout of QEMU's: of what fits the board. */
export function ppcCpuHelp(fits: (model: string) => boolean = () => true): string {
  const line = (name: string, text: string): string => `  ${name.padEnd(16)} ${text}`;
  const lines = MODELS.filter(({ name }) => fits(name)).flatMap(({ name, pvr, aliases }) => [
    line(name, `PVR ${pvr.toString(16).padStart(8, '0')}`),
    ...aliases.map((alias) => line(alias, `(alias for ${name})`)),
  ]);
  return ['Available CPUs:', ...lines, ''].join('\n');
}

/** For programs that ask; as QEMU's, they do not tell what one is made of. */
export const ppcCpuModels: CpuModels = {
  list: () =>
    MODELS.flatMap(({ name, aliases }) => {
      const typeName = `${name}-powerpc-cpu`;
      return [{ name, typeName }, ...aliases.map((alias) => ({ name: alias, typeName, aliasOf: name }))];
    }),
};
