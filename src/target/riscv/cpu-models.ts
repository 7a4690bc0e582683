/** RISC-V's CPU models, for programs that ask what there is. Which properties an expansion tells of is QEMU's choice (10.0, target/riscv/riscv-qmp-cmds.c). */
import type { CpuModels } from '../../hw/core/cpu-models.js';
import { OptionError } from '../../util/errors.js';
import { hasExtension, isaExtensions, parseCpuConfig, type CpuConfig } from './config.js';
import { BY_NAME, EXTENSIONS, SATP_MODES } from './extensions.js';
import { CPU_MODELS } from './models.js';
import { PROFILES, type Profile } from './profiles.js';
import { QEMU_EXTENSIONS } from './qemu-properties.js';

/** They get what comes to be built. */
const CHANGING = ['rv64', 'rv32', 'max', 'max32'];

/** The letters of misa are not among them, nor modes of paging. */
const isTold = (name: string): boolean => name.length > 1 && name !== 'debug' && name !== 'sv64';
/** Facts with a name that are told, of the many that an ISA string lists. */
const NAMED = ['zic64b', 'ssstateen', 'ziccrse'];
/** What a letter stands for is told where it goes by its own name. */
const OF_LETTERS = ['zaamo', 'zalrsc', 'zmmul'];
/** C came to have names for its parts. */
const OF_C = { names: ['zca', 'zcf', 'zcd'], since: 12 };

export const riscvCpuModels: CpuModels = {
  list() {
    const profiles = PROFILES.filter(({ missing }) => missing === undefined);
    return [...CPU_MODELS, ...profiles].map(({ name }) => ({ name, typeName: `${name}-riscv-cpu`, isStatic: !CHANGING.includes(name) }));
  },
  expand(model, properties) {
    if (!riscvCpuModels.list().some(({ name }) => name === model))
      throw new OptionError(`The CPU type '${model}' is not a known RISC-V CPU type`);
    const config = parseCpuConfig([model, ...Object.entries(properties).map(([name, value]) => `${name}=${value}`)].join(','));
    const listed = isaExtensions(config);
    const byName = new Set([...(CPU_MODELS.find(({ name }) => name === model)?.extensions ?? []), ...Object.keys(properties)]);
    const goesByName = (name: string): boolean =>
      byName.has(name) || !(OF_LETTERS.includes(name) || (OF_C.names.includes(name) && config.privVersion < OF_C.since));
    return Object.fromEntries([
      ...EXTENSIONS.filter(({ name }) => isTold(name)).map(
        ({ name, bit }) => [name, hasExtension(config, bit) && goesByName(name)] as const,
      ),
      ...[...QEMU_EXTENSIONS].filter(isTold).map((name) => [name, false] as const),
      ...NAMED.map((name) => [name, listed.includes(name)] as const),
      ...([
        ['sha', false],
        ['mmu', config.satpMode > 0],
        ['pmp', config.pmpCount > 0],
      ] as const),
      ...PROFILES.map((profile) => [profile.name, hasProfile(config, profile)] as const),
    ]);
  },
};

function hasProfile(config: CpuConfig, { extensions, missing, parent, privVersion = 0, satp }: Profile): boolean {
  const above = PROFILES.find(({ name }) => name === parent);
  const mode = SATP_MODES.find(({ name }) => name === satp)?.mode ?? 0;
  const has = (name: string): boolean => hasExtension(config, BY_NAME.get(name)!.bit);
  return (
    missing === undefined &&
    config.xlen === 64 &&
    (above === undefined || hasProfile(config, above)) &&
    config.privVersion >= privVersion &&
    config.satpMode >= mode &&
    extensions.every(has)
  );
}
