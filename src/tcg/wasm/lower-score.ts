/** What plugins count, without a call: adding to a score or storing it, the comparison that a callback depends on, and edges (HelperDef.score). */
import { EDGE_MAP_SIZE, EDGE_PREVIOUS, ENV_SCORES } from '../../../assembly/shared/layout.js';
import { TempKind } from '../ir-buffer.js';
import { Cond, type HelperDef } from '../opcodes.js';
import { I32, I64, NONE, Wasm, type Expr, type WasmModule } from './binaryen.js';
import type { TbIr } from './region.js';

/** Of unsigned numbers. */
const CONDITIONS = new Map<number, number>([
  [Cond.EQ, Wasm.eq[1]],
  [Cond.NE, Wasm.ne[1]],
  [Cond.LTU, Wasm.ltU[1]],
  [Cond.GEU, Wasm.geU[1]],
  [Cond.LEU, Wasm.leU[1]],
  [Cond.GTU, Wasm.gtU[1]],
]);

/** The code of the call at word p, if its helper is one of these; undefined: it must be a call. `scratch` is an i32 local. */
export function lowerScore(
  m: WasmModule,
  { name, score, noReadGlobals }: HelperDef,
  ir: TbIr,
  p: number,
  scratch: () => number,
): Expr | undefined {
  if (score === undefined || (score === 'cond' && !noReadGlobals)) return undefined;
  const args = [3, 4, 5, 6].map((at) => ir.ops[p + at]);
  const constants = args.map((temp) => (temp >= 0 && ir.tempKind[temp] === TempKind.Const ? constant(ir, temp) : undefined));
  const number = (at: number): bigint => {
    const value = constants[at];
    if (value === undefined) throw new RangeError(`${name}: argument ${at} is no constant`);
    return value;
  };
  const scores = (): Expr => m.loadEnv(4, false, I32, ENV_SCORES);
  if (score === 'cond') {
    const [id, cell, cond, value] = [0, 1, 2, 3].map(number);
    const operator = CONDITIONS.get(Number(cond));
    if (operator === undefined) throw new RangeError(`${name}: no condition ${cond}`);
    m.importFunction('helper_plugin_call', [I32, I64], NONE);
    const found = m.load(8, false, I64, scores(), 8 * Number(cell));
    return m.if(m.binary(operator, found, m.i64(value)), m.call('helper_plugin_call', [m.env(), m.i64(id)], NONE));
  }
  const offset = 8 * Number(number(0));
  if (score === 'edge') {
    // assembly/plugin.ts, helper_plugin_edge
    const [map, at] = [scratch(), scratch()];
    const location = Number(number(1));
    const previous = m.load(4, false, I32, m.tee(map, scores(), I32), offset + EDGE_PREVIOUS);
    const place = m.binary(Wasm.and[0], m.binary(Wasm.xor[0], previous, m.i32(location)), m.i32(EDGE_MAP_SIZE - 1));
    const count = (): Expr => m.load(1, false, I32, m.get(at, I32), offset);
    const next = m.binary(Wasm.add[0], m.binary(Wasm.add[0], count(), m.i32(1)), m.binary(Wasm.eq[0], count(), m.i32(0xff)));
    return m.sequence([
      m.set(at, m.binary(Wasm.add[0], place, m.get(map, I32))),
      m.store(1, I32, m.get(at, I32), next, offset),
      m.store(4, I32, m.get(map, I32), m.i32(location >>> 1), offset + EDGE_PREVIOUS),
    ]);
  }
  const value = m.i64(number(1));
  if (score === 'store') return m.store(8, I64, scores(), value, offset);
  const at = scratch();
  const sum = m.binary(Wasm.add[1], m.load(8, false, I64, m.get(at, I32), offset), value);
  return m.store(8, I64, m.tee(at, scores(), I32), sum, offset);
}

const constant = ({ constLo, constHi }: TbIr, temp: number): bigint => (BigInt(constHi[temp]) << 32n) | BigInt(constLo[temp] >>> 0);
