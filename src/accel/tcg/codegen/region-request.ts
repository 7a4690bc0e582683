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
  TB_ROUNDS,
  TB_SIZE,
  TB_STATE,
  TB_STATE_CALLS,
} from '../../../../assembly/shared/layout.js';
import type { IndirectLink } from '../../../tcg/wasm/region.js';
import type { RegionRequest, TbRequest } from './protocol.js';
import { formRegion, noteTripCount, type RegionAt, type RegionLimits, type TbReader } from './regions.js';

export function requestRegion(tbs: TbReader, id: number, hot: number, limits: RegionLimits, regionAt: RegionAt): RegionRequest {
  const formed = formRegion(tbs, hot, limits, regionAt);
  for (const tb of formed.tbs) noteTripCount(tbs, tb);
  return {
    id,
    tbs: formed.tbs.map((tb, i) => requestTb(tbs, tb, formed.links[i], formed.indirect[i])),
    entries: formed.entries,
    tciInsns: formed.tbs.reduce((sum, tb) => sum + tbs.get(tb, TB_EXEC_COUNT) * tbs.get(tb, TB_ICOUNT), 0),
  };
}

function requestTb(tbs: TbReader, tb: number, links: readonly [number, number], indirect: readonly IndirectLink[]): TbRequest {
  const get = (field: number) => tbs.get(tb, field);
  return {
    tb,
    links,
    indirect,
    pcLo: get(TB_PC),
    pcHi: get(TB_PC + 4),
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
