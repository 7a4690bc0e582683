// What plugins have put into code (src/tcg/instrument.ts): calls of the host, and scores, which are u64 cells of each vCPU's own.
import { EDGE_MAP_SIZE, EDGE_PREVIOUS } from './shared/layout';
import { pluginCall, pluginMem } from './core/host';
import { vcpu } from './core/vcpu';

// Conditions of src/tcg/opcodes.ts, of unsigned numbers.
const EQ = 0;
const NE = 1;
const LTU = 6;
const GEU = 7;
const LEU = 8;

@inline
function score(env: usize, cell: u64): usize {
  return vcpu(env).scores + 8 * (cell as usize);
}

export function helper_plugin_add(env: usize, cell: u64, value: u64): void {
  const at = score(env, cell);
  store<u64>(at, load<u64>(at) + value);
}

export function helper_plugin_store(env: usize, cell: u64, value: u64): void {
  store<u64>(score(env, cell), value);
}

/**
 * Counts the way from the block before to this one, in the edge map that begins at `cell`: AFL's hash, so that A to B is not B to A, and A to A not 0. A
 * counter goes from 255 to 1: who has run is never 0.
 */
export function helper_plugin_edge(env: usize, cell: u64, location: u64): void {
  const map = score(env, cell);
  const at = map + (((load<u32>(map, EDGE_PREVIOUS) ^ (location as u32)) & (EDGE_MAP_SIZE - 1)) as usize);
  const count: u32 = load<u8>(at);
  store<u8>(at, (count + 1 + ((count == 0xff) as u32)) as u8);
  store<u32>(map, (location >> 1) as u32, EDGE_PREVIOUS);
}

export function helper_plugin_call(env: usize, id: u64): void {
  pluginCall(env, id as u32);
}

export function helper_plugin_cond(env: usize, id: u64, cell: u64, cond: u64, value: u64): void {
  const found = load<u64>(score(env, cell));
  let holds: bool;
  switch (cond as i32) {
    case EQ: holds = found == value; break;
    case NE: holds = found != value; break;
    case LTU: holds = found < value; break;
    case GEU: holds = found >= value; break;
    case LEU: holds = found <= value; break;
    default: holds = found > value;
  }
  if (holds) pluginCall(env, id as u32);
}

/** `id`: the callback, and what the access is, in its upper half. */
export function helper_plugin_mem(env: usize, id: u64, address: u64, value: u64): void {
  pluginMem(env, id as u32, (id >> 32) as u32, address, value, 0, 0);
}

/** The store of an atomic access: `value` is what was there, `operand` and `other` are the access's. */
export function helper_plugin_rmw(env: usize, id: u64, address: u64, value: u64, operand: u64, other: u64): void {
  pluginMem(env, id as u32, (id >> 32) as u32, address, value, operand, other);
}

// The same for callbacks that read the guest's registers, or write them: what code does about these is in its helper table.
export function helper_plugin_call_r(env: usize, id: u64): void {
  helper_plugin_call(env, id);
}
export function helper_plugin_call_rw(env: usize, id: u64): void {
  helper_plugin_call(env, id);
}
export function helper_plugin_cond_r(env: usize, id: u64, cell: u64, cond: u64, value: u64): void {
  helper_plugin_cond(env, id, cell, cond, value);
}
export function helper_plugin_cond_rw(env: usize, id: u64, cell: u64, cond: u64, value: u64): void {
  helper_plugin_cond(env, id, cell, cond, value);
}
export function helper_plugin_mem_r(env: usize, id: u64, address: u64, value: u64): void {
  helper_plugin_mem(env, id, address, value);
}
export function helper_plugin_mem_rw(env: usize, id: u64, address: u64, value: u64): void {
  helper_plugin_mem(env, id, address, value);
}
export function helper_plugin_rmw_r(env: usize, id: u64, address: u64, value: u64, operand: u64, other: u64): void {
  helper_plugin_rmw(env, id, address, value, operand, other);
}
export function helper_plugin_rmw_rw(env: usize, id: u64, address: u64, value: u64, operand: u64, other: u64): void {
  helper_plugin_rmw(env, id, address, value, operand, other);
}
