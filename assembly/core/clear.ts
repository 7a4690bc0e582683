// Memory that another machine is to get: zeroed, without touching the pages that no guest has touched, since those cost the host nothing.

const PAGE: usize = 4096;

/**
 * Zeroes [start, end), both multiples of the page size. Returns how many bytes were in pages that were not zero; above `most` it has given up, and
 * memory is as it was from there on.
 */
export function memoryClear(start: usize, end: usize, most: usize): usize {
  let cleared: usize = 0;
  for (let page = start; page < end; page += PAGE) {
    if (isZero(page)) continue;
    cleared += PAGE;
    if (cleared > most) return cleared;
    memory.fill(page, 0, PAGE);
  }
  return cleared;
}

function isZero(page: usize): bool {
  let any: v128 = i32x4.splat(0);
  for (let at = page; at < page + PAGE; at += 64) {
    any = v128.or(any, v128.or(v128.or(v128.load(at), v128.load(at, 16)), v128.or(v128.load(at, 32), v128.load(at, 48))));
  }
  return !v128.any_true(any);
}
