/**
 * Pages whose code keeps changing (a kernel that patches itself, modules being loaded, a JIT in the guest): from the second time on that
 * generated code was thrown away, the page has to show twice as much heat as the time before until more is made for it.
 */
const MAX_DOUBLINGS = 10;

interface Page {
  /** Regions of the page that were thrown away. */
  wasted: number;
  /** Hot TBs to ignore before the next one counts. */
  debt: number;
}

export class PageCooling {
  private readonly pages = new Map<number, Page>();
  /** Hot TBs that were ignored so far. */
  ignored = 0;

  constructor(private readonly capacity = 4096) {}

  /** Generated code of this physical page went to waste. */
  wasted(physPage: number): void {
    let page = this.pages.get(physPage);
    if (!page) {
      if (this.pages.size >= this.capacity) this.pages.clear();
      this.pages.set(physPage, (page = { wasted: 0, debt: 0 }));
    }
    page.wasted++;
    page.debt = 2 ** Math.min(page.wasted - 1, MAX_DOUBLINGS) - 1;
  }

  /** A TB of the page is hot: whether to leave it in tci for now. */
  isCooling(physPage: number): boolean {
    const page = this.pages.get(physPage);
    if (!page || page.debt === 0) return false;
    page.debt--;
    this.ignored++;
    return true;
  }

  clear(): void {
    this.pages.clear();
  }
}
