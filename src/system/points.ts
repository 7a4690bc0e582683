/** Break- and watchpoints that debuggers have set. */
import type { PointKind } from '../hw/core/accelerator.js';
import type { MachineState } from '../hw/core/machine.js';
import { ControlError } from './errors.js';

/** What stops the machine in state `debug`, before it happens. */
export interface DebugPoint {
  readonly kind: PointKind;
  /** Virtual. */
  readonly address: bigint;
  /** Bytes that a watchpoint is over. */
  readonly length: bigint;
}

export class PointControl {
  readonly #all: DebugPoint[] = [];

  constructor(private readonly machine: MachineState) {}

  /** Those that are set. */
  get all(): readonly DebugPoint[] {
    return this.#all;
  }
  /** Stop the machine first. False: there are too many, or it is over no byte. @throws ControlError if nothing here can be debugged */
  insert(point: DebugPoint): boolean {
    const done = this.change(point, (first, last) => this.engine.insert(point.kind, first, last));
    if (done) this.#all.push(point);
    return done;
  }
  /** False: there is none just so. */
  remove(point: DebugPoint): boolean {
    const done = this.change(point, (first, last) => this.engine.remove(point.kind, first, last));
    const isSame = ({ kind, address, length }: DebugPoint): boolean =>
      kind === point.kind && address === point.address && (kind === 'breakpoint' || length === point.length);
    if (done) this.#all.splice(this.#all.findIndex(isSame), 1);
    return done;
  }
  removeAll(): void {
    this.engine.removeAll();
    this.#all.length = 0;
  }
  /** Takes all of them away for a while; what comes back sets them again. */
  lift(): () => void {
    const points = [...this.#all];
    this.removeAll();
    return () => {
      for (const point of points) this.insert(point);
    };
  }

  private get engine() {
    const points = this.machine.accelerator?.debugPoints;
    if (!points) throw new ControlError('this machine cannot be debugged');
    return points;
  }
  private change({ kind, address, length }: DebugPoint, change: (first: bigint, last: bigint) => boolean): boolean {
    const last = kind === 'breakpoint' ? address : address + length - 1n;
    return last >= address && last < 1n << 64n && change(address, last);
  }
}
