/** QMP's commands about memory (QAPI machine.json, dump.json). */
import { command, NOTHING, type QmpCommand, type QmpContext } from './command.js';
import { DumpQueryResult } from './events.js';
import { bool, EMPTY, enumeration, int, list, optional, QmpError, str, struct, uint64 } from './schema.js';

const FORMATS = [
  'elf',
  'kdump-zlib',
  'kdump-lzo',
  'kdump-snappy',
  'kdump-raw-zlib',
  'kdump-raw-lzo',
  'kdump-raw-snappy',
  'win-dmp',
] as const;
const DumpGuestMemoryFormat = enumeration('DumpGuestMemoryFormat', FORMATS);

const FILE = 'file:';
/** More than this is no size of guest memory. */
const MOST = 1n << 53n;

function sizeOf(size: bigint, val: bigint): number {
  if (size >= MOST) throw new QmpError(`Invalid addr 0x${val.toString(16).padStart(16, '0')}/size ${size} specified`);
  return Number(size);
}

async function dump(
  { control }: QmpContext,
  args: { protocol: string; detach?: boolean; format?: string; paging: boolean; begin?: bigint; length?: bigint },
) {
  const { protocol, detach = false, format = 'elf', paging, begin, length } = args;
  if (begin !== undefined && length === undefined) throw new QmpError("Parameter 'length' is missing");
  if (begin === undefined && length !== undefined) throw new QmpError("Parameter 'begin' is missing");
  if (!protocol.startsWith(FILE))
    throw new QmpError(`parameter 'protocol' must start with '${FILE}': file descriptors are not passed here`);
  if (format !== 'elf') throw new QmpError(`the format '${format}' is not built yet: only 'elf' is`);
  const work = control.dumpGuestMemory(protocol.slice(FILE.length), { paging, begin, length });
  if (detach)
    work.catch(() => {}); // DUMP_COMPLETED and query-dump tell
  else await work;
  return NOTHING;
}

export const MEMORY_COMMANDS: readonly QmpCommand[] = [
  command('memsave', { val: uint64, size: uint64, filename: str, 'cpu-index': optional(int) }, EMPTY, async ({ control }, args) => {
    const cpu = control.cpus[args['cpu-index'] ?? 0];
    if (!cpu) throw new QmpError("Parameter 'cpu-index' expects a CPU number");
    await control.saveMemory(cpu, args.val, sizeOf(args.size, args.val), args.filename);
    return NOTHING;
  }),
  command('pmemsave', { val: uint64, size: uint64, filename: str }, EMPTY, async ({ control }, { val, size, filename }) => {
    await control.saveMemory('physical', val, sizeOf(size, val), filename);
    return NOTHING;
  }),
  command(
    'dump-guest-memory',
    {
      ...{ paging: bool, protocol: str, detach: optional(bool) },
      ...{ begin: optional(uint64), length: optional(uint64), format: optional(DumpGuestMemoryFormat) },
    },
    EMPTY,
    dump,
  ),
  command('query-dump', {}, DumpQueryResult, ({ control }) => ({ ...control.dump.status })),
  command('query-dump-guest-memory-capability', {}, struct('DumpGuestMemoryCapability', { formats: list(DumpGuestMemoryFormat) }), () => ({
    formats: ['elf'] as const,
  })),
  command(
    'query-memory-size-summary',
    {},
    struct('MemoryInfo', { 'base-memory': int, 'plugged-memory': optional(int) }),
    ({ control }) => ({ 'base-memory': control.machine.ramSize }),
  ),
];
