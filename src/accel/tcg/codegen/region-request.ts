/** From a hot TB to the request for its region's code: the region former's choice, and all that making it takes. */
import {
  TB_CFLAGS,
  TB_CS_BASE,
  TB_EXEC_COUNT,
  TB_FLAGS,
  TB_HOST0,
  TB_HOST1,
  TB_ICOUNT,
  TB_PC,
  TB_PHYS_PAGE0,
  TB_ROUNDS,
  TB_SIZE,
  TB_STATE,
  TB_STATE_CALLS,
} from '../../../../assembly/shared/layout.js';
import type { Injection } from '../../../tcg/instrument.js';
import type { IndirectLink } from '../../../tcg/wasm/region.js';
import type { RegionRecord } from './code-cache.js';
import type { RegionRequest, TbRequest } from './protocol.js';
import {
  describeRegion,
  formRegion,
  isRelative,
  noteTripCount,
  virtualPage,
  type FormedRegion,
  type RegionAt,
  type RegionLimits,
  type TbReader,
} from './regions.js';

/** What plugins have added to a TB. */
export type InjectionsOf = (tb: number) => readonly Injection[] | undefined;

export function requestRegion(
  tbs: TbReader,
  id: number,
  hot: number,
  limits: RegionLimits,
  regionAt: RegionAt,
  injectionsOf?: InjectionsOf,
): RegionRequest {
  const formed = formRegion(tbs, hot, limits, regionAt);
  for (const tb of formed.tbs) noteTripCount(tbs, tb);
  return requestOf(tbs, id, formed, injectionsOf);
}

/** For code that is there already: to look at it. */
export function requestAgain(tbs: TbReader, { id, tbs: list, entries }: RegionRecord, indirect: boolean): RegionRequest {
  return requestOf(tbs, id, { ...describeRegion(tbs, list, indirect), entries });
}

/** For TBs that somebody has put together. */
export function requestOf(tbs: TbReader, id: number, formed: FormedRegion, injectionsOf?: InjectionsOf): RegionRequest {
  const pages = virtualPages(tbs, formed.tbs);
  return {
    id,
    tbs: formed.tbs.map((tb, i) => ({ ...requestTb(tbs, tb, formed.links[i], formed.indirect[i], pages), injections: injectionsOf?.(tb) })),
    entries: formed.entries,
    tciInsns: formed.tbs.reduce((sum, tb) => sum + tbs.get(tb, TB_EXEC_COUNT) * tbs.get(tb, TB_ICOUNT), 0),
  };
}

/**
 * By physical page, where it was seen last: where TBs are from one another. A page that came with another address space than the others costs the jumps to it,
 * which look whether they lead there.
 */
function virtualPages(tbs: TbReader, list: readonly number[]): ReadonlyMap<number, number> {
  const pages = new Map<number, number>();
  const heat = new Map<number, number>();
  for (const tb of list) {
    const page = tbs.get(tb, TB_PHYS_PAGE0);
    if (heat.has(page) && tbs.get(tb, TB_EXEC_COUNT) <= heat.get(page)!) continue;
    heat.set(page, tbs.get(tb, TB_EXEC_COUNT));
    pages.set(page, virtualPage(tbs, tb));
  }
  return pages;
}

function requestTb(
  tbs: TbReader,
  tb: number,
  links: readonly [number, number],
  indirect: readonly IndirectLink[],
  pages: ReadonlyMap<number, number>,
): TbRequest {
  const get = (field: number) => tbs.get(tb, field);
  const { pageBits, pageSize } = tbs;
  const page = isRelative(tbs, tb) ? pages.get(get(TB_PHYS_PAGE0))! : virtualPage(tbs, tb);
  return {
    tb,
    links,
    indirect,
    pcLo: ((page * pageSize) % 2 ** 32) + (get(TB_PC) & (pageSize - 1)),
    pcHi: Math.floor(page / 2 ** (32 - pageBits)),
    flags: get(TB_FLAGS),
    csBase: get(TB_CS_BASE),
    cflags: get(TB_CFLAGS),
    host0: get(TB_HOST0),
    host1: get(TB_HOST1),
    icount: get(TB_ICOUNT),
    size: get(TB_SIZE),
    sideExitOnMiss: (get(TB_STATE) & TB_STATE_CALLS) === 0,
    tripCount: get(TB_ROUNDS),
  };
}
