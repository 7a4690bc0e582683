// Break- and watchpoints: what a debugger has set (QEMU's cpu->breakpoints and cpu->watchpoints), as two tables that all vCPUs share. Who changes them has TBs and
// TLBs forget what they no longer go by: tb/breakpoints.ts, tlb/watchpoints.ts.
import {
  BREAKPOINTS_MAX, ENGINE_BREAKPOINTS, ENGINE_POINTS, ENGINE_WATCHPOINTS, POINT_CPU, POINT_FIRST, POINT_FLAGS, POINT_LAST, POINT_SIZE, WATCHPOINTS_MAX,
} from '../shared/layout';
import { arenaAllocPermanent } from './arena';
import { engine, lock, unlock } from './engine';

/** False: no room in the arena. */
export function pointsInit(): bool {
  const tables = arenaAllocPermanent((BREAKPOINTS_MAX + WATCHPOINTS_MAX) * POINT_SIZE);
  store<usize>(engine, tables, ENGINE_POINTS);
  return tables != 0;
}

/** A table goes by the engine's field that counts its records. */
function tableOf(counter: usize): usize {
  const breakpoints = load<usize>(engine, ENGINE_POINTS);
  return counter == ENGINE_WATCHPOINTS ? breakpoints + BREAKPOINTS_MAX * POINT_SIZE : breakpoints;
}

function roomOf(counter: usize): u32 {
  return counter == ENGINE_WATCHPOINTS ? WATCHPOINTS_MAX : BREAKPOINTS_MAX;
}

@inline
export function countOf(counter: usize): u32 {
  return load<u32>(engine + counter);
}

/** `env`: 0 for all vCPUs. False: the table is full. */
export function pointAdd(counter: usize, env: usize, first: u64, last: u64, flags: u32): bool {
  lock();
  const count = countOf(counter);
  const hasRoom = count < roomOf(counter);
  if (hasRoom) {
    const point = tableOf(counter) + count * POINT_SIZE;
    store<u64>(point, first, POINT_FIRST);
    store<u64>(point, last, POINT_LAST);
    store<usize>(point, env, POINT_CPU);
    store<u32>(point, flags, POINT_FLAGS);
    store<u32>(engine + counter, count + 1);
  }
  unlock();
  return hasRoom;
}

/** Takes out one that is just so. False: there is none. */
export function pointRemove(counter: usize, env: usize, first: u64, last: u64, flags: u32): bool {
  lock();
  const table = tableOf(counter);
  const end = table + countOf(counter) * POINT_SIZE;
  let found = false;
  for (let point = table; point < end && !found; point += POINT_SIZE) {
    if (load<u64>(point, POINT_FIRST) != first || load<u64>(point, POINT_LAST) != last) continue;
    if (load<usize>(point, POINT_CPU) != env || load<u32>(point, POINT_FLAGS) != flags) continue;
    drop(counter, point, end);
    found = true;
  }
  unlock();
  return found;
}

/** Whether a vCPU (0: what is for all) has any with a flag of `flags`. */
export function pointsHave(counter: usize, env: usize, flags: u32): bool {
  const table = tableOf(counter);
  const end = table + countOf(counter) * POINT_SIZE;
  for (let point = table; point < end; point += POINT_SIZE) {
    if (load<usize>(point, POINT_CPU) == env && (load<u32>(point, POINT_FLAGS) & flags) != 0) return true;
  }
  return false;
}

/** Takes out all of a vCPU (0: that are for all) with a flag of `flags`. Returns how many. */
export function pointsRemove(counter: usize, env: usize, flags: u32): u32 {
  lock();
  const table = tableOf(counter);
  const before = countOf(counter);
  for (let point = table + before * POINT_SIZE; point > table; ) {
    point -= POINT_SIZE;
    if (load<usize>(point, POINT_CPU) == env && (load<u32>(point, POINT_FLAGS) & flags) != 0) drop(counter, point, table + countOf(counter) * POINT_SIZE);
  }
  unlock();
  return before - countOf(counter);
}

/** The last record goes where one is taken out. */
function drop(counter: usize, point: usize, end: usize): void {
  memory.copy(point, end - POINT_SIZE, POINT_SIZE);
  store<u32>(engine + counter, countOf(counter) - 1);
}

/** The first record of a vCPU that overlaps first .. last, with a flag of `access` (0: a breakpoint) and one of `owner`; 0: none. */
export function pointOver(counter: usize, env: usize, first: u64, last: u64, access: u32, owner: u32): usize {
  const table = tableOf(counter);
  const end = table + countOf(counter) * POINT_SIZE;
  for (let point = table; point < end; point += POINT_SIZE) {
    if (load<u64>(point, POINT_FIRST) > last || load<u64>(point, POINT_LAST) < first || !isOf(load<u32>(point, POINT_FLAGS), access, owner)) continue;
    const cpu = load<usize>(point, POINT_CPU);
    if (cpu == 0 || cpu == env) return point;
  }
  return 0;
}

@inline
function isOf(flags: u32, access: u32, owner: u32): bool {
  return (flags & owner) != 0 && (access == 0 || (flags & access) != 0);
}

/** The lowest address first .. last at which a vCPU (0: any) has a breakpoint; u64.MAX_VALUE: there is none. */
export function breakpointFrom(env: usize, first: u64, last: u64): u64 {
  let lowest = u64.MAX_VALUE;
  const table = tableOf(ENGINE_BREAKPOINTS);
  const end = table + countOf(ENGINE_BREAKPOINTS) * POINT_SIZE;
  for (let point = table; point < end; point += POINT_SIZE) {
    const pc = load<u64>(point, POINT_FIRST);
    const cpu = load<usize>(point, POINT_CPU);
    if (pc >= first && pc <= last && pc < lowest && (env == 0 || cpu == 0 || cpu == env)) lowest = pc;
  }
  return lowest;
}

/** Whether a vCPU has a breakpoint of `owner` (BP_GDB, BP_CPU) at `pc`. Costs a load where there is none at all. */
@inline
export function breakpointAt(env: usize, pc: u64, owner: u32): bool {
  return countOf(ENGINE_BREAKPOINTS) != 0 && pointOver(ENGINE_BREAKPOINTS, env, pc, pc, 0, owner) != 0;
}
