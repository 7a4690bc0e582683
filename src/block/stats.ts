/** What a disk was asked to do. Source: QEMU's qapi/block-core.json, BlockDeviceStats. */

/** Requests of one kind. */
export interface RequestStats {
  bytes: number;
  operations: number;
  failed: number;
  /** From the request to its end, together. */
  totalTimeNs: number;
}

export type RequestKind = 'read' | 'write' | 'flush' | 'unmap';

export class BlockStats implements Readonly<Record<RequestKind, RequestStats>> {
  readonly read = noRequests();
  readonly write = noRequests();
  readonly flush = noRequests();
  readonly unmap = noRequests();
  /** Behind the last byte that was ever written. */
  highestWrite = 0;
  /** When the last request ended; undefined: there was none. */
  lastNs: number | undefined;

  /** Counts a request that has begun; settles as it does. `now`: ns of the host's. */
  async account(kind: RequestKind, bytes: number, now: () => number, request: Promise<void>): Promise<void> {
    const stats = this[kind];
    const start = now();
    try {
      await request;
      stats.operations++;
      stats.bytes += bytes;
    } catch (error) {
      stats.failed++;
      throw error;
    } finally {
      this.lastNs = now();
      stats.totalTimeNs += this.lastNs - start;
    }
  }
}

function noRequests(): RequestStats {
  return { bytes: 0, operations: 0, failed: 0, totalTimeNs: 0 };
}
