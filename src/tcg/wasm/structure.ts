/**
 * From a control flow graph to wasm's blocks, loops and ifs: dominator tree, merge nodes as blocks around their dominator's code, loop
 * headers as loops (N. Ramsey, "Beyond Relooper", ICFP 2022). Irreducible graphs (a region entered in the middle of a loop is one) are first
 * made reducible: a loop with several entries gets one dispatch node as its head. Only edges into the loop's main header go through
 * it, and not those of an inner loop that has the same header: inner loops and straight code pay nothing.
 */
import { I32, Wasm, type Expr, type WasmModule } from './binaryen.js';
import { components } from './components.js';

const EQ = Wasm.eq[0];

export interface FlowNode {
  /** Successors, as node numbers; the same one may occur twice. */
  succ: number[];
  /**
   * Appends this node's code, including its terminator, to `list`. `go(k)` makes the jump to successor k: call it exactly once
   * for each k; what it returns never falls through.
   */
  emit(list: Expr[], go: (k: number) => Expr): void;
}

/** Renders the graph whose entry is node 0 (every node reachable). `newLocal` gives an i32 local. */
export function structure(module: WasmModule, nodes: FlowNode[], newLocal: () => number): Expr {
  const graph = new Graph(nodes);
  makeReducible(graph, module, newLocal);
  return render(graph, module);
}

class Graph {
  readonly nodes: FlowNode[];
  /** By node, by successor: code to run on the way (set the label of a dispatch node). */
  readonly onEdge: ((() => Expr) | undefined)[][];

  constructor(nodes: readonly FlowNode[]) {
    this.nodes = nodes.map((n) => ({ succ: n.succ.slice(), emit: n.emit.bind(n) }));
    this.onEdge = nodes.map(() => []);
  }

  /** Reverse postorder from node 0. */
  order(): number[] {
    const seen = new Uint8Array(this.nodes.length);
    const post: number[] = [];
    const stack: [number, number][] = [[0, 0]];
    seen[0] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const succ = this.nodes[top[0]].succ;
      // last successor first, so that the first one comes next in reverse postorder
      if (top[1] < succ.length) {
        const next = succ[succ.length - 1 - top[1]++];
        if (seen[next]) continue;
        seen[next] = 1;
        stack.push([next, 0]);
      } else {
        post.push(top[0]);
        stack.pop();
      }
    }
    return post.reverse();
  }
}

function makeReducible(graph: Graph, module: WasmModule, newLocal: () => number): void {
  const position = new Map(graph.order().map((node, i) => [node, i]));
  const work: number[][] = [[...position.keys()]];
  while (work.length > 0) {
    const members = work.pop()!;
    for (const component of components(graph.nodes, members)) {
      const inLoop = new Set(component);
      const entries = new Set<number>();
      for (const [from, node] of graph.nodes.entries()) {
        if (!inLoop.has(from)) for (const to of node.succ) if (inLoop.has(to)) entries.add(to);
      }
      if (entries.size <= 1) {
        const header = [...entries][0] ?? component[0];
        work.push(component.filter((node) => node !== header));
        continue;
      }
      const targets = [...entries].sort((a, b) => position.get(a)! - position.get(b)!);
      addDispatch(graph, module, targets, inLoop, newLocal());
      position.set(graph.nodes.length - 1, -1);
      work.push(component);
    }
  }
}

/** Makes a node that jumps to targets[label]; edges to targets[0], and edges from outside to the others, now lead there. */
function addDispatch(graph: Graph, module: WasmModule, targets: number[], inLoop: ReadonlySet<number>, label: number): void {
  const dispatch = graph.nodes.length;
  const inner = innerLoop(graph, targets, inLoop);
  for (const [from, node] of graph.nodes.entries()) {
    for (const [k, to] of node.succ.entries()) {
      const which = targets.indexOf(to);
      if (which < 0 || (which > 0 && inLoop.has(from)) || (which === 0 && inner.has(from))) continue;
      node.succ[k] = dispatch;
      const before = graph.onEdge[from][k];
      const setLabel = () => module.set(label, module.i32(which));
      graph.onEdge[from][k] = before ? () => module.sequence([before(), setLabel()]) : setLabel;
    }
  }
  graph.nodes.push({
    succ: targets.slice(),
    emit(list, go) {
      for (let k = 1; k < targets.length; k++) {
        const is = module.get(label, I32);
        list.push(module.if(targets.length === 2 ? is : module.binary(EQ, is, module.i32(k)), go(k)));
      }
      list.push(go(0));
    },
  });
  graph.onEdge.push([]);
}

/** Nodes of a loop that are only reached through targets[0], and from which it is reached again without another target. */
function innerLoop(graph: Graph, targets: readonly number[], inLoop: ReadonlySet<number>): ReadonlySet<number> {
  const preds = new Map([...inLoop].map((node) => [node, [] as number[]]));
  for (const from of inLoop) for (const to of graph.nodes[from].succ) preds.get(to)?.push(from);
  const [header] = targets;
  const inner = new Set<number>();
  for (const from of preds.get(header)!) {
    const way = new Set([from]);
    for (const node of way) if (node !== header) for (const pred of preds.get(node)!) way.add(pred);
    if (!targets.some((target) => target !== header && way.has(target))) for (const node of way) inner.add(node);
  }
  return inner;
}

function render(graph: Graph, module: WasmModule): Expr {
  const { nodes } = graph;
  const order = graph.order();
  const rpo = new Int32Array(nodes.length).fill(-1);
  for (let i = 0; i < order.length; i++) rpo[order[i]] = i;
  const preds: number[][] = nodes.map(() => []);
  for (const from of order) for (const to of nodes[from].succ) preds[to].push(from);
  const idom = dominators(order, rpo, preds);

  const isMerge = new Uint8Array(nodes.length);
  const isLoop = new Uint8Array(nodes.length);
  for (const node of order) {
    let forward = 0;
    for (const from of preds[node]) {
      if (rpo[from] >= rpo[node]) isLoop[node] = 1;
      else forward++;
    }
    if (forward > 1) isMerge[node] = 1;
  }
  const children: number[][] = nodes.map(() => []);
  for (const node of order) if (node !== 0 && isMerge[node]) children[idom[node]].push(node);

  const jump = (from: number, to: number): Expr => {
    if (rpo[to] <= rpo[from]) return module.br(`l${to}`);
    return isMerge[to] ? module.br(`b${to}`) : tree(to);
  };

  const tree = (node: number): Expr => {
    const body = within(node);
    return isLoop[node] ? module.loop(`l${node}`, body) : body;
  };

  // The code of a node, inside one block for each merge node that it dominates: the merge node that comes last is the outermost.
  const within = (node: number): Expr => {
    let list: Expr[] = [];
    nodes[node].emit(list, (k) => {
      const before = graph.onEdge[node][k];
      const go = jump(node, nodes[node].succ[k]);
      return before ? module.sequence([before(), go]) : go;
    });
    for (const merge of children[node]) list = [module.labelled(`b${merge}`, list), tree(merge)];
    return module.sequence(list);
  };

  return tree(0);
}

/** Immediate dominators (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm"). */
function dominators(order: readonly number[], rpo: Int32Array, preds: readonly number[][]): Int32Array {
  const idom = new Int32Array(rpo.length).fill(-1);
  idom[order[0]] = order[0];
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 1; i < order.length; i++) {
      const node = order[i];
      let best = -1;
      for (const pred of preds[node]) {
        if (idom[pred] < 0) continue;
        if (best < 0) {
          best = pred;
          continue;
        }
        let other = pred;
        while (other !== best) {
          while (rpo[other] > rpo[best]) other = idom[other];
          while (rpo[best] > rpo[other]) best = idom[best];
        }
      }
      if (idom[node] !== best) {
        idom[node] = best;
        changed = true;
      }
    }
  }
  return idom;
}
