/** QMP's commands about CPU models (QAPI machine-target.json). */
import { flatten } from '../qom/option-list.js';
import { OptionError } from '../util/errors.js';
import { command, type QmpCommand, type QmpContext } from './command.js';
import { any, bool, enumeration, list, optional, QmpError, str, struct } from './schema.js';

const CpuDefinitionInfo = struct('CpuDefinitionInfo', {
  ...{ name: str, 'migration-safe': optional(bool), static: bool, 'unavailable-features': optional(list(str)) },
  ...{ typename: str, 'alias-of': optional(str), deprecated: bool },
});
const CpuModelInfo = struct('CpuModelInfo', { name: str, props: optional(any) });
const CpuModelExpansionType = enumeration('CpuModelExpansionType', ['static', 'full']);

function expand({ cpuModels }: QmpContext, type: 'static' | 'full', name: string, props: unknown) {
  if (!cpuModels?.expand || type !== 'full') throw new QmpError('The requested expansion type is not supported');
  if (props !== undefined && (typeof props !== 'object' || props === null || Array.isArray(props)))
    throw new QmpError("Invalid parameter type for 'model.props', expected: object");
  try {
    const told = cpuModels.expand(name, {});
    for (const [key, value] of Object.entries(props ?? {}))
      if (typeof told[key] === 'boolean' && typeof value !== 'boolean')
        throw new QmpError(`Invalid parameter type for 'model.props.${key}', expected: boolean`);
    return cpuModels.expand(name, Object.fromEntries(flatten(props ?? {})));
  } catch (error) {
    throw error instanceof OptionError ? new QmpError(error.what) : error;
  }
}

export const CPU_COMMANDS: readonly QmpCommand[] = [
  command('query-cpu-definitions', {}, list(CpuDefinitionInfo), ({ cpuModels }) =>
    (cpuModels?.list() ?? []).map(({ name, typeName, aliasOf, isStatic = false }) => ({
      ...{ name, typename: typeName, static: isStatic, deprecated: false, 'alias-of': aliasOf },
    })),
  ),
  command(
    'query-cpu-model-expansion',
    { type: CpuModelExpansionType, model: CpuModelInfo },
    struct('CpuModelExpansionInfo', { model: CpuModelInfo }),
    (context, { type, model: { name, props } }) => ({ model: { name, props: expand(context, type, name, props) } }),
  ),
];
