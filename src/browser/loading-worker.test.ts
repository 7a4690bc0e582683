import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LoadingWorker } from './loading-worker.js';

/** As far as LoadingWorker knows one. */
class FakeWorker {
  onmessage: (() => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  isTerminated = false;
  readonly got: unknown[] = [];
  postMessage = (message: unknown): void => void this.got.push(message);
  terminate = (): void => void (this.isTerminated = true);
  load = (): void => this.onmessage!();
  fail = (message?: string): void => this.onerror!({ message, preventDefault: () => {} });
}

describe('a worker that is being loaded', () => {
  let workers: FakeWorker[];
  let failures: number;
  let told: string[];
  let worker: LoadingWorker;
  beforeEach(() => {
    [workers, failures, told] = [[], 0, []];
    vi.spyOn(console, 'error').mockImplementation((line) => void told.push(String(line)));
    const create = () => workers[workers.push(new FakeWorker()) - 1] as unknown as Worker;
    worker = new LoadingWorker(create, () => void failures++);
  });
  afterEach(() => void vi.restoreAllMocks());

  it('gets what was sent to it when it is there, in its order', () => {
    worker.post(1, []);
    worker.post(2, []);
    expect(workers[0].got).toEqual([]);
    workers[0].load();
    worker.post(3, []);
    expect(workers.map(({ got }) => got)).toEqual([[1, 2, 3]]);
  });

  it('is started again when it cannot be loaded, and gets what was sent to the one before', () => {
    worker.post(1, []);
    workers[0].fail();
    workers[1].fail();
    workers[2].load();
    expect(workers.map(({ got, isTerminated }) => [got, isTerminated])).toEqual([[[], true], [[], true], [[1], false]]); // prettier-ignore
    expect([failures, told]).toEqual([0, []]);
  });

  it('is given up after three times', () => {
    for (let k = 0; k < 3; k++) workers[k].fail();
    expect([workers.length, failures, told]).toEqual([3, 1, ['wemu: code generation is off: the worker cannot be loaded']]);
  });

  it('is not started again when it dies later: what its machines had asked is gone', () => {
    workers[0].load();
    workers[0].fail('out of memory');
    expect([workers.length, failures, told]).toEqual([1, 1, ['wemu: code generation is off: out of memory']]);
  });
});
