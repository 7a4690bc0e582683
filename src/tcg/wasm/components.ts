/** Strongly connected components with a cycle, of the subgraph of `members` (R. Tarjan, SIAM Journal on Computing 1, 1972; iterative). */
export function components(nodes: readonly { readonly succ: readonly number[] }[], members: readonly number[]): number[][] {
  const n = nodes.length;
  const isMember = new Uint8Array(n);
  for (const member of members) isMember[member] = 1;
  const index = new Int32Array(n).fill(-1);
  const low = new Int32Array(n);
  const onStack = new Uint8Array(n);
  const stack: number[] = [];
  const found: number[][] = [];
  let counter = 0;
  for (const root of members) {
    if (index[root] >= 0) continue;
    const work: [number, number][] = [[root, 0]];
    index[root] = low[root] = counter++;
    stack.push(root);
    onStack[root] = 1;
    while (work.length > 0) {
      const top = work[work.length - 1];
      const [v] = top;
      const succ = nodes[v].succ;
      if (top[1] < succ.length) {
        const w = succ[top[1]++];
        if (isMember[w] === 0) continue;
        if (index[w] < 0) {
          index[w] = low[w] = counter++;
          stack.push(w);
          onStack[w] = 1;
          work.push([w, 0]);
        } else if (onStack[w]) low[v] = Math.min(low[v], index[w]);
        continue;
      }
      work.pop();
      if (work.length > 0) {
        const parent = work[work.length - 1][0];
        low[parent] = Math.min(low[parent], low[v]);
      }
      if (low[v] !== index[v]) continue;
      const component: number[] = [];
      let w: number;
      do {
        w = stack.pop()!;
        onStack[w] = 0;
        component.push(w);
      } while (w !== v);
      if (component.length > 1 || succ.includes(v)) found.push(component);
    }
  }
  return found;
}
