/** Keys that somebody outside presses, as QEMU's input queue has them: one after the other, held for a while of guest time. */
import { ClockType, type Timer } from '../hw/core/clock.js';
import type { Key } from '../hw/core/keys.js';
import type { MachineState } from '../hw/core/machine.js';
import { ControlError } from './errors.js';

/** ms, as QEMU's. */
const HOLD_MS = 100;
/** Steps that may wait; QEMU's. */
const MOST_STEPS = 1024;

/** A key goes down or up, or time passes. */
type Step = { readonly key: Key; readonly isDown: boolean } | { readonly ms: number };

export class Keys {
  private readonly steps: Step[] = [];
  private timer: Timer | undefined;

  constructor(private readonly machine: MachineState) {}

  /** All go down, are held, and go up again, the last one first. A machine that does not run hears nothing. @throws ControlError */
  send(keys: readonly Key[], holdMs = HOLD_MS): void {
    this.add([
      ...keys.map((key) => ({ key, isDown: true })),
      { ms: holdMs },
      ...keys.map((key) => ({ key, isDown: false })).reverse(),
      { ms: holdMs },
    ]);
  }

  /** @throws ControlError */
  move(moves: readonly { readonly key: Key; readonly isDown: boolean }[]): void {
    this.add(moves);
  }

  private add(steps: readonly Step[]): void {
    if (!this.machine.keyboard) throw new ControlError('this machine has no keyboard');
    if (!this.machine.runState.running || this.steps.length + steps.length > MOST_STEPS) return;
    this.steps.push(...steps);
    if (!this.timer?.pending) this.goOn();
  }

  private goOn(): void {
    for (let step = this.steps.shift(); step; step = this.steps.shift()) {
      if ('ms' in step) {
        this.timer ??= this.machine.clocks.timer(ClockType.Virtual, () => this.goOn());
        return this.timer.startNs(step.ms * 1e6);
      }
      this.machine.keyboard?.key(step.key, step.isDown);
    }
  }
}
