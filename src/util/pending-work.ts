/** What was begun and takes its time, for who must wait for all of it. */
export class PendingWork {
  private readonly works = new Set<Promise<void>>();

  /** The same work. Who began it hears of its failure, nobody else. */
  note<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => {},
      () => {},
    );
    this.works.add(settled);
    void settled.then(() => this.works.delete(settled));
    return work;
  }

  async settled(): Promise<void> {
    await Promise.all(this.works);
  }
}
