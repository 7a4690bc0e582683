/** TBs of a ring at most. */
const MAX_RING = 4;

/** A shortest ring through TB `head` (a pointer, or an index in a region), none of whose other TBs is a loop by itself. `next`: where a TB's direct jumps lead. */
export function findRing(head: number, next: (tb: number) => readonly number[]): number[] | undefined {
  let paths: number[][] = [[head]];
  for (let length = 1; length <= MAX_RING && paths.length > 0; length++) {
    const longer: number[][] = [];
    for (const path of paths) {
      for (const to of next(path.at(-1)!)) {
        if (to === head) return path;
        if (!path.includes(to) && !next(to).includes(to)) longer.push([...path, to]);
      }
    }
    paths = longer;
  }
  return undefined;
}
