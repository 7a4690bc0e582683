/** Cells of a machine's plugins: places in each vCPU's scores. */
import { EDGE_MAP_CELLS, EDGE_MAP_SIZE, EDGE_PREVIOUS, SCORES_MAX } from '../../assembly/shared/layout.js';
import { PluginError } from '../util/errors.js';
import type { Cell, EdgeMap } from './api.js';

/** A vCPU's scores, as long as the machine is there. */
type ScoresOf = (vcpu: number) => BigUint64Array;

export class ScoreCell implements Cell {
  constructor(
    /** In each vCPU's scores. */
    readonly index: number,
    private readonly pool: CellPool,
  ) {}

  get(vcpu: number): bigint {
    return this.pool.scores(vcpu)[this.index];
  }
  set(vcpu: number, value: bigint): void {
    this.pool.scores(vcpu)[this.index] = value;
  }
  sum(): bigint {
    let sum = 0n;
    for (let vcpu = 0; vcpu < this.pool.vcpus; vcpu++) sum += this.get(vcpu);
    return BigInt.asUintN(64, sum);
  }
  free(): void {
    this.pool.give(this);
  }
}

/** Many cells in a row, by their bytes. */
export class EdgeMapHandle implements EdgeMap {
  private readonly views: Uint8Array[] = [];

  constructor(
    /** The first of its cells. */
    readonly index: number,
    private readonly pool: CellPool,
  ) {}

  counts(vcpu: number): Uint8Array {
    const found = this.views[vcpu];
    if (found) return found;
    const { buffer, byteOffset } = this.pool.scores(vcpu);
    return (this.views[vcpu] = new Uint8Array(buffer, byteOffset + 8 * this.index, EDGE_MAP_SIZE));
  }
  begin(vcpu: number): void {
    this.pool.scores(vcpu)[this.index + EDGE_PREVIOUS / 8] = 0n;
  }
}

export class CellPool {
  private next = 0;
  private readonly free = new Set<number>();
  private readonly views: BigUint64Array[] = [];
  /** There are none before the machine has its CPUs. */
  vcpus = 0;

  constructor(private readonly scoresOf: ScoresOf) {}

  take(): ScoreCell {
    const [used] = this.free;
    if (used !== undefined) {
      this.free.delete(used);
      for (let vcpu = 0; vcpu < this.vcpus; vcpu++) this.scores(vcpu)[used] = 0n;
      return new ScoreCell(used, this);
    }
    if (this.next === SCORES_MAX) throw new PluginError(`there are no more than ${SCORES_MAX} cells`);
    return new ScoreCell(this.next++, this);
  }

  takeEdgeMap(): EdgeMapHandle {
    if (this.next + EDGE_MAP_CELLS > SCORES_MAX)
      throw new PluginError(`there are no more than ${SCORES_MAX} cells, of which an edge map takes ${EDGE_MAP_CELLS}`);
    const first = this.next;
    this.next += EDGE_MAP_CELLS;
    return new EdgeMapHandle(first, this);
  }

  give({ index }: ScoreCell): void {
    this.free.add(index);
  }

  scores(vcpu: number): BigUint64Array {
    if (vcpu < 0 || vcpu >= this.vcpus) throw new PluginError(`there is no vCPU ${vcpu} yet`);
    return (this.views[vcpu] ??= this.scoresOf(vcpu));
  }
}
