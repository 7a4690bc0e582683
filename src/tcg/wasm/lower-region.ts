/** A region to one wasm function (env: i32, entry: i32) -> i32: its graph of entries and blocks. */
import { I32, Wasm, type Expr, type WasmModule } from './binaryen.js';
import { FunctionCode } from './function-code.js';
import { ENTRY } from './function-locals.js';
import { BlockCode } from './lower-block.js';
import { runPasses } from './pipeline.js';
import type { Region } from './region.js';
import { structure, type FlowNode } from './structure.js';
import type { TargetInfo } from './target-info.js';

/** Adds the region's function to the module, under `name`. `table`: where its part of the module's table begins. */
export function lowerRegion(module: WasmModule, name: string, region: Region, target: TargetInfo, table: number): void {
  const fn = new FunctionCode(module, runPasses(region, target), target, table);
  const body = structure(module, flowGraph(fn), () => fn.locals.create(I32));
  module.addFunction(name, [I32, I32], I32, fn.locals.types, body);
}

/** Entry code, then one node a reachable block. */
function flowGraph(fn: FunctionCode): FlowNode[] {
  const { cfg, region } = fn.facts;
  const { entries } = region;
  const stubs = entries.length > 1 ? entries.length : 0;
  const numberOf = new Int32Array(cfg.blocks.length).fill(-1);
  cfg.order.forEach((b, i) => (numberOf[b] = 1 + stubs + i));
  const start = (entry: number) => numberOf[cfg.startOf[entry]];
  const nodes: FlowNode[] = [];
  if (stubs === 0) {
    const emit: FlowNode['emit'] = (list, go) => {
      fn.enter(list);
      fn.loadLive(list, entries[0]);
      list.push(go(0));
    };
    nodes.push({ succ: [start(entries[0])], emit });
  } else {
    nodes.push({ succ: entries.map((_, i) => 1 + i), emit: (list, go) => emitDispatch(fn, list, go) });
    for (const entry of entries) {
      const emit: FlowNode['emit'] = (list, go) => {
        fn.loadLive(list, entry);
        list.push(go(0));
      };
      nodes.push({ succ: [start(entry)], emit });
    }
  }
  const blocks = new BlockCode(fn);
  for (const b of cfg.order) {
    nodes.push({ succ: cfg.blocks[b].succ.map((to) => numberOf[to]), emit: (list, go) => blocks.emit(b, list, go) });
  }
  return nodes;
}

function emitDispatch(fn: FunctionCode, list: Expr[], go: (k: number) => Expr): void {
  const { m } = fn;
  const n = fn.facts.region.entries.length;
  fn.enter(list);
  if (n === 2) {
    list.push(m.if(m.get(ENTRY, I32), go(1)), go(0));
    return;
  }
  const names = Array.from({ length: n }, (_, i) => `e${i}`);
  let inner: Expr[] = [m.brTable(names.slice(1), names[0], m.binary(Wasm.sub[0], m.get(ENTRY, I32), m.i32(1)))];
  for (let k = 0; k < n; k++) inner = [m.labelled(names[k], inner), go(k)];
  list.push(...inner);
}
