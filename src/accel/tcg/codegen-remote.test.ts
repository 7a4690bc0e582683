import { expect, it } from 'vitest';
import { SharedThread } from './codegen-remote.js';
import type { CodegenThread, CodegenWorker } from './codegen/protocol.js';

class Thread implements CodegenThread {
  isDead = false;
  isEnded = false;
  readonly workers: CodegenWorker[] = [];
  connect(): CodegenWorker {
    const worker: CodegenWorker = { compiler: 'tiered', post: () => {}, receive: () => [], close: () => {} };
    this.workers.push(worker);
    return worker;
  }
  terminate(): void {
    this.isEnded = true;
  }
}

function setup(first?: Thread) {
  const started: Thread[] = [];
  const start = (): Thread => {
    started.push(new Thread());
    return started.at(-1)!;
  };
  return { started, shared: new SharedThread(start, first) };
}

it('one thread is started, for the first machine, and serves all', () => {
  const { started, shared } = setup();
  expect(started).toHaveLength(0);
  const workers = [shared.connect(), shared.connect(), shared.connect()];
  expect(started).toHaveLength(1);
  expect(started[0].workers).toEqual(workers);
  shared.terminate();
  expect(started[0].isEnded).toBe(true);
});

it('takes one that runs already', () => {
  const early = new Thread();
  const { started, shared } = setup(early);
  shared.connect();
  expect(early.workers).toHaveLength(1);
  expect(started).toHaveLength(0);
  shared.terminate();
  expect(early.isEnded).toBe(true);
});

it('a thread that died is not asked again: the next machine has a new one', () => {
  const { started, shared } = setup();
  shared.connect();
  started[0].isDead = true;
  shared.connect();
  shared.connect();
  expect(started.map(({ workers }) => workers.length)).toEqual([1, 2]);
});
