/** The snapshot that the next one may build on, and what has been written since it was saved or loaded. */
import { isBroken, MOST_LINKS, SnapshotChain, type FindParent } from '../migration/chain.js';
import type { DirtyLog } from '../migration/dirty-log.js';
import type { SnapshotTools } from '../migration/format.js';
import type { ParentRef } from '../migration/head.js';
import type { Changes } from '../migration/image.js';

interface Base {
  readonly name: string;
  readonly digest: string;
  /** How many files it is. */
  readonly links: number;
}

export class SnapshotBase {
  private base: Base | undefined;
  /** One is on its way to a file: of how many files it will be, and what had been written since the base. */
  private saving: { readonly links: number; readonly pages: Iterable<number> } | undefined;

  constructor(private readonly dirty: DirtyLog) {}

  /** If it is not there any more, or another one now, nothing builds on it: the next one has all of memory. */
  async check(find: FindParent, tools: SnapshotTools): Promise<void> {
    const { base } = this;
    const file = base && (await find(base));
    if (!file) return this.drop();
    try {
      const chain = await SnapshotChain.open(file, tools, find);
      chain.close();
      if (chain.digest !== base.digest) this.drop();
    } catch (error) {
      if (!isBroken(error)) throw error;
      this.drop();
    } finally {
      file.close();
    }
  }

  /** Memory is not what it was when the base was made, and nobody has noted where. */
  drop(): void {
    this.base = undefined;
    this.dirty.end(this);
  }

  /** What a snapshot of that name can build on. */
  parentOf(name: string): ParentRef | undefined {
    const { base } = this;
    return base && base.name !== name && base.links < MOST_LINKS ? { name: base.name, digest: base.digest } : undefined;
  }

  /** The machine stands still, to be saved as `name`. Undefined: with all of its memory. Follow it by `saved` or `notSaved`. */
  changes(isWanted: boolean, name: string): Changes | undefined {
    const { base } = this;
    const pages = base ? this.dirty.written(this) : [];
    const parent = isWanted ? this.parentOf(name) : undefined;
    this.saving = { links: parent ? base!.links + 1 : 1, pages };
    this.dirty.begin(this);
    return parent && { parent, pages };
  }
  saved(name: string, digest: string | undefined): void {
    this.base = digest === undefined ? undefined : { name, digest, links: this.saving!.links };
    this.saving = undefined;
  }
  notSaved(): void {
    if (this.saving) this.dirty.add(this, this.saving.pages);
    this.saving = undefined;
  }

  loaded(name: string, digest: string | undefined, links: number): void {
    this.base = digest === undefined ? undefined : { name, digest, links };
    this.dirty.begin(this);
  }
}
