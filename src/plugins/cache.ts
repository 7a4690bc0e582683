/** What caches would do for the guest: L1 for instructions and for data of each core, and a common kind of L2, as QEMU's `cache`. */
import { definePlugin } from '../plugin/api.js';
import { Cache, POLICIES, shapeProblem, type CacheShape, type Policy } from './cache-model.js';

interface Missing {
  readonly disassembly: string;
  readonly symbol: string | undefined;
  data: number;
  fetch: number;
  l2: number;
}

interface Core {
  readonly fetch: Cache;
  readonly data: Cache;
  readonly l2: Cache | undefined;
}

const rate = ({ accesses, misses }: Totals): string => `${accesses === 0 ? '0.0000' : ((100 * misses) / accesses).toFixed(4)}%`;
interface Totals {
  readonly accesses: number;
  readonly misses: number;
}

export default definePlugin({
  name: 'cache',
  description: 'models caches by physical addresses, and tells which instructions miss',
  args: {
    icachesize: { help: 'bytes of the instruction cache', default: 16384 },
    iblksize: { help: 'bytes of its blocks', default: 64 },
    iassoc: { help: 'blocks of its sets', default: 8 },
    dcachesize: { help: 'the same of the data cache', default: 16384 },
    dblksize: { help: '', default: 64 },
    dassoc: { help: '', default: 8 },
    l2: { help: 'there is a second level', default: false },
    l2cachesize: { help: 'the same of that', default: 2097152 },
    l2blksize: { help: '', default: 64 },
    l2assoc: { help: '', default: 16 },
    evict: { help: 'what is thrown out', default: 'lru', oneOf: POLICIES },
    cores: { help: 'with caches of their own; default: as many as vCPUs', type: 'number' },
    limit: { help: 'tell of so many instructions', default: 32 },
  },
  install(api, args) {
    const make = (name: string, shape: CacheShape): (() => Cache) => {
      const problem = shapeProblem(shape);
      if (problem !== undefined) throw new Error(`${name}: ${problem}`);
      return () => new Cache(shape, args.evict as Policy);
    };
    const fetchCache = make('icache', { size: args.icachesize, block: args.iblksize, ways: args.iassoc });
    const dataCache = make('dcache', { size: args.dcachesize, block: args.dblksize, ways: args.dassoc });
    const l2Cache = make('L2', { size: args.l2cachesize, block: args.l2blksize, ways: args.l2assoc });
    const count = args.cores ?? api.info.vcpus;
    if (count < 1) throw new Error('there is at least one core');
    const cores = Array.from({ length: count }, (): Core => {
      return { fetch: fetchCache(), data: dataCache(), l2: args.l2 ? l2Cache() : undefined };
    });
    const insns = new Map<bigint, Missing>();

    api.onTranslate(({ insns: list }) => {
      for (const insn of list) {
        let missing = insns.get(insn.haddr);
        if (!missing) insns.set(insn.haddr, (missing = { disassembly: insn.disassembly, symbol: insn.symbol, data: 0, fetch: 0, l2: 0 }));
        const at = Number(insn.haddr);
        const counts = missing;
        insn.onMemory('both', ({ index }, info) => {
          const place = info.place();
          if (!place || place.isDevice) return;
          const { data, l2 } = cores[index % count];
          if (data.access(Number(place.address))) return;
          counts.data++;
          if (l2 && !l2.access(Number(place.address))) counts.l2++;
        });
        insn.onExec(({ index }) => {
          const { fetch, l2 } = cores[index % count];
          if (fetch.access(at)) return;
          counts.fetch++;
          if (l2 && !l2.access(at)) counts.l2++;
        });
      }
    });

    api.onExit(() => {
      const columns = ['core #, data accesses, data misses, dmiss rate, insn accesses, insn misses, imiss rate'];
      if (args.l2) columns.push('l2 accesses, l2 misses, l2 miss rate');
      api.outs(`${columns.join(', ')}\n`);
      const row = (name: string, list: readonly Core[]): void => {
        const total = (of: (core: Core) => Totals | undefined): Totals => ({
          accesses: list.reduce((sum, core) => sum + (of(core)?.accesses ?? 0), 0),
          misses: list.reduce((sum, core) => sum + (of(core)?.misses ?? 0), 0),
        });
        const parts = [total(({ data }) => data), total(({ fetch }) => fetch), ...(args.l2 ? [total(({ l2 }) => l2)] : [])];
        api.outs(`${name}, ${parts.map((part) => `${part.accesses}, ${part.misses}, ${rate(part)}`).join(', ')}\n`);
      };
      cores.forEach((core, i) => row(String(i), [core]));
      if (cores.length > 1) row('sum', cores);
      const worst = (what: 'data' | 'fetch' | 'l2', title: string): void => {
        api.outs(`\naddress, ${title} misses, instruction\n`);
        const found = [...insns].filter(([, each]) => each[what] > 0).sort((a, b) => b[1][what] - a[1][what]);
        for (const [address, each] of found.slice(0, args.limit))
          api.outs(
            `0x${address.toString(16)}${each.symbol === undefined ? '' : ` (${each.symbol})`}, ${each[what]}, ${each.disassembly}\n`,
          );
      };
      worst('data', 'data');
      worst('fetch', 'fetch');
      if (args.l2) worst('l2', 'L2');
    });
  },
});
