/** Pages that were written, for several who ask, each since a moment of its own: the engine has one list. */
import type { DirtyPages } from '../hw/core/accelerator.js';

export class DirtyLog {
  /** What is not in the engine's list any more, by who asks. */
  private readonly earlier = new Map<object, Set<number>>();

  constructor(private readonly pages: DirtyPages) {}

  /** For `user` all pages are clean from now on. */
  begin(user: object): void {
    if (this.earlier.size > (this.earlier.has(user) ? 1 : 0)) this.note(this.pages.written(), user);
    const own = this.earlier.get(user);
    if (own) own.clear();
    else this.earlier.set(user, new Set());
    this.pages.watch();
  }

  /** Linear-memory addresses of those that were written since `user` began. */
  written(user: object): Iterable<number> {
    const own = this.earlier.get(user);
    const latest = this.pages.written();
    return own?.size ? new Set([...own, ...latest]) : latest;
  }

  /** These are not what they were, to all but `user`. */
  note(pages: Iterable<number>, user: object): void {
    const others = [...this.earlier].filter(([each]) => each !== user).map(([, set]) => set);
    if (others.length > 0) for (const page of pages) for (const set of others) set.add(page);
  }

  /** `user` takes these for written, too. */
  add(user: object, pages: Iterable<number>): void {
    const own = this.earlier.get(user);
    if (own) for (const page of pages) own.add(page);
  }

  /** It does not ask any more. */
  end(user: object): void {
    this.earlier.delete(user);
  }

  holdsCode(host: number, size: number): boolean {
    return this.pages.holdsCode(host, size);
  }
  restored(host: number, size: number): void {
    this.pages.restored(host, size);
  }
}
