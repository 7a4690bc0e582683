/** What `info qom-tree`, `info qtree` and `info mtree` say, one fact a line, so that two machines can be compared node by node. */

/** Each node with its type: `/machine/soc0/harts[0] rv64-riscv-cpu`. Numbers of `device[n]` depend on what else is there: their types stand in their place. */
export function qomFacts(text: string): string[] {
  const path: string[] = [];
  return nodes(text, /^\/(.*) \((.*)\)$/).flatMap(([depth, name, type]) => {
    if (type === 'irq') return [];
    path.length = depth;
    path.push(name.replace(/^device\[\d+\]$/, `device(${type})`));
    return [`/${path.join('/')} ${type}`];
  });
}

/** Buses, devices in their order (`main-system-bus virtio-mmio.7`, counted by type from the last), and what each has. */
export function qtreeFacts(text: string): string[] {
  const facts: string[] = [];
  const path: { depth: number; name: string }[] = [];
  const counts = new Map<string, number>();
  for (const [depth, line] of nodes(text, /^(.*)$/)) {
    while (path.length > 0 && path.at(-1)!.depth >= depth) path.pop();
    const above = path.map(({ name }) => name).join(' ');
    const bus = /^bus: (.*)$/.exec(line)?.[1];
    const [, type, id] = /^dev: (.*), id "(.*)"$/.exec(line) ?? [];
    if (bus !== undefined) path.push({ depth, name: bus });
    else if (type !== undefined) {
      const count = counts.get(`${above} ${type}`) ?? 0;
      counts.set(`${above} ${type}`, count + 1);
      path.push({ depth, name: `${type}.${count}` });
      facts.push(`${above} has ${type}.${count} '${id}'`);
    } else facts.push(`${above}: ${line}`);
  }
  return facts;
}

/** The regions of each address space, and of what is only seen through aliases, with the one around each. */
export function mtreeFacts(text: string): string[] {
  const facts: string[] = [];
  for (const part of text.split('\n\n')) {
    const heads = [...part.matchAll(/^(address-space|memory-region): (.*)$/gm)];
    const regions = nodes(part.replace(/^\S.*\n?/gm, ''), /^(\S+) \(prio (-?\d+), (\S+)\): (.*)$/);
    for (const [, kind, name] of heads) {
      const around: string[] = [];
      for (const [depth, range, priority, what, region] of regions) {
        around.length = depth - 1;
        facts.push(`${kind} ${name}: ${[...around, region].join(' / ')} ${range} ${what} ${priority}`);
        around.push(region);
      }
    }
  }
  return facts;
}

/**
 * What each address space comes to, and each view's ranges: `memory, root system: view of system`, `view of system: 0000000080000000-0000000087ffffff (prio 0,
 * ram): riscv_virt_board.ram`. In `folded` views addresses count modulo that.
 */
export function flatFacts(text: string, folded: Readonly<Record<string, bigint>> = {}): string[] {
  return text.split('\n\n').flatMap((view) => {
    const root = /^ Root memory region: (.*)$/m.exec(view)?.[1] ?? '';
    const at = (address: string): string => hex(BigInt(`0x${address}`) % (folded[root] ?? 1n << 64n));
    return [
      ...[...view.matchAll(/^ AS "(.*)", root: (.*)$/gm)].map(([, name, own]) => `${name}, root ${own}: view of ${root}`),
      ...[...view.matchAll(/^ {2}(\w{16})-(\w{16})( .*)$/gm)].map(
        ([, first, last, what]) => `view of ${root}: ${at(first)}-${at(last)}${what}`,
      ),
      ...(view.includes('No rendered FlatView') ? [`view of ${root}: nothing`] : []),
    ];
  });
}

/** Where what accesses are dispatched to is not what a view says: QEMU's pages of several regions and its nodes left out, which are how it finds them. */
export function dispatchFaults(text: string): string[] {
  return text.split('\n\n').flatMap((view) => {
    const ranges = [...view.matchAll(/^ {2}(\w{16})-(\w{16}) \(.*?\): (\S+)/gm)].map(
      ([, first, last, name]) => `${first}..${last} ${name}`,
    );
    const sections = [...view.matchAll(/^ {6}#\d+ @(\w{16}\.\.\w{16} (?!\(noname\))\S+)/gm)].map(([, section]) => section);
    return [...ranges.filter((each) => !sections.includes(each)), ...sections.filter((each) => !ranges.includes(each))];
  });
}

/** Whose each region of `info mtree -o` is, each once: `simm.0 owner:{dev path=/machine/unattached/device(rs6000-mc)}`. `qomTree` tells what devices are. */
export function ownerFacts(text: string, qomTree: string): string[] {
  const types = new Map([...qomTree.matchAll(/^ {4}\/(device\[\d+\]) \((.*)\)$/gm)].map(([, name, type]) => [name, `device(${type})`]));
  const facts = [...text.matchAll(/^ +\w+-\w+ \(.*?\): (.*)$/gm)].map(([, region]) =>
    region.replace(/ @[\da-f]{16}|(?<=alias \S+ @\S+) \w{16}-\w{16}/, '').replaceAll(/device\[\d+\]/g, (name) => types.get(name) ?? name),
  );
  return [...new Set(facts)];
}

const hex = (address: bigint): string => address.toString(16).padStart(16, '0');

/** Depth, and what the pattern finds, of every line that it fits. */
function nodes(text: string, pattern: RegExp): [depth: number, ...groups: string[]][] {
  return text.split('\n').flatMap((line): [number, ...string[]][] => {
    const match = pattern.exec(line.trim());
    return line.trim() === '' || !match ? [] : [[line.search(/\S/) / 2, ...match.slice(1)]];
  });
}
